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
    public static let googleTokenURI = "https://oauth2.googleapis.com/token"

    /// The hosts of Google that exchange tokens; older guides use the latter two.
    private static let googleHosts: Set = ["oauth2.googleapis.com", "www.googleapis.com", "accounts.google.com"]

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
            ("client_id", clientID), ("client_secret", clientSecret.reveal()), ("refresh_token", refreshToken.reveal()),
        ]
        for (name, value) in values where value.isEmpty {
            throw OAuthError(
                code: .credentialsInvalid, message: "the credentials have no \(name)",
                hint: "all three are needed: client_id, client_secret, refresh_token"
            )
        }
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.refreshToken = refreshToken
        self.quotaProjectID = quotaProjectID
        guard let endpoint = try? HTTPEndpoint(tokenURI),
            endpoint.isLoopback || (tokenURI.hasPrefix("https://") && Self.googleHosts.contains(endpoint.host))
        else {
            throw OAuthError(
                code: .untrustedTokenURI,
                message:
                    "the credentials name \(printable(tokenURI, limit: 200)) as token_uri, and secrets are not sent there",
                hint: "use \(Self.googleTokenURI), or leave token_uri out"
            )
        }
        tokenEndpoint = endpoint
    }
}
