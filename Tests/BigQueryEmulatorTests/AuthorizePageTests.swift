import HTTPTypes
import Testing

@testable import BigQueryEmulator

@Suite struct AuthorizePageTests {
    @Test func listsEveryRequestedScope() async throws {
        try await withClient { client in
            let page = try await client.authorize(["scope": "\(Scope.bigQuery) \(Scope.drive)"])
            #expect(page.status == 200)
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            for (index, scope) in [Scope.bigQuery, Scope.drive].enumerated() {
                let box = #"<input type="checkbox" id="scope-\#(index)" name="scope" value="\#(scope)" checked>"#
                #expect(page.text.contains(box))
            }
            #expect(page.text.contains("emulator-client.apps.example.com"))
            #expect(page.text.contains(#"<button id="allow" name="decision" value="allow">"#))
            #expect(page.text.contains(#"<button id="deny" name="decision" value="deny">"#))
        }
    }

    @Test(arguments: ["scope", "redirect_uri"])
    func escapesRequestParameters(parameter: String) async throws {
        try await withClient { client in
            let page = try await client.authorize([parameter: #""'><script>&"#])
            #expect(page.text.contains("&quot;&#39;&gt;&lt;script&gt;&amp;"))
            #expect(!page.text.contains("<script>"))
        }
    }

    @Test(
        arguments: [
            ("client_id", nil, "400: invalid_request"), ("client_id", "other", "401: invalid_client"),
            ("redirect_uri", nil, "400: invalid_request"),
            ("redirect_uri", "https://127.0.0.1:8080/callback", "400: redirect_uri_mismatch"),
            ("redirect_uri", "http://example.com/callback", "400: redirect_uri_mismatch"),
            ("redirect_uri", "http://127.0.0.1.example.com/", "400: redirect_uri_mismatch"),
            ("redirect_uri", "http://127.0.0.1@example.com/", "400: redirect_uri_mismatch"),
            ("redirect_uri", "http://user@127.0.0.1/", "400: redirect_uri_mismatch"),
            ("redirect_uri", "http://127.0.0.1/#fragment", "400: redirect_uri_mismatch"),
            ("redirect_uri", "http://127.0.0.1/\r\nX: y", "400: redirect_uri_mismatch"),
            ("redirect_uri", "urn:ietf:wg:oauth:2.0:oob", "400: redirect_uri_mismatch"),
            ("response_type", nil, "400: invalid_request"), ("response_type", "token", "400: invalid_request"),
            ("scope", nil, "400: invalid_request"), ("scope", " ", "400: invalid_request"),
            ("code_challenge_method", "S512", "400: invalid_request"),
        ] as [(String, String?, String)])
    func showsErrorsWithoutRedirecting(parameter: String, value: String?, error: String) async throws {
        try await withClient { client in
            let page = try await client.authorize(["code_challenge": "challenge", parameter: value])
            #expect("\(page.status)" == error.prefix(3))
            #expect(page.headers[.location] == nil)
            #expect(page.text.contains("Error \(error)"))
        }
    }

    @Test(arguments: [
        "http://127.0.0.1", "http://127.0.0.1:1/", "http://localhost:65535/a/b", "http://[::1]:8080/callback",
    ])
    func acceptsAnyLoopbackPortForADesktopClient(redirectURI: String) async throws {
        try await withClient { client in
            let page = try await client.authorize(["redirect_uri": redirectURI, "state": nil])
            let response = try await client.decide("deny", on: page)
            #expect(response.headers[.location] == "\(redirectURI)?error=access_denied")
        }
    }

    @Test(arguments: [
        ("https://app.example.com/callback", 200), ("http://localhost:8080/", 200),
        ("https://app.example.com/callback/", 400), ("https://app.example.com/callback?a=b", 400),
        ("http://localhost:8081/", 400), ("http://127.0.0.1/", 400),
    ])
    func acceptsOnlyRegisteredURIsForAWebClient(redirectURI: String, status: Int) async throws {
        let configuration = EmulatorConfiguration(
            redirectURIs: ["https://app.example.com/callback", "http://localhost:8080/"])
        try await withClient(configuration) { client in
            let page = try await client.authorize(["redirect_uri": redirectURI])
            #expect(page.status == status)
        }
    }

    @Test func percentEncodesTheCodeInTheRedirect() async throws {
        try await withClient { client in
            let page = try await client.authorize([
                "redirect_uri": "http://localhost:1/callback?tab=1&x", "state": "a&b=c d/é",
                "scope": "\(Scope.bigQuery) openid",
            ])
            let response = try await client.decide("allow", on: page)
            #expect(response.status == 302)
            let location = try #require(response.headers[.location])
            let start =
                "http://localhost:1/callback?tab=1&x&state=a%26b%3Dc%20d%2F%C3%A9&code=4%2F0A%2B"
            let end = "%3D&scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fbigquery%20openid"
            #expect(location.hasPrefix(start) && location.hasSuffix(end), "\(location)")
            #expect(client.emulator.server.counters.consents == 1)
        }
    }

    @Test func redirectsWithAccessDenied() async throws {
        try await withClient { client in
            let response = try await client.decide("deny", on: client.authorize())
            #expect(response.status == 302)
            #expect(response.redirectItems == ["state": "some state", "error": "access_denied"])
            #expect(client.emulator.server.counters.consents == 0)
        }
    }

    @Test(
        arguments: [
            ([Scope.drive], Scope.drive), ([Scope.drive, Scope.bigQuery], "\(Scope.bigQuery) \(Scope.drive)"),
            ([Scope.drive, "openid"], Scope.drive), (["openid"], nil), ([], nil),
        ] as [([String], String?)])
    func grantsRequestedAndSelectedScopes(ticked: [String], allowed: String?) async throws {
        try await withClient { client in
            let page = try await client.authorize(["scope": "\(Scope.bigQuery) \(Scope.drive)"])
            let items = try await client.decide("allow", on: page, scopes: ticked).redirectItems
            #expect(items["scope"] == allowed)
            #expect((items["code"] == nil) == (allowed == nil))
            #expect(items["error"] == (allowed == nil ? "access_denied" : nil))
        }
    }

    @Test(arguments: ["allow", "deny"])
    func acceptsOneDecision(decision: String) async throws {
        try await withClient { client in
            let page = try await client.authorize()
            #expect(try await client.decide(decision, on: page).status == 302)
            let again = try await client.decide("allow", on: page)
            #expect(again.status == 400)
            #expect(again.text.contains("Error 400: invalid_request"))
        }
    }
}
