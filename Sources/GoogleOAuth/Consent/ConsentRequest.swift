import Foundation
import GoogleHTTP
import TextSupport

/// What the user is asked to allow in the browser, and what tells that the answer is the one to it.
///
/// It asks for offline access and for consent in any case, since Google gives a refresh token for nothing less.
/// The answer is recognised by `state`; PKCE binds the code to who asked.
public struct ConsentRequest: Sendable {
    /// The scope that reads and queries BigQuery.
    public static let bigQueryScope = "https://www.googleapis.com/auth/bigquery"

    /// Who asks.
    public let client: OAuthClient
    /// Where the browser is sent afterwards.
    public let redirectURI: String
    /// What is asked for, as full scopes.
    public let scopes: [String]
    /// What comes back with the answer; 256 random bits.
    let state: String
    let proofKey: ProofKey

    /// Makes a request with a `state` and a proof key of its own.
    ///
    /// - Parameters:
    ///   - redirectURI: for a desktop client an address of this machine, for a Web client a registered one.
    ///   - scopes: full scopes, or the last part of Google's, for example `drive.readonly`.
    /// - Throws: ``OAuthError`` with code `redirectMismatch` for a redirect URI that cannot be right.
    public init(client: OAuthClient, redirectURI: String, scopes: [String] = [bigQueryScope]) throws(OAuthError) {
        try self.init(
            client: client, redirectURI: redirectURI, scopes: scopes, state: randomText(), proofKey: ProofKey())
    }

    init(
        client: OAuthClient, redirectURI: String, scopes: [String], state: String, proofKey: ProofKey
    ) throws(OAuthError) {
        let parts = URLComponents(string: redirectURI)
        guard let parts, let host = parts.host, parts.fragment == nil, parts.hasValidPort,
            parts.scheme == "https" || (parts.scheme == "http" && Self.isThisMachine(host))
        else {
            throw OAuthError(
                code: .redirectMismatch, message: "\(printable(redirectURI, limit: 200)) cannot be a redirect URI",
                hint: "give an https address, or one of this machine such as http://127.0.0.1:8085"
            )
        }
        guard client.kind == .installed || client.redirectURIs.isEmpty || client.redirectURIs.contains(redirectURI)
        else {
            throw OAuthError(
                code: .redirectMismatch,
                message: "the redirect URI \(printable(redirectURI, limit: 200)) is not registered for this client",
                hint: "give one of these with --redirect-uri: "
                    + client.redirectURIs.map { printable($0, limit: 200) }.joined(separator: ", ")
            )
        }
        self.client = client
        self.redirectURI = redirectURI
        self.scopes = scopes.map(Self.fullScope)
        self.state = state
        self.proofKey = proofKey
    }

    /// The port of 127.0.0.1 to which the browser is sent; `nil` if it is sent elsewhere, or to no port that a
    /// user may listen on.
    public static func loopbackPort(ofRedirectURI uri: String) -> Int? {
        guard let parts = URLComponents(string: uri), parts.scheme == "http", let host = parts.host,
            ["localhost", "127.0.0.1"].contains(host.lowercased()), let port = parts.port,
            (1024...65_535).contains(port)
        else { return nil }
        return port
    }

    /// The path of the redirect URI as a browser asks for it.
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

    /// Scopes that Google's answers spell otherwise than requests.
    static let identityScopes = [
        "email": "https://www.googleapis.com/auth/userinfo.email",
        "profile": "https://www.googleapis.com/auth/userinfo.profile",
    ]

    /// The address that the user opens. It holds no secret.
    public var url: String {
        let query: KeyValuePairs<String, String?> = [
            "client_id": client.id, "redirect_uri": redirectURI, "response_type": "code",
            "scope": scopes.joined(separator: " "), "access_type": "offline", "prompt": "consent", "state": state,
            "code_challenge": proofKey.challenge, "code_challenge_method": "S256",
        ]
        return "\(client.authorizationEndpoint)?\(encodedQuery(query))"
    }

    /// The scopes asked for that are not among those granted.
    func missingScopes(granted: [String]) -> [String] {
        let granted = Set(granted)
        return scopes.filter { scope in
            !granted.contains(scope) && !(Self.identityScopes[scope].map(granted.contains) ?? false)
        }
    }
}
