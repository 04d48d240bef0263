import Foundation

/// Where the browser goes after the consent page: an address that the client has registered.
struct RedirectURI: Sendable {
    let text: String
    private let components: URLComponents

    /// - Parameter registered: The addresses of a Web client; none for a desktop client, which need not register
    ///   its own.
    init(_ text: String, registered: [String]) throws(OAuthError) {
        guard let components = URLComponents(string: text, encodingInvalidCharacters: false),
            registered.isEmpty ? components.isLoopback : registered.contains(text)
        else {
            throw OAuthError(
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
