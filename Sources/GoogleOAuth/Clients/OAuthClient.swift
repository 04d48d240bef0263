package import GoogleHTTP

/// An OAuth client, as created in Google's console.
///
/// ```swift
/// import GoogleOAuth
///
/// let client = try OAuthClient(contentsOfFile: "client_secret.json")
/// let request = try ConsentRequest(client: client, redirectURI: "http://127.0.0.1:8085", scopes: ["bigquery"])
/// print("open", request.url)
/// ```
public struct OAuthClient: Sendable, Hashable {
    /// The type of a client, which determines the permitted redirect URIs.
    package enum Kind: String, Sendable, Hashable, Codable {
        /// A desktop client: any port of this machine.
        case installed
        /// A web client: the registered redirect URIs, matched exactly.
        case web
    }

    /// The client ID.
    package var id: String
    /// The client secret.
    package var secret: Secret
    /// The type of the client.
    package var kind: Kind
    /// The registered redirect URIs. In a desktop client's file they are only examples.
    package var redirectURIs: [String]
    /// The endpoint at which the user consents. Defaults to Google's.
    package let authorizationEndpoint: HTTPEndpoint
    /// The endpoint that exchanges authorization codes. Defaults to Google's.
    package let tokenEndpoint: HTTPEndpoint

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - id: the client ID.
    ///   - secret: the client secret.
    ///   - kind: the type of the client.
    ///   - redirectURIs: the registered redirect URIs.
    ///   - authorizationURI: `nil` for Google's.
    ///   - tokenURI: `nil` for Google's.
    /// - Throws: ``OAuthError`` with code `credentialsInvalid` for an empty ID or secret, or `untrustedTokenURI`
    ///   for a URL that is neither Google's nor loopback.
    package init(
        id: String, secret: Secret, kind: Kind = .installed, redirectURIs: [String] = [],
        authorizationURI: String? = nil, tokenURI: String? = nil
    ) throws(OAuthError) {
        for (name, isEmpty) in [("ID", id.isEmpty), ("secret", secret.isEmpty)] where isEmpty {
            throw OAuthError(
                code: .credentialsInvalid, message: "the OAuth client has no client \(name)", detail: .notAClient)
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
