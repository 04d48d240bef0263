import Foundation
import GoogleHTTP
import TestSupport
import Testing

@testable import GoogleOAuth

@Suite struct ConsentRequestTests {
    private func request(scopes: [String] = [ConsentRequest.bigQueryScope]) throws -> ConsentRequest {
        try ConsentRequest(
            client: Fake.client(), redirectURI: "http://127.0.0.1:8085", scopes: scopes, state: "the-state",
            proofKey: ProofKey(verifier: Secret("fake-verifier"))
        )
    }

    /// The example of RFC 7636, appendix B.
    @Test func theChallengeIsTheVerifiersHash() {
        let key = ProofKey(verifier: Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
        #expect(key.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    }

    @Test func verifiersAndStatesAreRandomAndNeedNoEncoding() throws {
        let verifiers = Set((0..<100).map { _ in ProofKey().verifier.reveal() })
        #expect(verifiers.count == 100)
        for verifier in verifiers {
            #expect(verifier.utf8.count == 43)
            #expect(percentEncoded(verifier) == verifier)
        }
        let states = try Set(
            (0..<100).map { _ in
                try ConsentRequest(client: Fake.client(), redirectURI: "http://127.0.0.1:1024").state
            })
        #expect(states.count == 100)
    }

    @Test func theSignInURLRequestsARefreshTokenWithoutASecret() throws {
        let url = try request(scopes: ["bigquery", "drive.readonly", "openid", "email"]).url
        let parts = try #require(URLComponents(string: url))
        let query = Dictionary((parts.queryItems ?? []).map { ($0.name, $0.value ?? "") }) { first, _ in first }
        #expect(url.hasPrefix("http://127.0.0.1:1/auth?"))
        #expect(
            query == [
                "client_id": "fake-client", "redirect_uri": "http://127.0.0.1:8085", "response_type": "code",
                "access_type": "offline", "prompt": "consent", "state": "the-state",
                "scope":
                    "https://www.googleapis.com/auth/bigquery https://www.googleapis.com/auth/drive.readonly openid email",
                "code_challenge": ProofKey(verifier: Secret("fake-verifier")).challenge,
                "code_challenge_method": "S256",
            ]
        )
        #expect(!url.contains("fake-verifier") && !url.contains("fake-secret"))
        #expect(url.contains("redirect_uri=http%3A%2F%2F127.0.0.1%3A8085"))
    }

    @Test(arguments: [
        "http://127.0.0.1:8085/?state=the-state&code=4/0Afake-code&scope=x",
        "http://127.0.0.1:8085/?state=the-state&code=4%2F0Afake-code&scope=x",
        "  'http://127.0.0.1:8085/?code=4%2F0Afake-code&state=the-state#fragment'\n",
        "<https://example.com/cb?x=1&state=the-state&code=4/0Afake-code>",
        "code=4/0Afake-code&state=the-state", "?state=the-state&code=4/0Afake-code",
        "4/0Afake-code", "4%2F0Afake-code", " 4/0Afake-code ",
    ])
    func acceptsPastedText(text: String) throws {
        #expect(try request().authorizationCode(fromPasted: text).reveal() == "4/0Afake-code")
    }

    @Test(arguments: [
        ("http://127.0.0.1:8085/?state=another&code=4/0Afake-code", OAuthError.Code.wrongState),
        ("http://127.0.0.1:8085/?code=4/0Afake-code", .wrongState),
        ("http://127.0.0.1:8085/?state=another&error=access_denied", .wrongState),
        ("http://127.0.0.1:8085/?state=the-state&error=access_denied", .accessDenied),
        ("http://127.0.0.1:8085/?state=the-state&error=admin_policy_enforced", .accessDenied),
        ("http://127.0.0.1:8085/?state=the-state&error=org_internal", .accessDenied),
        ("http://127.0.0.1:8085/?state=the-state&error=disallowed_useragent", .accessDenied),
        ("http://127.0.0.1:8085/?state=the-state&error=redirect_uri_mismatch", .redirectMismatch),
        ("http://127.0.0.1:8085/?state=the-state&error=invalid_client", .wrongClientID),
        ("http://127.0.0.1:8085/?state=the-state&error=deleted_client", .deletedClient),
        ("http://127.0.0.1:8085/?state=the-state&error=server_error", .serviceUnavailable),
        ("http://127.0.0.1:8085/?state=the-state&error=invalid_request", .requestRejected),
        ("http://127.0.0.1:8085/?state=the-state", .noCode),
        ("http://127.0.0.1:8085/?state=the-state&code=", .noCode),
        ("http://127.0.0.1:8085/?state=the-state&code=4/0Afake%0D%0AX-Evil:1", .noCode),
        ("http://127.0.0.1:8085/", .noCode), ("", .noCode), ("what?", .noCode),
        ("https://accounts.google.com/signin/oauth/error?authError=abc&client_id=x", .noCode), ("yes please", .noCode),
        ("http://127.0.0.1:1/auth?client_id=fake-client&state=the-state", .noCode),
    ])
    func rejectsTextWithoutACode(text: String, code: OAuthError.Code) throws {
        let request = try request()
        let error = #expect(throws: OAuthError.self) { try request.authorizationCode(fromPasted: text) }
        #expect(error?.code == code)
        #expect(error?.message.contains("0Afake") == false)
    }

    @Test(
        arguments: [
            (["bigquery"], "https://www.googleapis.com/auth/bigquery", []),
            (
                ["bigquery", "email"],
                "openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/bigquery", []
            ),
            (
                ["bigquery", "drive.readonly"], "https://www.googleapis.com/auth/bigquery",
                ["https://www.googleapis.com/auth/drive.readonly"]
            ),
            (
                ["bigquery"], "https://www.googleapis.com/auth/bigquery.readonly",
                ["https://www.googleapis.com/auth/bigquery"]
            ),
            (["bigquery"], "", ["https://www.googleapis.com/auth/bigquery"]),
        ] as [([String], String, [String])])
    func findsMissingScopes(asked: [String], granted: String, missing: [String]) throws {
        #expect(try request(scopes: asked).missingScopes(granted: scopeList(granted)) == missing)
    }

    @Test(arguments: [
        "", "nonsense", "ftp://127.0.0.1/", "http://example.com/cb", "https://example.com/#x", "http:///x",
        "http://127.0.0.1:65536/", "https://example.com:0/cb", "http://localhost:18446744073709551617",
    ])
    func rejectsInvalidRedirectURIs(uri: String) throws {
        let client = try Fake.client()
        let error = #expect(throws: OAuthError.self) { try ConsentRequest(client: client, redirectURI: uri) }
        #expect(error?.code == .redirectMismatch)
    }

    @Test func aWebClientAcceptsOnlyRegisteredRedirectURIs() throws {
        let client = try Fake.client(kind: .web, redirectURIs: ["https://example.com/cb", "http://localhost:8080/cb"])
        _ = try ConsentRequest(client: client, redirectURI: "https://example.com/cb")
        let error = #expect(throws: OAuthError.self) {
            try ConsentRequest(client: client, redirectURI: "https://example.com/cb/")
        }
        #expect(error?.detail == .registeredRedirectURIs(client.redirectURIs))
    }

    @Test(
        arguments: [
            ("http://127.0.0.1:8085", 8085), ("http://localhost:9000/cb", 9000), ("http://[::1]:9000/cb", nil),
            ("http://127.0.0.1", nil), ("http://127.0.0.1:80/", nil), ("https://127.0.0.1:8443/", nil),
            ("http://example.com:8080/", nil), ("nonsense", nil), ("http://127.0.0.1:65535", 65_535),
            ("http://127.0.0.1:65536", nil), ("http://localhost:18446744073709551617/cb", nil),
        ] as [(String, Int?)])
    func findsTheLoopbackPort(uri: String, port: Int?) {
        #expect(ConsentRequest.loopbackPort(ofRedirectURI: uri) == port)
    }

    @Test(
        arguments: [
            (
                #"{"installed":{"client_id":"a","client_secret":"fake","redirect_uris":["http://localhost"]}}"#, nil,
                "installed"
            ),
            (
                #"{"web":{"client_id":"a","client_secret":"fake","redirect_uris":["https://example.com/cb"]}}"#, nil,
                "web"
            ),
            (#"{"installed":{"client_id":"a"}}"#, .noClientSecret, "client secret"),
            (#"{"installed":{"client_secret":"hush"}}"#, .credentialsInvalid, "client ID"),
            (#"{"type":"authorized_user"}"#, .credentialsInvalid, "OAuth client"),
            ("[]", .credentialsInvalid, "OAuth client"),
            (
                #"{"web":{"client_id":"a","client_secret":"hush","token_uri":"https://evil.example/t"}}"#,
                .untrustedTokenURI, "token_uri"
            ),
            (
                #"{"web":{"client_id":"a","client_secret":"hush","auth_uri":"https://evil.example/a"}}"#,
                .untrustedTokenURI, "auth_uri"
            ),
            (
                #"{"web":{"client_id":"a","client_secret":"hush","client_id":"b"}}"#, .credentialsInvalid,
                "duplicate member client_id"
            ),
            (
                #"{"web":{"client_id":"a","client_secret":"hush"},"w\u0065b":{"client_id":"b","client_secret":"hush"}}"#,
                .credentialsInvalid, "duplicate member web"
            ),
        ] as [(String, OAuthError.Code?, String)])
    func readsAClientFile(text: String, code: OAuthError.Code?, mention: String) async throws {
        try await TemporaryFolder.with { folder in
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("client.json")))
            guard let code else {
                let client = try OAuthClient(contentsOfFile: folder.file("client.json"))
                #expect(client.kind.rawValue == mention)
                #expect(client.redirectURIs.count == 1)
                #expect(client.authorizationEndpoint.description == "https://accounts.google.com/o/oauth2/v2/auth")
                return
            }
            let error = #expect(throws: OAuthError.self) { try OAuthClient(contentsOfFile: folder.file("client.json")) }
            if code == .noClientSecret {
                let given = try OAuthClient(contentsOfFile: folder.file("client.json"), secret: Secret("fake-given"))
                #expect(given.secret.reveal() == "fake-given")
            }
            #expect(error?.code == code)
            #expect(error?.message.contains(mention) == true)
            #expect(error?.message.contains("hush") == false)
        }
    }
}
