import Foundation
import HTTPTypes
import Testing

@testable import BigQueryEmulator

enum Scope {
    static let bigQuery = "https://www.googleapis.com/auth/bigquery"
    static let drive = "https://www.googleapis.com/auth/drive.readonly"
}

/// The requests of a program and of a browser to the emulator's OAuth server.
extension APIClient {
    /// Changes to a valid form; `nil` omits a field.
    typealias Changes = [String: String?]

    /// Requests the consent page.
    func authorize(_ changes: Changes = [:]) async throws -> Response {
        let query = [
            "client_id": "emulator-client.apps.example.com", "redirect_uri": "http://127.0.0.1:8080/callback",
            "response_type": "code", "scope": Scope.bigQuery, "state": "some state", "access_type": "offline",
        ]
        return try await send(.get, "/o/oauth2/v2/auth?\(Self.form(query, changes))")
    }

    /// Submits the consent page, with all scopes selected by default.
    func decide(_ decision: String, on page: Response, scopes: [String]? = nil) async throws -> Response {
        let html = page.text
        let id = try #require(html.firstMatch(of: /name="request" value="(.+?)"/)?.1)
        let boxes = html.matches(of: /name="scope" value="(.+?)" checked/).map { String($0.1) }
        let fields = [("request", String(id)), ("decision", decision)] + (scopes ?? boxes).map { ("scope", $0) }
        return try await send(.post, "/o/oauth2/v2/auth", body: Self.encoded(fields))
    }

    /// Gives consent and returns the code.
    func code(_ changes: Changes = [:]) async throws -> String {
        let response = try await decide("allow", on: authorize(changes))
        return try #require(response.redirectItems["code"])
    }

    func exchange(_ code: String, _ changes: Changes = [:]) async throws -> Response {
        try await token(
            ["grant_type": "authorization_code", "code": code, "redirect_uri": "http://127.0.0.1:8080/callback"],
            changes)
    }

    /// Gives consent and returns the tokens.
    func login(_ changes: Changes = [:]) async throws -> JSONObject {
        try await exchange(code(changes)).json()
    }

    func refresh(_ refreshToken: String?, _ changes: Changes = [:]) async throws -> Response {
        try await token(["grant_type": "refresh_token", "refresh_token": refreshToken ?? ""], changes)
    }

    private func token(_ fields: [String: String], _ changes: Changes) async throws -> Response {
        var fields = fields
        fields["client_id"] = "emulator-client.apps.example.com"
        fields["client_secret"] = "emulator-client-secret"
        return try await send(.post, "/token", body: Self.form(fields, changes))
    }

    func tokenInfo(_ accessToken: String?, _ method: HTTPRequest.Method = .post) async throws -> Response {
        let form = Self.encoded([("access_token", accessToken ?? "")])
        if method == .get { return try await send(.get, "/tokeninfo?\(form)") }
        return try await send(method, "/tokeninfo", body: form)
    }

    func revoke(_ token: String?) async throws -> Response {
        try await send(.post, "/revoke", body: Self.encoded([("token", token ?? "")]))
    }

    /// Requests an existing dataset.
    func callAPI(with accessToken: String?) async throws -> Response {
        try await send(.get, "datasets/bench", headers: [.authorization: "Bearer \(accessToken ?? "")"])
    }

    private static func form(_ fields: [String: String], _ changes: Changes) -> String {
        let changed = fields.merging(changes.compactMapValues(\.self)) { $1 }
        return encoded(changed.filter { changes[$0.key] != .some(nil) }.map { ($0.key, $0.value) })
    }

    private static func encoded(_ fields: [(String, String)]) -> String {
        fields.map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }.joined(separator: "&")
    }
}

extension APIClient.Response {
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The query of the redirect.
    var redirectItems: [String: String] {
        let items = headers[.location].flatMap { URLComponents(string: $0)?.queryItems } ?? []
        return Dictionary(items.map { ($0.name, $0.value ?? "") }) { $1 }
    }

    /// Returns `error: description` of an OAuth error response.
    func oauthError() throws -> String {
        let body = try json()
        return "\(status) \(body.string("error") ?? "-"): \(body.string("error_description") ?? "-")"
    }
}
