package import GoogleHTTP

/// A logged-in user of a workforce pool: a file of type `external_account_authorized_user`, written by gcloud's
/// application-default login.
public struct ExternalAccountUserCredential: Sendable, Hashable {
    /// The OAuth client's ID.
    package var clientID: String
    /// The OAuth client's secret.
    package var clientSecret: Secret
    /// The refresh token.
    package var refreshToken: Secret
    /// The endpoint that exchanges the refresh token. Defaults to Google's.
    package let tokenEndpoint: HTTPEndpoint
    /// The billing project, if the file names one.
    package var quotaProjectID: String?

    /// Google's Security Token Service, which exchanges the refresh tokens of workforce pools.
    private static let googleTokenURI = "https://sts.googleapis.com/v1/oauthtoken"

    /// A provider that keeps a rotated refresh token in memory, with a warning.
    func tokenProvider(_ context: TokenContext) -> RenewingTokenProvider {
        let client = BasicAuthorization(name: clientID, password: clientSecret)
        let exchange = RefreshTokenExchange(refreshToken, host: tokenEndpoint.host) { refreshToken, context in
            do {
                return try await context.post(
                    ["grant_type": "refresh_token", "refresh_token": refreshToken.reveal()], to: tokenEndpoint,
                    exchange: .refreshToken, authorization: client.value)
            } catch var error as OAuthError {
                error.detail = .workforcePool
                throw error
            }
        }
        return RenewingTokenProvider(context) { try await exchange.fetchToken($0) }
    }
}

extension ExternalAccountUserCredential {
    /// The members of a file.
    struct File: Decodable {
        var clientID: String?
        var clientSecret: String?
        var refreshToken: String?
        var tokenURL: String?
        var quotaProjectID: String?

        private enum CodingKeys: String, CodingKey {
            case clientID = "client_id"
            case clientSecret = "client_secret"
            case refreshToken = "refresh_token"
            case tokenURL = "token_url"
            case quotaProjectID = "quota_project_id"
        }
    }

    init(_ file: File) throws(OAuthError) {
        guard let clientID = file.clientID, !clientID.isEmpty else { throw .incomplete("client_id") }
        guard let clientSecret = file.clientSecret, !clientSecret.isEmpty else { throw .incomplete("client_secret") }
        guard let refreshToken = file.refreshToken, !refreshToken.isEmpty else { throw .incomplete("refresh_token") }
        self.clientID = clientID
        self.clientSecret = Secret(clientSecret)
        self.refreshToken = Secret(refreshToken)
        tokenEndpoint = try GoogleAddress.trusted(
            file.tokenURL ?? Self.googleTokenURI, name: "token_url", at: .securityTokens)
        quotaProjectID = file.quotaProjectID
    }
}
