public import Foundation
import GoogleHTTP

/// A credential as bqpull keeps it: with what is known of its origin and its end.
public struct StoredCredential: Sendable, Hashable {
    /// What a new consent needs besides the credential's client id and secret.
    public struct Client: Sendable, Hashable, Codable {
        /// Where the browser may be sent.
        public var kind: OAuthClient.Kind
        /// The redirect URIs that are registered.
        public var redirectURIs: [String]
        /// Where the user consents.
        public var authorizationURI: String
        /// Where the browser was sent; `nil` for a port that was free by chance.
        public var redirectURI: String?
    }

    /// The credential.
    public var credential: AuthorizedUserCredential
    /// When it was stored; `nil` for a file that somebody else put there.
    public var stored: Date?
    /// The scopes that were granted; empty if they are not known.
    public var scopes: [String] = []
    /// The client, if the credential came from a consent.
    public var client: Client?
    /// The BigQuery that it is for; `nil` for Google's.
    public var endpoint: String?
    /// Whether it came from a consent here, so that it cannot have been damaged in copying.
    public var isOwnGrant = false
    /// When the refresh token ends, if the token endpoint said so.
    public var refreshTokenEnd: Date?
    /// When the refresh token was last exchanged.
    public var lastUse: Date?

    /// Wraps a credential.
    public init(_ credential: AuthorizedUserCredential, stored: Date?) {
        self.credential = credential
        self.stored = stored
    }

    /// This credential with what another one of the same refresh token knows besides: its origin and its end, and
    /// what is not said here.
    package func knowing(_ other: StoredCredential) -> StoredCredential {
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

    /// The client that the credential was made with, for a new consent.
    ///
    /// - Throws: ``OAuthError`` with code `untrustedTokenURI` if its authorization endpoint is not Google's.
    public func oauthClient() throws(OAuthError) -> OAuthClient {
        try OAuthClient(
            id: credential.clientID, secret: credential.clientSecret, kind: client?.kind ?? .installed,
            redirectURIs: client?.redirectURIs ?? [], authorizationURI: client?.authorizationURI,
            tokenURI: credential.tokenEndpoint.description
        )
    }
}

extension StoredCredential {
    /// How long a refresh token lives while the consent screen is in "Testing".
    static let testingLifetime: TimeInterval = 7 * 86_400
    /// How long a refresh token may be unused. Google says six months.
    static let idleLifetime: TimeInterval = 182 * 86_400

    /// When the refresh token ends if it is not used again; `nil` if nothing is known that tells.
    public var endWhenUnused: Date? {
        // When a token that came from elsewhere was used last, only its first use here tells.
        let used = lastUse ?? (isOwnGrant ? stored : nil)
        return [refreshTokenEnd, used?.addingTimeInterval(Self.idleLifetime)].compactMap(\.self).min()
    }

    /// Why the refresh token has probably ended, in words; `nil` if nothing points to a reason.
    func probableEnd(at now: Date) -> String? {
        let testing =
            "the consent screen is in \"Testing\": its tokens end after seven days. Publish the app at https://console.cloud.google.com/auth/audience, then bqpull auth login"
        if let refreshTokenEnd, now >= refreshTokenEnd {
            return "it was to end on \(Self.text(refreshTokenEnd)), since \(testing)"
        }
        guard let stored else { return nil }
        let used = lastUse ?? stored
        if now >= used.addingTimeInterval(Self.idleLifetime) {
            return
                "it was last used on \(Self.text(used)), and a token that is unused for six months ends: bqpull auth login"
        }
        // A token that has ever outlived the seven days is not bound by them.
        let limit = stored.addingTimeInterval(Self.testingLifetime)
        if now >= limit, used <= limit.addingTimeInterval(3600) {
            return
                "it was stored on \(Self.text(stored)) and has not worked since \(Self.text(used)); probably \(testing)"
        }
        return nil
    }

    /// A date and a time, in UTC.
    package static func text(_ date: Date) -> String {
        date.formatted(.iso8601.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false))
            + " UTC"
    }
}

extension OAuthError {
    /// The same error with what is known of the credential it is about.
    func explained(by stored: StoredCredential, at now: Date) -> OAuthError {
        var error = self
        // Google forgets tokens some time after their end, and then says the same as of a damaged one.
        if code == .damagedToken, stored.isOwnGrant { error.code = .expiredOrRevoked }
        guard error.code == .expiredOrRevoked else { return self }
        if let reason = stored.probableEnd(at: now) { error.hint = reason } else { error.hint = Self.hint(error.code) }
        return error
    }
}
