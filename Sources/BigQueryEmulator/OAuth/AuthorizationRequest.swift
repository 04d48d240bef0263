import Crypto
import Foundation

/// What a program asks the user for, by way of the browser.
struct AuthorizationRequest: Sendable {
    let clientID: String
    let redirectURI: RedirectURI
    let scopes: [String]
    let state: String?
    /// Whether the program wants to act while the user is away.
    let isOffline: Bool
    /// Whether the program wants the user to agree even if that has happened before.
    let forcesConsent: Bool
    let challenge: CodeChallenge?

    /// Checks a request.
    ///
    /// - Throws: What the browser shows instead of the consent page.
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

/// Where the browser goes after the consent page: an address that the client has registered.
struct RedirectURI: Sendable {
    let text: String
    private let components: URLComponents

    /// - Parameter registered: The addresses of a Web client; none for a desktop client, which need not register
    ///   its own.
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

    /// The address with these items added to its query.
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
    /// With all but RFC 3986's unreserved characters escaped.
    fileprivate var percentEncoded: String {
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        return addingPercentEncoding(withAllowedCharacters: CharacterSet(charactersIn: "\(letters)0123456789-._~"))
            ?? ""
    }
}

/// What only the program that asked for a code can answer (RFC 7636).
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
