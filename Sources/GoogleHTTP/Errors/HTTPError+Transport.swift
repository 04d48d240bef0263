import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import TextSupport

extension HTTPError {
    /// Creates the error for a failure of the HTTP client.
    ///
    /// - Parameters:
    ///   - error: the failure.
    ///   - host: the host of the request.
    ///   - proxy: host and port of the proxy, if the request goes through one.
    init(transport error: any Error, host: String, proxy: String? = nil) {
        let tls = TLSFailure(error)
        self.init(
            code: tls == nil ? Self.code(of: error) : .untrustedServer, message: "",
            detail: tls.map { .tls($0, host: host) }, cause: error)
        if proxy != nil, code == .hostNotFound || code == .connectionFailed { code = .proxy }
        let what =
            switch code {
            case .hostNotFound: "the host \(host) was not found"
            case .connectionFailed: "could not connect to \(host)"
            case .timeout: "\(host) did not respond in time"
            case .proxy: "the proxy\(proxy.map { " " + $0 } ?? "") did not connect to \(host)"
            case .protocolViolation: "the response of \(host) is not valid HTTP"
            case .alreadyShutDown: "the request to \(host) was not sent"
            default: "the connection to \(host) was lost"
            }
        // BoringSSL's own text has locations in its source.
        message =
            tls?.message(host: host)
            ?? "\(what) (\(systemReason(error) ?? printable(String(describing: error), limit: 200)))"
    }

    private static func code(of error: any Error) -> Code {
        switch error {
        case let error as HTTPClientError:
            switch error {
            case .connectTimeout, .readTimeout, .writeTimeout, .deadlineExceeded, .tlsHandshakeTimeout,
                .getConnectionFromPoolTimeout, .httpProxyHandshakeTimeout:
                .timeout
            case .proxyAuthenticationRequired, .invalidProxyResponse: .proxy
            case .alreadyShutdown: .alreadyShutDown
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
    /// Refines an error about an untrusted certificate.
    ///
    /// - Parameters:
    ///   - certificate: the server's certificate, if known.
    ///   - now: the time of this machine's clock.
    ///   - host: the host of the request.
    /// - Returns: an error with code `wrongClock` if the certificate is not valid at this time, otherwise the same
    ///   error.
    func refined(by certificate: PresentedCertificate?, at now: Date, host: String) -> HTTPError {
        guard let certificate, now < certificate.notBefore || now > certificate.notAfter else { return self }
        func day(_ date: Date) -> String { date.formatted(.iso8601.year().month().day()) }
        var error = self
        error.code = .wrongClock
        error.detail = nil
        error.message =
            "this machine's clock says \(day(now)), but the certificate of \(host) is valid from "
            + "\(day(certificate.notBefore)) to \(day(certificate.notAfter))"
        return error
    }
}

/// The operating system's description of an error that NIO passes on; `nil` for other errors.
package func systemReason(_ error: any Error) -> String? {
    switch error {
    case let error as IOError: String(cString: strerror(error.errnoCode))
    case let error as NIOConnectionError: error.connectionErrors.first.flatMap { systemReason($0.error) }
    default: nil
    }
}
