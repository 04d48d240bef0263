import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

extension HTTPError {
    /// The error that a failure of the HTTP client stands for.
    init(transport error: any Error, host: String) {
        self.init(code: Self.code(of: error), message: "", cause: error)
        let what =
            switch code {
            case .hostNotFound: "the host \(host) was not found"
            case .connectionFailed: "no connection to \(host)"
            case .timeout: "\(host) did not answer in time"
            case .untrustedServer: "the certificate of \(host) is not trusted"
            case .proxy: "the proxy refused the connection to \(host)"
            case .protocolViolation: "\(host) does not answer in HTTP"
            default: "the connection to \(host) was lost"
            }
        message = "\(what) (\(printable(String(describing: error), limit: 200)))"
        hint =
            switch code {
            case .hostNotFound, .connectionFailed:
                "check the network connection and the address, then run the command again"
            case .untrustedServer:
                "something between this machine and \(host) reads the traffic, or a certificate authority is missing here"
            case .proxy: "check the proxy settings of this machine"
            default: nil
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
        case is NIOSSLExtraError: .untrustedServer
        case NIOSSLError.handshakeFailed(let reason):
            String(describing: reason).contains("CERTIFICATE") ? .untrustedServer : .connectionFailed
        case HTTPParserError.invalidEOFState: .connectionLost
        case is HTTPParserError: .protocolViolation
        case let error as IOError
        where [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT].contains(error.errnoCode): .connectionFailed
        case is SocketAddressError: .hostNotFound
        default: .connectionLost
        }
    }
}
