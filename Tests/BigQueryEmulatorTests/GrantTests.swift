import Foundation
import HTTPTypes
import Testing

@testable import BigQueryEmulator

@Suite struct RefreshTests {
    @Test func keepsTheGrantedScopes() async throws {
        try await withClient(EmulatorConfiguration(scopes: ["openid", Scope.drive])) { client in
            let configured = try await client.refresh("emulator-refresh-token").json()
            #expect(configured.string("scope") == "openid \(Scope.drive)")
            let refreshToken = try await client.login().string("refresh_token")
            #expect(try await client.refresh(refreshToken).json().string("scope") == Scope.bigQuery)
        }
    }

    @Test func rejectsAnExpiredToken() async throws {
        try await withClient(EmulatorConfiguration(refreshTokenLifetime: .zero)) { client in
            for token in try await ["emulator-refresh-token", client.login().string("refresh_token")] {
                let error = try await client.refresh(token).oauthError()
                #expect(error == "400 invalid_grant: Token has been expired or revoked.")
            }
        }
    }

    @Test func keepsTheRefreshTokenByDefault() async throws {
        try await withClient { client in
            for _ in 1...2 {
                let response = try await client.refresh("emulator-refresh-token")
                #expect(response.status == 200)
                #expect(try response.json()["refresh_token"] == nil)
            }
        }
    }

    @Test func rotatesTheRefreshTokenIfConfigured() async throws {
        let configuration = EmulatorConfiguration(refreshTokenLifetime: .seconds(3600), rotatesRefreshTokens: true)
        try await withClient(configuration) { client in
            var token: String? = "emulator-refresh-token"
            for _ in 1...3 {
                let response = try await client.refresh(token).json()
                #expect(response["refresh_token_expires_in"] == 3600)
                let error = try await client.refresh(token).oauthError()
                #expect(error == "400 invalid_grant: Token has been expired or revoked.")
                token = response.string("refresh_token")
            }
        }
    }
}

@Suite struct RevocationTests {
    @Test(arguments: ["access_token", "refresh_token"])
    func revokesAGrantByAnyOfItsTokens(name: String) async throws {
        try await withClient(EmulatorConfiguration()) { client in
            let tokens = try await client.login()
            let response = try await client.revoke(tokens.string(name))
            #expect(response.status == 200)
            #expect(response.text == "{}")
            #expect(try await client.callAPI(with: tokens.string("access_token")).status == 401)
            let error = try await client.refresh(tokens.string("refresh_token")).oauthError()
            #expect(error == "400 invalid_grant: Token has been expired or revoked.")
            #expect(try await client.revoke(tokens.string(name)).status == 400)
            #expect(try await client.refresh("emulator-refresh-token").status == 200)
            #expect(client.emulator.server.counters.revocations == 1)
        }
    }

    @Test func revokesTheConfiguredGrant() async throws {
        try await withClient { client in
            let response = try await client.revoke("emulator-refresh-token")
            #expect(response.status == 200)
            #expect(try await client.refresh("emulator-refresh-token").status == 400)
        }
    }

    @Test(
        arguments: [
            ("nonsense", "400 invalid_token: Token expired or revoked"),
            (nil, "400 invalid_request: Missing required parameter: token"),
        ] as [(String?, String)])
    func rejectsInvalidTokens(token: String?, expectedError: String) async throws {
        try await withClient { client in
            let response = try await client.revoke(token)
            #expect(try response.oauthError() == expectedError)
            #expect(client.emulator.server.counters.revocations == 0)
        }
    }

    @Test func rejectsExpiredTokens() async throws {
        let configuration = EmulatorConfiguration(accessTokenLifetime: .zero, refreshTokenLifetime: .zero)
        try await withClient(configuration) { client in
            let tokens = try await client.login()
            for name in ["access_token", "refresh_token"] {
                let error = try await client.revoke(tokens.string(name)).oauthError()
                #expect(error == "400 invalid_token: Token expired or revoked")
            }
        }
    }
}

@Suite struct TokenInfoTests {
    @Test(arguments: [HTTPRequest.Method.get, .post])
    func describesAnAccessToken(method: HTTPRequest.Method) async throws {
        try await withClient(EmulatorConfiguration(accessTokenLifetime: .seconds(1000))) { client in
            let start = Date().timeIntervalSince1970
            let token = try await client.refresh("emulator-refresh-token").json().string("access_token")
            let info = try await client.tokenInfo(token, method).json()
            #expect(info.members.map(\.name) == ["azp", "aud", "scope", "exp", "expires_in", "access_type"])
            #expect(info["azp"] == "emulator-client.apps.example.com")
            #expect(info["aud"] == "emulator-client.apps.example.com")
            #expect(info.string("scope") == Scope.bigQuery)
            #expect(info["access_type"] == "offline")
            let remaining = try #require(info.string("expires_in").flatMap(Double.init))
            #expect((0...1000).contains(remaining))
            let expiry = try #require(info.string("exp").flatMap(Double.init))
            // Rounded to seconds, and the request itself takes time.
            #expect((start + 998...Date().timeIntervalSince1970 + 1001).contains(expiry))
        }
    }

    @Test(arguments: [
        ("email", true), ("openid", true), ("https://www.googleapis.com/auth/userinfo.email", true),
        (Scope.drive, false),
    ])
    func includesTheEmailAddressIfGranted(scope: String, includesAddress: Bool) async throws {
        try await withClient(EmulatorConfiguration(account: "ada@example.com")) { client in
            let token = try await client.login(["scope": "\(Scope.bigQuery) \(scope)"]).string("access_token")
            let info = try await client.tokenInfo(token).json()
            #expect(info["email"] == (includesAddress ? "ada@example.com" : nil))
            #expect(info["email_verified"] == (includesAddress ? "true" : nil))
        }
    }

    @Test(
        arguments: [("offline", "offline"), ("online", "online"), (nil, "online")] as [(String?, JSON)])
    func reportsTheAccessType(requested: String?, reported: JSON) async throws {
        try await withClient { client in
            let token = try await client.login(["access_type": requested]).string("access_token")
            #expect(try await client.tokenInfo(token).json()["access_type"] == reported)
        }
    }

    @Test(
        arguments: [
            ("nonsense", "400 invalid_token: Invalid Value"),
            ("emulator-refresh-token", "400 invalid_token: Invalid Value"),
            (nil, "400 invalid_token: Either access_token, id_token, or token_handle required"),
        ] as [(String?, String)])
    func rejectsInvalidAccessTokens(token: String?, expectedError: String) async throws {
        try await withClient { client in
            let response = try await client.tokenInfo(token)
            #expect(try response.oauthError() == expectedError)
        }
    }

    @Test func rejectsAnExpiredToken() async throws {
        try await withClient(EmulatorConfiguration(accessTokenLifetime: .zero)) { client in
            let token = try await client.login().string("access_token")
            #expect(try await client.tokenInfo(token).oauthError() == "400 invalid_token: Invalid Value")
        }
    }
}
