public import TextSupport

/// Why an HTTP exchange did not bring an answer.
///
/// An answer with an error status is an answer, not an `HTTPError`, except for redirects, which are never
/// followed.
public struct HTTPError: CodedError {
    /// The kind of error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, CaseIterable {
            case invalidEndpoint, insecureEndpoint, hostNotFound, connectionFailed, connectionLost, timeout
            case untrustedServer, wrongClock, redirected, protocolViolation, bodyTooLarge, proxy
            case unusableAuthorities
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// Not a valid URL, or a header that HTTP cannot carry.
        public static let invalidEndpoint = Code(.invalidEndpoint)
        /// Plain http to another machine.
        public static let insecureEndpoint = Code(.insecureEndpoint)
        /// The name has no address.
        public static let hostNotFound = Code(.hostNotFound)
        /// No connection came about.
        public static let connectionFailed = Code(.connectionFailed)
        /// The connection ended before the answer was complete.
        public static let connectionLost = Code(.connectionLost)
        /// Connecting, the first byte, or the next byte took too long, or bytes came too slowly.
        public static let timeout = Code(.timeout)
        /// The server's certificate is not trusted or is for another name, the server requires one of the client, or it
        /// accepts no TLS from 1.2 on.
        public static let untrustedServer = Code(.untrustedServer)
        /// The server's certificate is not valid at the time that this machine's clock shows.
        public static let wrongClock = Code(.wrongClock)
        /// The server answered with a redirect.
        public static let redirected = Code(.redirected)
        /// What came is not HTTP as it should be.
        public static let protocolViolation = Code(.protocolViolation)
        /// The body is larger than the limit.
        public static let bodyTooLarge = Code(.bodyTooLarge)
        /// The proxy refused, cannot be reached, or wants a login.
        public static let proxy = Code(.proxy)
        /// The file of certificate authorities cannot be read.
        public static let unusableAuthorities = Code(.unusableAuthorities)

        /// The identifier of the code, for example `connectionLost`.
        public var description: String { value.rawValue }

        /// Every code.
        package static var all: [Code] { Value.allCases.map(Code.init) }

        /// Whether the same request may succeed later.
        public var isTransient: Bool {
            switch value {
            case .hostNotFound, .connectionFailed, .connectionLost, .timeout: true
            case .invalidEndpoint, .insecureEndpoint, .untrustedServer, .wrongClock, .redirected,
                .protocolViolation, .bodyTooLarge, .proxy, .unusableAuthorities:
                false
            }
        }
    }

    /// The kind of error.
    public var code: Code
    /// What went wrong, and with which host, in one line.
    public var message: String
    /// What to do about it.
    public var hint: String?
    /// The error underneath.
    public var cause: (any Error)?
    /// Whether the connection was lost before anything of an answer came, as happens to one that was idle too long.
    package var isBeforeResponse = false

    /// Makes an error.
    public init(code: Code, message: String, hint: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.cause = cause
    }

    /// Whether the same request may succeed later.
    public var isTransient: Bool { code.isTransient }

    /// What to do about a network or a server that is in trouble.
    static let laterHint = "run the same command again later"
    /// What to do about a server that does not keep to HTTP.
    static let protocolViolationHint =
        "check the endpoint, and whether a proxy answers in the place of Google; then run the same command again"
}
