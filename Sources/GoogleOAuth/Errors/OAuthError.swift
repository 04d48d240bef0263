public import TextSupport

/// Why there is no access token, no consent, or no place for a credential.
public struct OAuthError: CodedError {
    /// The kind of error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, CaseIterable {
            case noCredentials, credentialsMissing, credentialsInvalid, unsafePermissions, untrustedTokenURI
            case expiredOrRevoked, damagedToken, sessionControl, foreignToken
            case wrongClientID, wrongClientSecret, deletedClient, clientRejected
            case accessDenied, requestRejected, serviceUnavailable, unexpectedAnswer
            case missingScope, noRefreshToken, redirectMismatch, codeRejected, wrongState, noCode, noPendingConsent
            case noClientSecret, cannotListen, cannotStore, fileExists, storeLocked
            case keyRejected, wrongClock, identityRejected, impersonationDenied, noServiceAccount, commandFailed
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// Credentials were looked for in all places and not found.
        public static let noCredentials = Code(.noCredentials)
        /// A file that was named does not exist or cannot be read.
        public static let credentialsMissing = Code(.credentialsMissing)
        /// Credentials or a client are incomplete or not of a kind that is supported.
        public static let credentialsInvalid = Code(.credentialsInvalid)
        /// Others can read or replace a file or folder that only the user may.
        public static let unsafePermissions = Code(.unsafePermissions)
        /// The credentials name an endpoint to which secrets are not sent.
        public static let untrustedTokenURI = Code(.untrustedTokenURI)

        /// `invalid_grant`: the refresh token has ended or was revoked.
        public static let expiredOrRevoked = Code(.expiredOrRevoked)
        /// `invalid_grant`: the refresh token is none that the service knows (any more).
        public static let damagedToken = Code(.damagedToken)
        /// `invalid_grant` because the organisation asks for a new login.
        public static let sessionControl = Code(.sessionControl)
        /// `unauthorized_client`: the refresh token was made for another client.
        public static let foreignToken = Code(.foreignToken)
        /// `invalid_client`: there is no client of this id.
        public static let wrongClientID = Code(.wrongClientID)
        /// `invalid_client`: the client's secret is another one.
        public static let wrongClientSecret = Code(.wrongClientSecret)
        /// `deleted_client` or `disabled_client`.
        public static let deletedClient = Code(.deletedClient)
        /// `invalid_client` for a reason that is not given.
        public static let clientRejected = Code(.clientRejected)
        /// The user or an administrator refused.
        public static let accessDenied = Code(.accessDenied)
        /// The service does not understand the request.
        public static let requestRejected = Code(.requestRejected)
        /// The service is in trouble.
        public static let serviceUnavailable = Code(.serviceUnavailable)
        /// The answer is not one of a token endpoint.
        public static let unexpectedAnswer = Code(.unexpectedAnswer)

        /// A scope that is needed was not granted.
        public static let missingScope = Code(.missingScope)
        /// The exchange of a code brought no refresh token.
        public static let noRefreshToken = Code(.noRefreshToken)
        /// The redirect URI is not registered for the client.
        public static let redirectMismatch = Code(.redirectMismatch)
        /// `invalid_grant` on the exchange of a code: it was used already, or is too old.
        public static let codeRejected = Code(.codeRejected)
        /// The answer of the browser belongs to another consent request.
        public static let wrongState = Code(.wrongState)
        /// What was pasted holds no authorization code.
        public static let noCode = Code(.noCode)
        /// No consent request is waiting for its answer.
        public static let noPendingConsent = Code(.noPendingConsent)
        /// The file of an OAuth client has no secret in it.
        public static let noClientSecret = Code(.noClientSecret)
        /// The port for the browser's answer is not to be had.
        public static let cannotListen = Code(.cannotListen)
        /// A credential cannot be written or removed.
        public static let cannotStore = Code(.cannotStore)
        /// A file is there already that would be lost.
        public static let fileExists = Code(.fileExists)
        /// Another process holds the stored credential for too long.
        public static let storeLocked = Code(.storeLocked)

        /// The service account's key is not (or no longer) one of the account's, or there is no such account.
        public static let keyRejected = Code(.keyRejected)
        /// A signed request is dated in the past or the future: this machine's clock is wrong.
        public static let wrongClock = Code(.wrongClock)
        /// The workload identity provider does not accept what another cloud or identity provider said.
        public static let identityRejected = Code(.identityRejected)
        /// The credentials may not act as the service account.
        public static let impersonationDenied = Code(.impersonationDenied)
        /// The machine has no metadata server, or no service account.
        public static let noServiceAccount = Code(.noServiceAccount)
        /// A command that was to print a token failed, took too long, or printed none.
        public static let commandFailed = Code(.commandFailed)

        /// The identifier of the code, for example `expiredOrRevoked`.
        public var description: String { value.rawValue }

        /// Every code.
        package static var all: [Code] { Value.allCases.map(Code.init) }

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
}
