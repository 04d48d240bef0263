package import Foundation
public import TextSupport

/// An error in obtaining, storing or exchanging a credential.
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

        /// No credential was found.
        public static let noCredentials = Code(.noCredentials)
        /// The named file does not exist or cannot be read.
        public static let credentialsMissing = Code(.credentialsMissing)
        /// A credential or a client is incomplete, malformed, or of an unsupported type.
        public static let credentialsInvalid = Code(.credentialsInvalid)
        /// Other users can read or replace a private file or folder.
        public static let unsafePermissions = Code(.unsafePermissions)
        /// The credential names an endpoint that must not receive secrets.
        public static let untrustedTokenURI = Code(.untrustedTokenURI)

        /// `invalid_grant`: the refresh token has expired or was revoked.
        public static let expiredOrRevoked = Code(.expiredOrRevoked)
        /// `invalid_grant`: the token endpoint does not recognize the refresh token.
        public static let damagedToken = Code(.damagedToken)
        /// `invalid_grant`: the organization requires a new login.
        public static let sessionControl = Code(.sessionControl)
        /// `unauthorized_client`: the refresh token was issued to another client.
        public static let foreignToken = Code(.foreignToken)
        /// `invalid_client`: no client has this ID.
        public static let wrongClientID = Code(.wrongClientID)
        /// `invalid_client`: the client secret does not match the client ID.
        public static let wrongClientSecret = Code(.wrongClientSecret)
        /// `deleted_client` or `disabled_client`.
        public static let deletedClient = Code(.deletedClient)
        /// `invalid_client` for another reason.
        public static let clientRejected = Code(.clientRejected)
        /// The user or an administrator denied access.
        public static let accessDenied = Code(.accessDenied)
        /// The token endpoint rejected the request.
        public static let requestRejected = Code(.requestRejected)
        /// The token endpoint is temporarily unavailable.
        public static let serviceUnavailable = Code(.serviceUnavailable)
        /// The response is not one of a token endpoint.
        public static let unexpectedAnswer = Code(.unexpectedAnswer)

        /// A required scope was not granted.
        public static let missingScope = Code(.missingScope)
        /// The consent returned no refresh token.
        public static let noRefreshToken = Code(.noRefreshToken)
        /// The redirect URI is not registered for the client.
        public static let redirectMismatch = Code(.redirectMismatch)
        /// `invalid_grant` for an authorization code: it was already used, or has expired.
        public static let codeRejected = Code(.codeRejected)
        /// The redirect belongs to another consent request.
        public static let wrongState = Code(.wrongState)
        // swift-format-ignore: DontRepeatTypeInStaticProperties
        /// The pasted text contains no authorization code.
        public static let noCode = Code(.noCode)
        /// No consent request is pending.
        public static let noPendingConsent = Code(.noPendingConsent)
        /// The client file contains no client secret.
        public static let noClientSecret = Code(.noClientSecret)
        /// The port for the browser's redirect is not available.
        public static let cannotListen = Code(.cannotListen)
        /// A credential cannot be written or removed.
        public static let cannotStore = Code(.cannotStore)
        /// A file with this name already exists.
        public static let fileExists = Code(.fileExists)
        /// Another process holds the lock of the stored credential.
        public static let storeLocked = Code(.storeLocked)

        /// The service account's key is deleted, disabled or does not match, or the account does not exist.
        public static let keyRejected = Code(.keyRejected)
        /// This machine's clock differs too much from the token endpoint's for a signed request.
        public static let wrongClock = Code(.wrongClock)
        /// The workload identity provider rejects the external identity, or none exists.
        public static let identityRejected = Code(.identityRejected)
        /// The credential cannot impersonate the service account.
        public static let impersonationDenied = Code(.impersonationDenied)
        /// There is no metadata server, or the machine has no service account.
        public static let noServiceAccount = Code(.noServiceAccount)
        /// The token command failed, timed out, or printed no token.
        public static let commandFailed = Code(.commandFailed)

        /// The identifier of the code, for example `expiredOrRevoked`.
        public var description: String { value.rawValue }

        /// Every code.
        package static var all: [Code] { Value.allCases.map(Code.init) }

        /// Whether the same request may succeed later.
        package var isTransient: Bool { value == .serviceUnavailable }
    }

    /// A fact about the error, beyond its code, from which a program can derive advice.
    package enum Detail: Sendable, Hashable {
        // Files of credentials and clients
        /// The file is not as Google's tools write it.
        case malformedFile
        /// The file is not that of an OAuth client, or has no client ID.
        case notAClient
        /// The credential lacks a client ID, a client secret or a refresh token, or is of another type.
        case notAuthorizedUser
        /// The file is that of an OAuth client, without a refresh token.
        case clientWithoutToken
        /// The type of the credential is not supported.
        case unsupportedType
        /// A linked service without the secret itself.
        case secretNotExported
        /// A private key of a service account that cannot be read.
        case privateKey
        /// An AWS machine without an IAM role, and without keys in the environment.
        case missingAWSKeys
        /// Environment variables that are not set.
        case missingVariables([String])
        /// The member of a file that names an untrusted URL, and the prefix of a trusted one, if it has no default.
        case untrustedURL(member: String, expected: String?)
        /// The variables that name the metadata server name another machine.
        case untrustedMetadataServer
        /// The executable of the credential, which is not allowed to run.
        case executableNotAllowed(String)
        /// The source of an external account's subject token.
        case subjectTokenSource
        /// The credential that impersonates a service account, or the parameters of the impersonation.
        case impersonation
        /// A refresh token of a workforce pool.
        case workforcePool

        // Consent
        /// The value of `error` in the redirect, and the client that requested consent.
        case consentError(String, clientID: String)
        /// The redirect URIs that are registered for the client.
        case registeredRedirectURIs([String])
        /// The sign-in URL was pasted instead of the redirect.
        case signInURL
        /// A URL before the redirect to this one was pasted.
        case notRedirected(to: String)

        // Scopes
        /// The access scopes of the machine's service account do not include BigQuery.
        case machineScopes
        /// The scopes of a token that involves no consent do not include BigQuery.
        case tokenScopes

        // Stored credentials
        /// The profile that has no credential, and the profiles that have one.
        case unknownProfile(String, existing: [String])
        /// No folder is configured for the store.
        case noStoreFolder
        /// The path of a stored file that cannot be used.
        case damagedFile(String)
        /// The path of a file or folder, and the mode that it should have.
        case permissions(String, mode: UInt32)
        /// The path of a file or folder of another user, and the user ID that should own it.
        case foreignOwner(String, expected: UInt32)
        /// The path of a symbolic link.
        case symbolicLink(String)
        /// The path of something other than a regular file.
        case notAFile(String)
        /// The path of a folder that is a symbolic link or not a folder.
        case notAFolder(String)
        /// When the refresh token expired, as the token endpoint announced.
        case tokenExpired(Date)
        /// When the refresh token was last used, more than six months ago.
        case tokenUnused(since: Date)
        /// When the refresh token was stored and when it last worked, seven days apart.
        case tokenStopped(stored: Date, lastUse: Date)
    }

    /// The kind of error.
    public package(set) var code: Code
    /// What failed and on which object, in one line, without any secret.
    public var message: String
    /// The error underneath.
    public package(set) var cause: (any Error)?
    /// A fact from which a program can derive advice.
    package var detail: Detail?
    /// How long the token endpoint requested to wait.
    package var retryAfter: Duration?

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: the kind of error, which determines ``isTransient``.
    ///   - message: what failed and on which object, in one line, without any secret.
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

    /// Whether the same request may succeed later.
    public var isTransient: Bool { code.isTransient }
}
