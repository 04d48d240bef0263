public import GoogleHTTP

/// An OAuth client, as Google's console makes it.
public struct OAuthClient: Sendable, Hashable {
    /// Where the browser may be sent after the consent.
    public enum Kind: String, Sendable, Hashable, Codable {
        /// A desktop client: this machine, any port.
        case installed
        /// A Web client: the redirect URIs that are registered for it, letter by letter.
        case web
    }

    /// The client's id.
    public var id: String
    /// The client's secret.
    public var secret: Secret
    /// Where the browser may be sent.
    public var kind: Kind
    /// The redirect URIs that are registered; what a desktop client's file lists there is only an example.
    public var redirectURIs: [String]
    /// Where the user consents. Defaults to Google.
    public let authorizationEndpoint: HTTPEndpoint
    /// Where a code is exchanged. Defaults to Google.
    public let tokenEndpoint: HTTPEndpoint

    /// Makes a client.
    ///
    /// - Parameters:
    ///   - authorizationURI: `nil` for Google's.
    ///   - tokenURI: `nil` for Google's.
    /// - Throws: ``OAuthError`` with code `credentialsInvalid` for an empty id or secret, or `untrustedTokenURI`
    ///   for an address that is neither Google's nor on this machine.
    public init(
        id: String, secret: Secret, kind: Kind = .installed, redirectURIs: [String] = [],
        authorizationURI: String? = nil, tokenURI: String? = nil
    ) throws(OAuthError) {
        for (name, isEmpty) in [("id", id.isEmpty), ("secret", secret.isEmpty)] where isEmpty {
            throw OAuthError(
                code: .credentialsInvalid, message: "the OAuth client has no client \(name)",
                hint: "both stand at https://console.cloud.google.com/apis/credentials"
            )
        }
        self.id = id
        self.secret = secret
        self.kind = kind
        self.redirectURIs = redirectURIs
        authorizationEndpoint = try GoogleAddress.trusted(
            authorizationURI ?? GoogleAddress.authorization, name: "auth_uri"
        )
        tokenEndpoint = try GoogleAddress.trusted(tokenURI ?? GoogleAddress.token, name: "token_uri")
    }
}
