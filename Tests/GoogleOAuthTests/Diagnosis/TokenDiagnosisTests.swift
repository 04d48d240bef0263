import Foundation
import GoogleHTTP
import TestSupport
import Testing

@testable import GoogleOAuth

@Suite struct TokenDiagnosisTests {
    private static let scope = "https://www.googleapis.com/auth/bigquery"
    private static let info = ScriptedTransport.Reply.answer(
        200,
        #"{"azp":"fake-client","aud":"fake-client","scope":"\#(scope)","exp":"1","expires_in":"3590","email":"me@example.com"}"#
    )

    private func diagnosis(_ replies: [ScriptedTransport.Reply]) async throws -> (TokenDiagnosis, ScriptedTransport) {
        let transport = ScriptedTransport(replies)
        let clock = ManualClock()
        let provider = try Fake.credential().tokenProvider(TokenContext(transport: transport, clock: clock))
        var diagnosis = TokenDiagnosis(clock: clock)
        let credential = try Fake.credential()
        try await diagnosis.testToken(
            provider, of: .authorizedUser(credential), from: credential.tokenEndpoint, transport: transport)
        return (diagnosis, transport)
    }

    private func details(_ diagnosis: TokenDiagnosis) -> [String] {
        // The errors have tests of their own.
        diagnosis.steps.map { "\($0.name): \((try? $0.result.get()) ?? "failed")" }
    }

    @Test func describesTheToken() async throws {
        let (diagnosis, transport) = try await diagnosis([Fake.token("fake-access", scope: Self.scope), Self.info])
        #expect(diagnosis.failure == nil)
        #expect(
            details(diagnosis) == [
                "refresh: 127.0.0.1 sent an access token, valid for 3599 s",
                "token: scopes \(Self.scope), issued to fake-client, account me@example.com, 3590 s left",
                "scope: \(Self.scope) suffices",
            ]
        )
        let asked = try #require(transport.requests.last)
        #expect(asked.url == "http://127.0.0.1:1/tokeninfo")
        #expect(asked.method == .post)
        #expect(asked.bodyText == "access_token=fake-access")
    }

    @Test(
        arguments: [
            .answer(500), .answer(404, "<html>"), .answer(200, "{}"), .answer(400, #"{"error":"invalid_token"}"#),
            .failure(HTTPError(code: .connectionLost, message: "reset")),
        ] as [ScriptedTransport.Reply])
    func unreadableTokenInformationIsAWarning(reply: ScriptedTransport.Reply) async throws {
        let (known, _) = try await diagnosis([Fake.token("a", scope: Self.scope), reply])
        #expect(known.failure == nil)
        #expect(details(known)[1].hasPrefix("token: warning:"))
        #expect(details(known)[2].hasSuffix("suffices"))
        let (unknown, _) = try await diagnosis([Fake.token("a"), reply])
        #expect(unknown.failure == nil)
        #expect(details(unknown)[2].hasPrefix("scope: warning:"))
    }

    @Test(arguments: ["openid", "https://www.googleapis.com/auth/drive.readonly", ""])
    func aTokenWithoutAScopeForBigQueryFails(scope: String) async throws {
        let (diagnosis, _) = try await diagnosis([Fake.token("a", scope: scope), .answer(500)])
        #expect((diagnosis.failure as? OAuthError)?.code == .missingScope)
        #expect(diagnosis.steps.map(\.name) == ["refresh", "token", "scope"])
    }

    @Test func stopsAtTheFirstFailure() async throws {
        let (diagnosis, transport) = try await diagnosis([
            .answer(401, #"{"error":"invalid_client","error_description":"The OAuth client was not found."}"#),
            Self.info,
        ])
        #expect((diagnosis.failure as? OAuthError)?.code == .wrongClientID)
        #expect(diagnosis.steps.map(\.name) == ["refresh"])
        #expect(transport.unusedReplies == 1)
    }

    /// A credential without a refresh token.
    @Test func testsATokenWithoutARefreshToken() async throws {
        let transport = ScriptedTransport([Self.info])
        let tokens = RenewingTokenProvider { TokenResponse(accessToken: AccessToken(Secret("fake-printed"))) }
        var diagnosis = TokenDiagnosis(clock: ManualClock())
        try await diagnosis.testToken(
            tokens, of: .command(TokenCommand("true")), from: try Fake.credential().tokenEndpoint, transport: transport)
        #expect(diagnosis.failure == nil)
        #expect(diagnosis.steps.map(\.name) == ["fetch", "token", "scope"])
        #expect(details(diagnosis)[0].contains("token command has no refresh token"))
    }

    @Test func reportsAndTimesSteps() async throws {
        let clock = ManualClock()
        let (steps, continuation) = AsyncStream<TokenDiagnosis.Step>.makeStream()
        var diagnosis = TokenDiagnosis(clock: clock) { continuation.yield($0) }
        _ = try await diagnosis.step("slow") {
            clock.advance(by: .seconds(3))
            return ((), "done")
        }
        continuation.finish()
        var told: [TokenDiagnosis.Step] = []
        for await step in steps { told.append(step) }
        #expect(told.map(\.name) == ["slow"])
        #expect(told.map(\.duration) == [.seconds(3)])
    }
}
