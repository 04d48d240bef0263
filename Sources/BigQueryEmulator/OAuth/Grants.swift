import Foundation
import Synchronization

/// The authorization grants, and the tokens issued for them.
final class Grants: Sendable {
    struct Grant: Sendable {
        let id = UUID()
        let scopes: [String]
        /// Whether the grant allows refresh tokens.
        let isOffline: Bool
        /// The tokens' audience; `nil` for the client.
        var audience: String?
    }

    struct AccessToken: Sendable {
        let grant: Grant
        let expiry: ContinuousClock.Instant
    }

    /// The tokens of a token response.
    struct Tokens: Sendable {
        let access: String
        /// `nil` if no refresh token is issued.
        var refresh: String?
        let scopes: [String]
    }

    private struct RefreshToken {
        let grant: Grant
        /// `nil` for no expiry.
        var expiry: ContinuousClock.Instant?
    }

    private struct State {
        /// The IDs of the grants that are not revoked.
        var live: Set<UUID> = []
        var accessTokens: [String: AccessToken] = [:]
        /// All refresh tokens, including expired ones: Google's error for those differs from the one for unknown
        /// tokens.
        var refreshTokens: [String: RefreshToken] = [:]
        var hasConsent = false
        var revocationCount = 0

        func accessToken(_ text: String) -> AccessToken? {
            guard let token = accessTokens[text], live.contains(token.grant.id), .now < token.expiry else {
                return nil
            }
            return token
        }

        func refreshToken(_ text: String) -> RefreshToken? {
            guard let token = refreshTokens[text], live.contains(token.grant.id) else { return nil }
            if let expiry = token.expiry, expiry <= .now { return nil }
            return token
        }
    }

    private let configuration: EmulatorConfiguration
    private let state = Mutex(State())

    /// Creates the grant of the configured refresh token.
    init(configuration: EmulatorConfiguration) {
        self.configuration = configuration
        let grant = Grant(scopes: configuration.scopes, isOffline: true)
        state.withLock { state in
            state.live.insert(grant.id)
            state.refreshTokens[configuration.refreshToken] = newRefreshToken(of: grant)
        }
    }

    var revocationCount: Int { state.withLock { $0.revocationCount } }

    /// Records the user's consent. Returns true for the first consent since the start or a revocation.
    func recordConsent() -> Bool {
        state.withLock { state in
            defer { state.hasConsent = true }
            return !state.hasConsent
        }
    }

    /// Creates a grant and issues its first tokens.
    func begin(_ grant: Grant, withRefreshToken: Bool) -> Tokens {
        state.withLock { state in
            state.live.insert(grant.id)
            return issueTokens(of: grant, withRefreshToken: withRefreshToken, in: &state)
        }
    }

    func refresh(_ text: String) throws(OAuthErrorResponse) -> Tokens {
        try state.withLock { state throws(OAuthErrorResponse) in
            guard state.refreshTokens[text] != nil else { throw .unknownGrant }
            guard let token = state.refreshToken(text) else { throw .expiredGrant }
            if configuration.rotatesRefreshTokens { state.refreshTokens[text]?.expiry = .now }
            return issueTokens(
                of: token.grant, withRefreshToken: configuration.rotatesRefreshTokens, in: &state)
        }
    }

    /// Returns a valid access token.
    func accessToken(_ text: String) -> AccessToken? {
        state.withLock { $0.accessToken(text) }
    }

    func expireAccessTokens() {
        state.withLock { $0.accessTokens = [:] }
    }

    /// Revokes the grant that a token belongs to, with all its tokens.
    func revoke(_ token: String) throws(OAuthErrorResponse) {
        try state.withLock { state throws(OAuthErrorResponse) in
            guard let grant = state.accessToken(token)?.grant ?? state.refreshToken(token)?.grant else {
                throw OAuthErrorResponse("invalid_token", "Token expired or revoked")
            }
            state.live.remove(grant.id)
            state.hasConsent = false
            state.revocationCount += 1
        }
    }

    private func issueTokens(of grant: Grant, withRefreshToken: Bool, in state: inout State) -> Tokens {
        var tokens = Tokens(access: "emulator-access-token-\(Self.newID())", scopes: grant.scopes)
        state.accessTokens = state.accessTokens.filter { $0.value.expiry > .now }
        state.accessTokens[tokens.access] = AccessToken(
            grant: grant, expiry: .now + configuration.accessTokenLifetime)
        if withRefreshToken {
            let text = "1//0emulator-refresh-token-\(Self.newID())"
            state.refreshTokens[text] = newRefreshToken(of: grant)
            tokens.refresh = text
        }
        return tokens
    }

    private func newRefreshToken(of grant: Grant) -> RefreshToken {
        RefreshToken(grant: grant, expiry: configuration.refreshTokenLifetime.map { .now + $0 })
    }

    private static func newID() -> String { UUID().uuidString.lowercased() }
}

extension Grants {
    /// The scopes that authorize API requests; any one suffices for every method.
    private static let scopes: Set = [
        "https://www.googleapis.com/auth/bigquery", "https://www.googleapis.com/auth/bigquery.readonly",
        "https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/cloud-platform.read-only",
    ]

    /// Checks the `Authorization` header of an API request; throws the API's error if access is denied.
    func check(authorization: String?) throws(ServiceError) {
        guard let authorization else {
            throw Self.unauthorized(.required, "Request is missing required authentication credential.")
        }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer", let token = accessToken(String(parts[1])) else {
            throw Self.unauthorized(.authError, "Request had invalid authentication credentials.")
        }
        guard !Self.scopes.isDisjoint(with: token.grant.scopes) else { throw .insufficientScopes }
    }

    private static func unauthorized(_ reason: ServiceError.Reason, _ message: String) -> ServiceError {
        ServiceError(
            reason,
            "\(message) Expected OAuth 2 access token, login cookie or other valid authentication credential. See "
                + "https://developers.google.com/identity/sign-in/web/devconsole-project.",
            location: "Authorization", locationType: "header")
    }
}
