import HTTPTypes
import Testing

@testable import BigQueryEmulator

@Suite struct CodeExchangeTests {
    // RFC 7636, appendix B.
    static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    @Test func issuesWorkingTokens() async throws {
        try await withClient(EmulatorConfiguration()) { client in
            let tokens = try await client.login()
            #expect(
                tokens.members.map(\.name) == ["access_token", "expires_in", "refresh_token", "scope", "token_type"])
            #expect(tokens["expires_in"] == 3599)
            #expect(tokens.string("scope") == Scope.bigQuery)
            #expect(tokens["token_type"] == "Bearer")
            #expect(try await client.callAPI(with: tokens.string("access_token")).status == 200)
            #expect(try await client.refresh(tokens.string("refresh_token")).status == 200)
            #expect(client.emulator.server.counters.tokenRequests == 2)
        }
    }

    @Test(
        arguments: [
            (["access_type": "offline"], false, true), (["access_type": "offline"], true, false),
            (["access_type": "offline", "prompt": "consent"], true, true),
            (["access_type": "offline", "prompt": "select_account consent"], true, true),
            (["access_type": "offline", "prompt": "select_account"], true, false),
            (["access_type": "online", "prompt": "consent"], false, false),
            (["access_type": nil, "prompt": "consent"], false, false),
        ] as [(APIClient.Changes, Bool, Bool)])
    func issuesARefreshTokenOnFirstOrForcedConsent(
        changes: APIClient.Changes, hasConsented: Bool, issuesRefreshToken: Bool
    ) async throws {
        try await withClient { client in
            if hasConsented { _ = try await client.login() }
            let tokens = try await client.login(changes)
            #expect((tokens["refresh_token"] != nil) == issuesRefreshToken)
        }
    }

    @Test func treatsConsentAfterRevocationAsFirst() async throws {
        try await withClient { client in
            let token = try await client.login().string("access_token")
            #expect(try await client.revoke(token).status == 200)
            #expect(try await client.login()["refresh_token"] != nil)
        }
    }

    @Test func reportsTheRefreshTokenLifetime() async throws {
        try await withClient(EmulatorConfiguration(refreshTokenLifetime: .seconds(604_799))) { client in
            let tokens = try await client.login()
            #expect(tokens["refresh_token_expires_in"] == 604_799)
            let refreshed = try await client.refresh(tokens.string("refresh_token")).json()
            #expect(refreshed["refresh_token_expires_in"] == nil)
            #expect(try await client.login(["access_type": nil])["refresh_token_expires_in"] == nil)
        }
    }

    @Test(
        arguments: [
            ("code", nil, "400 invalid_request: Missing required parameter: code"),
            ("code", "4/0A+nonsense=", "400 invalid_grant: Malformed auth code."),
            ("redirect_uri", nil, "400 invalid_request: Missing required parameter: redirect_uri"),
            ("redirect_uri", "http://127.0.0.1:8081/callback", "400 redirect_uri_mismatch: Bad Request"),
            ("code_verifier", nil, "400 invalid_grant: Missing code verifier."),
            ("code_verifier", challenge, "400 invalid_grant: Invalid code verifier."),
            ("client_id", "other", "401 invalid_client: The OAuth client was not found."),
            ("client_secret", "wrong", "401 invalid_client: The provided client secret is invalid."),
        ] as [(String, String?, String)])
    func rejectsWithGooglesErrors(field: String, value: String?, expectedError: String) async throws {
        try await withClient { client in
            let code = try await client.code(["code_challenge": Self.challenge, "code_challenge_method": "S256"])
            var changes: APIClient.Changes = ["code_verifier": Self.verifier]
            changes[field] = .some(value)
            let response = try await client.exchange(code, changes)
            #expect(try response.oauthError() == expectedError)
        }
    }

    @Test(
        arguments: [
            (challenge, "S256", verifier, true), (challenge, "S256", challenge, false),
            (verifier, "plain", verifier, true), (verifier, nil, verifier, true), (challenge, "plain", verifier, false),
        ] as [(String, String?, String, Bool)])
    func verifiesCodeChallenges(challenge: String, method: String?, verifier: String, isRight: Bool) async throws {
        try await withClient { client in
            let code = try await client.code(["code_challenge": challenge, "code_challenge_method": method])
            #expect(try await client.exchange(code, ["code_verifier": verifier]).status == (isRight ? 200 : 400))
        }
    }

    @Test func acceptsACodeOnce() async throws {
        try await withClient { client in
            let code = try await client.code()
            #expect(try await client.exchange(code).status == 200)
            #expect(try await client.exchange(code).oauthError() == "400 invalid_grant: Bad Request")
        }
    }

    @Test func failedExchangeInvalidatesTheCode() async throws {
        try await withClient { client in
            let code = try await client.code()
            #expect(try await client.exchange(code, ["redirect_uri": "http://127.0.0.1/"]).status == 400)
            #expect(try await client.exchange(code).oauthError() == "400 invalid_grant: Bad Request")
        }
    }

    @Test func rejectsAnExpiredCode() async throws {
        #expect(EmulatorConfiguration().codeLifetime == .seconds(600))
        try await withClient(EmulatorConfiguration(codeLifetime: .zero)) { client in
            let response = try await client.exchange(client.code())
            #expect(try response.oauthError() == "400 invalid_grant: Bad Request")
        }
    }
}
