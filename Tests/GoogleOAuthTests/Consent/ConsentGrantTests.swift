import Foundation
import GoogleHTTP
import TestSupport
import Testing

@testable import GoogleOAuth

@Suite struct ConsentGrantTests {
    private func exchange(_ replies: [ScriptedTransport.Reply], scopes: [String] = ["bigquery"]) async throws
        -> (ConsentGrant, HTTPRequest)
    {
        let transport = ScriptedTransport(replies)
        let request = try ConsentRequest(
            client: Fake.client(), redirectURI: "http://127.0.0.1:8085", scopes: scopes, state: "the-state",
            proofKey: ProofKey(verifier: Secret("fake-verifier"))
        )
        let grant = try await request.exchange(
            Secret("4/0Afake+code"), TokenContext(transport: transport, clock: ManualClock()))
        return (grant, try #require(transport.requests.last))
    }

    private static let scope = "https://www.googleapis.com/auth/bigquery"

    @Test func sendsCodeAndVerifierInAForm() async throws {
        let reply = Fake.token("fake-access", refreshToken: "1//fake-new", scope: Self.scope)
        let (grant, request) = try await exchange([reply])
        #expect(request.method == .post)
        #expect(request.url == "http://127.0.0.1:1/token")
        #expect(
            request.bodyText
                == "grant_type=authorization_code&code=4%2F0Afake%2Bcode&client_id=fake-client&client_secret=fake-secret"
                + "&redirect_uri=http%3A%2F%2F127.0.0.1%3A8085&code_verifier=fake-verifier"
        )
        #expect(grant.credential.refreshToken.reveal() == "1//fake-new")
        #expect(grant.scopes == [Self.scope])
        #expect(grant.refreshTokenLifetime == nil)
    }

    @Test func recordsTheLifetimeOfTheRefreshToken() async throws {
        let reply = Fake.token(
            "a", refreshToken: "1//fake", scope: Self.scope, more: #","refresh_token_expires_in":604800"#)
        let (grant, _) = try await exchange([reply])
        #expect(grant.refreshTokenLifetime == .seconds(604_800))
    }

    @Test func aResponseWithoutAScopeGrantsTheRequestedScopes() async throws {
        let (grant, _) = try await exchange([Fake.token("a", refreshToken: "1//fake")])
        #expect(grant.scopes == [Self.scope])
    }

    @Test(
        arguments: [
            (Fake.token("a", scope: "https://www.googleapis.com/auth/bigquery"), OAuthError.Code.noRefreshToken),
            (Fake.token("a", refreshToken: "1//fake", scope: "openid"), .missingScope),
            (.answer(400, #"{"error":"invalid_grant","error_description":"Bad Request"}"#), .codeRejected),
            (.answer(400, #"{"error":"redirect_uri_mismatch","error_description":"Bad Request"}"#), .redirectMismatch),
            (
                .answer(
                    401, #"{"error":"invalid_client","error_description":"The provided client secret is invalid."}"#),
                .wrongClientSecret
            ),
            (.answer(200, "<html>"), .unexpectedAnswer),
        ] as [(ScriptedTransport.Reply, OAuthError.Code)])
    func classifiesFailures(reply: ScriptedTransport.Reply, code: OAuthError.Code) async throws {
        let error = await #expect(throws: OAuthError.self) { try await exchange([reply]) }
        #expect(error?.code == code)
    }

    @Test func retriesWhileTheServiceIsUnavailable() async throws {
        let (grant, _) = try await exchange([
            .answer(503), .failure(HTTPError(code: .connectionLost, message: "reset")),
            Fake.token("a", refreshToken: "1//fake-late"),
        ])
        #expect(grant.credential.refreshToken.reveal() == "1//fake-late")
    }
}
