public import GoogleHTTP

/// What Azure Data Factory's BigQuery connector takes, and what gcloud's application-default login writes as
/// `authorized_user`: a client and a refresh token.
public struct AuthorizedUserCredential: Sendable, Hashable {
    /// The OAuth client's id.
    public var clientID: String
    /// The OAuth client's secret.
    public var clientSecret: Secret
    /// The refresh token.
    public var refreshToken: Secret
    /// Where the refresh token is exchanged. Defaults to Google.
    public var tokenEndpoint: HTTPEndpoint
    /// The project that pays, if the file names one.
    public var quotaProjectID: String?

    /// Google's token endpoint.
    public static let googleTokenURI = GoogleAddress.token

    /// Makes a credential of its three values.
    ///
    /// - Parameter tokenURI: https on a host of Google that exchanges tokens, or a loopback address.
    /// - Throws: ``OAuthError`` with code `untrustedTokenURI` for any other token endpoint, or
    ///   `credentialsInvalid` for an empty value.
    public init(
        clientID: String, clientSecret: Secret, refreshToken: Secret,
        tokenURI: String = Self.googleTokenURI, quotaProjectID: String? = nil
    ) throws(OAuthError) {
        let values = [
            ("client_id", clientID.isEmpty), ("client_secret", clientSecret.isEmpty),
            ("refresh_token", refreshToken.isEmpty),
        ]
        for (name, isEmpty) in values where isEmpty {
            throw OAuthError(
                code: .credentialsInvalid, message: "the credentials have no \(name)",
                hint: "all three are needed: client_id, client_secret, refresh_token"
            )
        }
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.refreshToken = refreshToken
        self.quotaProjectID = quotaProjectID
        tokenEndpoint = try GoogleAddress.trusted(tokenURI, name: "token_uri")
    }
}
