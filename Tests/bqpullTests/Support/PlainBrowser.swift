import Foundation
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// A minimal browser for sign-in: opens the page, submits its form, follows the redirect.
final class PlainBrowser: NSObject, URLSessionTaskDelegate, Sendable {
    /// A page with a form.
    struct Page {
        var address: URL
        var html: String
    }

    /// The sign-in URL in the output of `bqpull auth login`.
    static var address: Regex<Substring> { /http:\/\/127\.0\.0\.1:\d+\/o\/oauth2\/[^\s]+\s/ }

    /// Whether to follow redirects; foreign URLs are unreachable in tests.
    private let follows: Bool

    init(follows: Bool = true) {
        self.follows = follows
    }

    func open(_ address: String) async throws -> Page {
        let address = address.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let url = URL(string: address) else { throw URLError(.badURL) }
        let (html, _) = try await send(URLRequest(url: url))
        return Page(address: url, html: html)
    }

    /// Submits the form with all scopes, or only some.
    ///
    /// - Returns: The final URL, and its page.
    func submit(_ page: Page, decision: String, scopes: [String]? = nil) async throws -> (address: String, html: String)
    {
        let request = page.html.firstMatch(of: /name="request" value="([^"]+)"/)?.output.1 ?? ""
        let offered = page.html.matches(of: /name="scope" value="([^"]+)" checked/).map { String($0.output.1) }
        let fields = [("request", String(request)), ("decision", decision)] + (scopes ?? offered).map { ("scope", $0) }
        var post = URLRequest(url: try #require(URL(string: "/o/oauth2/v2/auth", relativeTo: page.address)))
        post.httpMethod = "POST"
        post.httpBody = Data(
            fields.map { "\($0)=\($1.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")" }
                .joined(separator: "&").utf8)
        post.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
        let (html, response) = try await send(post)
        return (response.value(forHTTPHeaderField: "Location") ?? response.url?.absoluteString ?? "", html)
    }

    private func send(_ request: URLRequest) async throws -> (String, HTTPURLResponse) {
        let session = URLSession(configuration: .ephemeral, delegate: self, delegateQueue: nil)
        defer { session.finishTasksAndInvalidate() }
        let (data, response) = try await session.data(for: request)
        return (String(decoding: data, as: UTF8.self), try #require(response as? HTTPURLResponse))
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(follows ? request : nil)
    }
}
