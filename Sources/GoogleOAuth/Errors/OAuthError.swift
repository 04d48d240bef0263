/// Why there is no access token.
public struct OAuthError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String {
            case noCredentials, credentialsMissing, credentialsInvalid, unsafePermissions, untrustedTokenURI
            case refreshTokenRejected, sessionControl, clientRejected, accessDenied, requestRejected
            case serviceUnavailable, unexpectedAnswer
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// Credentials were looked for in all places and not found.
        public static let noCredentials = Code(.noCredentials)
        /// The credentials file that was named does not exist or cannot be read.
        public static let credentialsMissing = Code(.credentialsMissing)
        /// The credentials are incomplete or not of a kind that is supported.
        public static let credentialsInvalid = Code(.credentialsInvalid)
        /// Others can read or replace bqpull's own credentials file.
        public static let unsafePermissions = Code(.unsafePermissions)
        /// The credentials name a token endpoint to which secrets are not sent.
        public static let untrustedTokenURI = Code(.untrustedTokenURI)
        /// `invalid_grant`: the refresh token is expired, revoked, damaged or of another client.
        public static let refreshTokenRejected = Code(.refreshTokenRejected)
        /// `invalid_grant` because the organisation asks for a new login.
        public static let sessionControl = Code(.sessionControl)
        /// Client id or client secret are wrong, or the client is gone.
        public static let clientRejected = Code(.clientRejected)
        /// The account or its administrator refused.
        public static let accessDenied = Code(.accessDenied)
        /// The token endpoint does not understand the request.
        public static let requestRejected = Code(.requestRejected)
        /// The token endpoint is in trouble.
        public static let serviceUnavailable = Code(.serviceUnavailable)
        /// The answer is not one of a token endpoint.
        public static let unexpectedAnswer = Code(.unexpectedAnswer)

        /// The identifier of the code, for example `refreshTokenRejected`.
        public var description: String { value.rawValue }

        /// Whether the same request may succeed later.
        public var isTransient: Bool { value == .serviceUnavailable }
    }

    /// The kind of error.
    public var code: Code
    /// What is wrong, in one line, without any secret.
    public var message: String
    /// What to do about it.
    public var hint: String?
    /// The error underneath.
    public var cause: (any Error)?
    /// How long the token endpoint asked to wait.
    package var retryAfter: Duration?

    /// Makes an error.
    public init(code: Code, message: String, hint: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.cause = cause
    }

    /// Whether the same request may succeed later.
    public var isTransient: Bool { code.isTransient }

    /// Code and message.
    public var description: String { "\(code): \(message)" }
}
