import Crypto
import Foundation

/// An OAuth authorization request.
struct AuthorizationRequest: Sendable {
    let clientID: String
    let redirectURI: RedirectURI
    let scopes: [String]
    let state: String?
    /// Whether a refresh token is requested.
    let isOffline: Bool
    /// Whether consent is requested even if it was given before.
    let forcesConsent: Bool
    let challenge: CodeChallenge?

    /// Validates a request.
    ///
    /// - Throws: the error for the browser to show instead of the consent page.
    init(_ query: URLEncodedForm, configuration: EmulatorConfiguration) throws(OAuthErrorResponse) {
        clientID = try query.required("client_id")
        guard clientID == configuration.clientID else { throw .unknownClient }
        redirectURI = try RedirectURI(
            try query.required("redirect_uri"), registered: configuration.redirectURIs)
        guard try query.required("response_type") == "code" else {
            throw OAuthErrorResponse("invalid_request", "Invalid value for parameter: response_type")
        }
        scopes = try query.required("scope").split(separator: " ").map(String.init)
        guard !scopes.isEmpty else { throw .missing("scope") }
        state = query["state"]
        isOffline = query["access_type"] == "offline"
        forcesConsent = query["prompt"]?.split(separator: " ").contains("consent") == true
        challenge = try query["code_challenge"].map { text throws(OAuthErrorResponse) in
            try CodeChallenge(text, method: query["code_challenge_method"])
        }
    }
}

/// A redirect URI that is registered for the client.
struct RedirectURI: Sendable {
    let text: String
    private let components: URLComponents

    /// Accepts one of a web client's registered URIs, or any loopback URI for a desktop client, which has none.
    init(_ text: String, registered: [String]) throws(OAuthErrorResponse) {
        guard let components = URLComponents(string: text, encodingInvalidCharacters: false),
            registered.isEmpty ? components.isLoopback : registered.contains(text)
        else {
            throw OAuthErrorResponse(
                "redirect_uri_mismatch",
                "The redirect URI in the request, \(text), does not match the ones authorized for the OAuth client.")
        }
        self.text = text
        self.components = components
    }

    /// Returns the URI with additional query items.
    func adding(_ items: [URLQueryItem]) -> String {
        var components = components
        components.percentEncodedQueryItems =
            (components.percentEncodedQueryItems ?? [])
            + items.map { URLQueryItem(name: $0.name, value: $0.value?.percentEncoded) }
        return components.string ?? text
    }
}

extension URLComponents {
    fileprivate var isLoopback: Bool {
        scheme == "http" && ["127.0.0.1", "localhost", "[::1]"].contains(host) && user == nil && fragment == nil
    }
}

extension String {
    /// The text with all but RFC 3986's unreserved characters percent-encoded.
    fileprivate var percentEncoded: String {
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        return addingPercentEncoding(withAllowedCharacters: CharacterSet(charactersIn: "\(letters)0123456789-._~"))
            ?? ""
    }
}

/// A PKCE code challenge (RFC 7636).
struct CodeChallenge: Sendable {
    private enum Method: String {
        case plain
        case s256 = "S256"
    }

    private let text: String
    private let method: Method

    init(_ text: String, method: String?) throws(OAuthErrorResponse) {
        guard let method = Method(rawValue: method ?? Method.plain.rawValue) else {
            throw OAuthErrorResponse("invalid_request", "Invalid value for parameter: code_challenge_method")
        }
        self.text = text
        self.method = method
    }

    func check(verifier: String?) throws(OAuthErrorResponse) {
        guard let verifier else { throw OAuthErrorResponse("invalid_grant", "Missing code verifier.") }
        let response =
            switch method {
            case .plain: verifier
            case .s256: Data(SHA256.hash(data: Data(verifier.utf8))).base64URLEncoded
            }
        guard response == text else { throw OAuthErrorResponse("invalid_grant", "Invalid code verifier.") }
    }
}

extension Data {
    var base64URLEncoded: String {
        base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
