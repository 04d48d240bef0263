import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import TextSupport

extension HTTPError {
    /// The error that a failure of the HTTP client stands for.
    ///
    /// - Parameter proxy: what the client connects to in the place of the host, as host and port.
    init(transport error: any Error, host: String, proxy: String? = nil) {
        let tls = TLSFailure(error)
        self.init(code: tls == nil ? Self.code(of: error) : .untrustedServer, message: "", cause: error)
        if proxy != nil, code == .hostNotFound || code == .connectionFailed { code = .proxy }
        let what =
            switch code {
            case .hostNotFound: "the host \(host) was not found"
            case .connectionFailed: "no connection to \(host)"
            case .timeout: "\(host) did not answer in time"
            case .proxy: "the proxy\(proxy.map { " " + $0 } ?? "") does not connect to \(host)"
            case .protocolViolation: "\(host) does not answer in HTTP"
            default: "the connection to \(host) was lost"
            }
        // BoringSSL's own text names places in its source.
        message =
            tls?.message(host: host)
            ?? "\(what) (\(systemReason(error) ?? printable(String(describing: error), limit: 200)))"
        hint =
            switch code {
            case .hostNotFound, .connectionFailed:
                "check the network connection and the address, then run the same command again"
            case .proxy:
                "check HTTPS_PROXY and NO_PROXY, and whether the proxy wants a login (http://USER:PASSWORD@HOST:PORT)"
            case .protocolViolation: Self.protocolViolationHint
            default: tls?.hint(host: host) ?? Self.laterHint
            }
    }

    private static func code(of error: any Error) -> Code {
        switch error {
        case let error as HTTPClientError:
            switch error {
            case .connectTimeout, .readTimeout, .writeTimeout, .deadlineExceeded, .tlsHandshakeTimeout,
                .getConnectionFromPoolTimeout, .httpProxyHandshakeTimeout:
                .timeout
            case .proxyAuthenticationRequired, .invalidProxyResponse: .proxy
            default: .connectionLost
            }
        case let error as NIOConnectionError:
            error.connectionErrors.isEmpty && (error.dnsAError != nil || error.dnsAAAAError != nil)
                ? .hostNotFound : .connectionFailed
        case NIOSSLError.handshakeFailed: .connectionFailed
        case HTTPParserError.invalidEOFState: .connectionLost
        case is HTTPParserError: .protocolViolation
        case let error as IOError
        where [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT].contains(error.errnoCode): .connectionFailed
        case is SocketAddressError: .hostNotFound
        default: .connectionLost
        }
    }
}

extension HTTPError {
    /// The same error, or `wrongClock` if the certificate that was not trusted is one of another time.
    ///
    /// - Parameter now: what this machine's clock shows.
    func judged(by certificate: PresentedCertificate?, at now: Date, host: String) -> HTTPError {
        guard let certificate, now < certificate.notBefore || now > certificate.notAfter else { return self }
        func day(_ date: Date) -> String { date.formatted(.iso8601.year().month().day()) }
        var error = self
        error.code = .wrongClock
        error.message =
            "this machine's clock says \(day(now)), but the certificate of \(host) is valid from "
            + "\(day(certificate.notBefore)) to \(day(certificate.notAfter))"
        error.hint =
            "set this machine's clock (timedatectl set-ntp true); if it is right, the server's certificate is not"
        return error
    }
}

/// What the operating system says of an error of its own that NIO brings; `nil` for other errors.
package func systemReason(_ error: any Error) -> String? {
    switch error {
    case let error as IOError: String(cString: strerror(error.errnoCode))
    case let error as NIOConnectionError: error.connectionErrors.first.flatMap { systemReason($0.error) }
    default: nil
    }
}
