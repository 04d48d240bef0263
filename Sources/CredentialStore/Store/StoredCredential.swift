public import Foundation
import GoogleHTTP
public import GoogleOAuth

/// A credential in a store, with its origin and its use.
public struct StoredCredential: Sendable, Hashable {
    /// The properties of the client that a new consent needs, besides ID and secret.
    package struct Client: Sendable, Hashable, Codable {
        /// The type of the client.
        package var kind: OAuthClient.Kind
        /// The registered redirect URIs.
        package var redirectURIs: [String]
        /// The endpoint at which the user consents.
        package var authorizationURI: String
        /// The redirect URI of the last consent; `nil` for a port that was chosen at random.
        package var redirectURI: String?
    }

    /// The credential.
    public package(set) var credential: AuthorizedUserCredential
    /// When it was stored; `nil` for a file that another program wrote.
    package var stored: Date?
    /// The granted scopes; empty if they are unknown.
    public package(set) var scopes: [String] = []
    /// The client, if the credential is from a consent.
    package var client: Client?
    /// The BigQuery endpoint of the credential; `nil` for Google's.
    package var endpoint: String?
    /// Whether the credential is from a consent on this machine, so that it cannot have been copied incompletely.
    package var isOwnGrant = false
    /// When the refresh token expires, if the token endpoint announced it.
    package var refreshTokenEnd: Date?
    /// When the refresh token was last exchanged.
    package var lastUse: Date?

    /// Creates a stored credential without further metadata.
    package init(_ credential: AuthorizedUserCredential, stored: Date?) {
        self.credential = credential
        self.stored = stored
    }

    /// This credential with the metadata of another one with the same refresh token, where its own is missing.
    package func merging(_ other: StoredCredential) -> StoredCredential {
        var result = self
        result.stored = other.stored
        result.isOwnGrant = other.isOwnGrant
        result.refreshTokenEnd = other.refreshTokenEnd
        result.lastUse = other.lastUse
        if scopes.isEmpty { result.scopes = other.scopes }
        if credential.clientID == other.credential.clientID { result.client = client ?? other.client }
        result.credential.quotaProjectID = credential.quotaProjectID ?? other.credential.quotaProjectID
        return result
    }

    /// The client of the credential, for a new consent.
    ///
    /// - Throws: `OAuthError` with code `untrustedTokenURI` for an untrusted authorization endpoint.
    package func oauthClient() throws(OAuthError) -> OAuthClient {
        try OAuthClient(
            id: credential.clientID, secret: credential.clientSecret, kind: client?.kind ?? .installed,
            redirectURIs: client?.redirectURIs ?? [], authorizationURI: client?.authorizationURI,
            tokenURI: credential.tokenEndpoint.description
        )
    }
}

extension StoredCredential.Client {
    init(_ client: OAuthClient) {
        kind = client.kind
        redirectURIs = client.redirectURIs
        authorizationURI = client.authorizationEndpoint.description
    }
}

extension StoredCredential {
    /// The form of a stored credential: an `authorized_user` file with a member that Google's libraries ignore.
    struct File: Codable {
        private struct Extras: Codable {
            var stored: Date?
            var isOwnGrant: Bool
            var endpoint: String?
            var client: Client?
        }

        private enum CodingKeys: String, CodingKey {
            case bqpull
        }

        private let authorizedUser: AuthorizedUserCredential.File
        private let extras: Extras?

        init(_ stored: StoredCredential) {
            authorizedUser = .init(stored.credential, scopes: stored.scopes)
            extras = Extras(
                stored: stored.stored, isOwnGrant: stored.isOwnGrant, endpoint: stored.endpoint, client: stored.client)
        }

        init(from decoder: any Decoder) throws {
            authorizedUser = try .init(from: decoder)
            extras = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(Extras.self, forKey: .bqpull)
        }

        func encode(to encoder: any Encoder) throws {
            try authorizedUser.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(extras, forKey: .bqpull)
        }

        func storedCredential() throws(OAuthError) -> StoredCredential {
            var stored = StoredCredential(try authorizedUser.credential(), stored: extras?.stored)
            stored.scopes = authorizedUser.grantedScopes
            stored.client = extras?.client
            stored.endpoint = extras?.endpoint
            stored.isOwnGrant = extras?.isOwnGrant ?? false
            return stored
        }
    }
}

extension StoredCredential {
    /// The lifetime of a refresh token while the consent screen is in "Testing".
    static let testingLifetime: Duration = .seconds(7 * 86_400)
    /// The longest time without use before a refresh token expires. Google's limit is six months.
    static let idleLifetime: Duration = .seconds(182 * 86_400)

    /// When the refresh token expires if it is not used again; `nil` if that is unknown.
    public var endWhenUnused: Date? {
        // The last use of a token from elsewhere is unknown until its first use here.
        let used = lastUse ?? (isOwnGrant ? stored : nil)
        return [refreshTokenEnd, used?.advanced(by: Self.idleLifetime)].compactMap(\.self).min()
    }

    /// The probable reason that the refresh token has expired.
    func probableEnd(at now: Date) -> OAuthError.Detail? {
        if let refreshTokenEnd, now >= refreshTokenEnd { return .tokenExpired(refreshTokenEnd) }
        guard let stored else { return nil }
        let used = lastUse ?? stored
        if now >= used.advanced(by: Self.idleLifetime) { return .tokenUnused(since: used) }
        // A token that was used after the seven days is not subject to them.
        let limit = stored.advanced(by: Self.testingLifetime)
        if now >= limit, used <= limit.advanced(by: .seconds(3600)) {
            return .tokenStopped(stored: stored, lastUse: used)
        }
        return nil
    }
}

extension Date {
    func advanced(by duration: Duration) -> Date { addingTimeInterval(duration / .seconds(1)) }
}

extension OAuthError {
    /// The same error with the probable reason, as far as the metadata of the credential shows it.
    func explained(by stored: StoredCredential, at now: Date) -> OAuthError {
        var error = self
        // Some time after the expiry, Google no longer distinguishes the token from a damaged one.
        if code == .damagedToken, stored.isOwnGrant { error.code = .expiredOrRevoked }
        if error.code == .expiredOrRevoked { error.detail = stored.probableEnd(at: now) }
        return error
    }
}
