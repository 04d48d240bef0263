import Foundation
import GoogleHTTP
import TextSupport

/// An authorization request, to which the user consents in the browser.
///
/// It always requests offline access and consent, since Google issues a refresh token only then. `state` identifies the
/// redirect; PKCE binds the code to this request. ``LoopbackListener`` has an example.
public struct ConsentRequest: Sendable {
    /// The scope that reads and queries BigQuery.
    public static let bigQueryScope = "https://www.googleapis.com/auth/bigquery"

    /// The client that requests consent.
    package let client: OAuthClient
    /// The URL that the browser is redirected to.
    package let redirectURI: String
    /// The requested scopes, in full.
    package let scopes: [String]
    /// 256 random bits that the redirect must contain.
    package let state: String
    package let proofKey: ProofKey

    /// Creates a request with a random `state` and proof key.
    ///
    /// - Parameters:
    ///   - client: the client that requests consent.
    ///   - redirectURI: a loopback URL for a desktop client, a registered URL for a web client.
    ///   - scopes: full scopes, or the last component of a Google scope, for example `drive.readonly`. Defaults to
    ///     ``bigQueryScope``.
    /// - Throws: ``OAuthError`` with code `redirectMismatch` for an invalid or unregistered redirect URI.
    public init(client: OAuthClient, redirectURI: String, scopes: [String] = [bigQueryScope]) throws(OAuthError) {
        try self.init(
            client: client, redirectURI: redirectURI, scopes: scopes, state: randomText(), proofKey: ProofKey())
    }

    package init(
        client: OAuthClient, redirectURI: String, scopes: [String], state: String, proofKey: ProofKey
    ) throws(OAuthError) {
        let parts = URLComponents(string: redirectURI)
        guard let parts, let host = parts.host, parts.fragment == nil, parts.hasValidPort,
            parts.scheme == "https" || (parts.scheme == "http" && Self.isThisMachine(host))
        else {
            throw OAuthError(
                code: .redirectMismatch,
                message: "\(printable(redirectURI, limit: 200)) is not a redirect URI: it must be https, or on this "
                    + "machine such as http://127.0.0.1:8085")
        }
        guard client.kind == .installed || client.redirectURIs.isEmpty || client.redirectURIs.contains(redirectURI)
        else {
            throw OAuthError(
                code: .redirectMismatch,
                message: "the redirect URI \(printable(redirectURI, limit: 200)) is not registered for this client",
                detail: .registeredRedirectURIs(client.redirectURIs))
        }
        self.client = client
        self.redirectURI = redirectURI
        self.scopes = scopes.map(Self.fullScope)
        self.state = state
        self.proofKey = proofKey
    }

    /// The port of a redirect URI on 127.0.0.1; `nil` for another host or a privileged port.
    package static func loopbackPort(ofRedirectURI uri: String) -> Int? {
        guard let parts = URLComponents(string: uri), parts.scheme == "http", let host = parts.host,
            ["localhost", "127.0.0.1"].contains(host.lowercased()), let port = parts.port,
            (1024...65_535).contains(port)
        else { return nil }
        return port
    }

    /// The path of the redirect URI as a browser requests it.
    var redirectPath: String {
        let path = URLComponents(string: redirectURI)?.percentEncodedPath ?? ""
        return path.isEmpty ? "/" : path
    }

    static func isThisMachine(_ host: String) -> Bool {
        ["localhost", "127.0.0.1", "[::1]", "::1"].contains(host.lowercased())
    }

    private static func fullScope(_ scope: String) -> String {
        scope.contains(":") || identityScopes.keys.contains(scope) || scope == "openid"
            ? scope : "https://www.googleapis.com/auth/" + scope
    }

    /// Scopes that Google's responses spell differently.
    static let identityScopes = [
        "email": "https://www.googleapis.com/auth/userinfo.email",
        "profile": "https://www.googleapis.com/auth/userinfo.profile",
    ]

    /// The sign-in URL. It contains no secret.
    public var url: String {
        let query: KeyValuePairs<String, String?> = [
            "client_id": client.id, "redirect_uri": redirectURI, "response_type": "code",
            "scope": scopes.joined(separator: " "), "access_type": "offline", "prompt": "consent", "state": state,
            "code_challenge": proofKey.challenge, "code_challenge_method": "S256",
        ]
        return "\(client.authorizationEndpoint)?\(encodedQuery(query))"
    }

    /// The requested scopes that were not granted.
    func missingScopes(granted: [String]) -> [String] {
        let granted = Set(granted)
        return scopes.filter { scope in
            !granted.contains(scope) && !(Self.identityScopes[scope].map(granted.contains) ?? false)
        }
    }
}
