public import TextSupport

/// An error of an HTTP exchange.
///
/// A response with an error status is not an `HTTPError`, except for redirects, which are never followed.
public struct HTTPError: CodedError {
    /// The kind of error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, CaseIterable {
            case invalidEndpoint, insecureEndpoint, hostNotFound, connectionFailed, connectionLost, timeout
            case untrustedServer, wrongClock, redirected, protocolViolation, bodyTooLarge, proxy
            case unusableAuthorities, alreadyShutDown
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// Not a valid URL, or not a valid header.
        public static let invalidEndpoint = Code(.invalidEndpoint)
        /// Plain http to another machine.
        public static let insecureEndpoint = Code(.insecureEndpoint)
        /// The host name has no address.
        public static let hostNotFound = Code(.hostNotFound)
        /// Could not connect.
        public static let connectionFailed = Code(.connectionFailed)
        /// The connection ended before the response was complete.
        public static let connectionLost = Code(.connectionLost)
        /// Connecting, the first byte or the next byte took too long, or the transfer was too slow.
        public static let timeout = Code(.timeout)
        /// The server's certificate is not trusted or has another name, or TLS could not be negotiated: 1.2 or later,
        /// without a client certificate.
        public static let untrustedServer = Code(.untrustedServer)
        /// The server's certificate is not valid at the time of this machine's clock.
        public static let wrongClock = Code(.wrongClock)
        /// The response is a redirect.
        public static let redirected = Code(.redirected)
        /// The response is not valid HTTP.
        public static let protocolViolation = Code(.protocolViolation)
        /// The body is larger than the limit.
        public static let bodyTooLarge = Code(.bodyTooLarge)
        /// The proxy rejects the connection, cannot be reached, or requires authentication.
        public static let proxy = Code(.proxy)
        /// The file of certificate authorities cannot be read.
        public static let unusableAuthorities = Code(.unusableAuthorities)
        /// The transport was shut down before the request.
        public static let alreadyShutDown = Code(.alreadyShutDown)

        /// The identifier of the code, for example `connectionLost`.
        public var description: String { value.rawValue }

        /// Every code.
        package static var all: [Code] { Value.allCases.map(Code.init) }

        /// Whether the same request can succeed later.
        package var isTransient: Bool {
            switch value {
            case .hostNotFound, .connectionFailed, .connectionLost, .timeout: true
            case .invalidEndpoint, .insecureEndpoint, .untrustedServer, .wrongClock, .redirected,
                .protocolViolation, .bodyTooLarge, .proxy, .unusableAuthorities, .alreadyShutDown:
                false
            }
        }
    }

    /// Why a TLS connection was not established, or was closed after the handshake.
    package enum TLSFailure: Sendable, Hashable {
        /// The server's certificate is not trusted, is not valid now, or has another name.
        case certificate
        /// The server's certificate matches the host only by the wildcard `*`.
        case wildcard
        /// The server requires a client certificate. In TLS 1.3 it reports this after the handshake.
        case clientCertificate
        /// The server does not accept TLS 1.2 or later.
        case version
        /// The server rejects the handshake without a reason. In TLS 1.2 this can mean that it requires a client
        /// certificate.
        case rejected
    }

    /// What more is known than the code.
    package enum Detail: Sendable, Hashable {
        case invalidHeader, invalidPort
        /// The environment variable does not have the URL of an http proxy.
        case invalidProxyURL(variable: String)
        case proxyAuthenticationRequired
        /// The TLS handshake with this host failed.
        case tls(TLSFailure, host: String)
    }

    /// The kind of error.
    public package(set) var code: Code
    /// What failed, and with which host, in one line.
    public var message: String
    package var detail: Detail?
    /// The error underneath.
    public package(set) var cause: (any Error)?
    /// Whether the connection was lost before the response started, as happens to connections that are idle for too
    /// long.
    package var isBeforeResponse = false

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: the kind of error, which determines ``isTransient``.
    ///   - message: what failed, and with which host, in one line without secrets.
    ///   - cause: the error underneath. Defaults to none.
    public init(code: Code, message: String, cause: (any Error)? = nil) {
        self.init(code: code, message: message, detail: nil, cause: cause)
    }

    package init(code: Code, message: String, detail: Detail?, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
        self.cause = cause
    }

    /// Whether the same request can succeed later.
    public var isTransient: Bool { code.isTransient }
}
