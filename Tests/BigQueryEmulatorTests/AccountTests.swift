import Foundation
import HTTPTypes
import Testing

@testable import BigQueryEmulator

/// Token services for service accounts, machines and workloads, with Google's error texts.
@Suite struct AccountTests {
    private static let email = "emulator@local-project.iam.gserviceaccount.com"
    private static let jwtGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer"

    /// Valid claims, with changes.
    private static func claims(_ changes: [String: JSON?] = [:]) -> JSONObject {
        let now = Int64(Date().timeIntervalSince1970)
        var claims: JSONObject = [
            "iss": .string(email), "aud": "http://127.0.0.1:0/token", "scope": .string(Scope.bigQuery),
            "iat": .number("\(now)"), "exp": .number("\(now + 3600)"),
        ]
        for (name, value) in changes { claims[name] = value }
        return claims
    }

    private func exchange(_ client: APIClient, _ assertion: String?) async throws -> APIClient.Response {
        var fields = "grant_type=\(Self.jwtGrant.replacing(":", with: "%3A"))"
        if let assertion { fields += "&assertion=\(assertion)" }
        return try await client.send(.post, "/token", body: fields)
    }

    @Test func exchangesAnAssertionForAToken() async throws {
        let key = try #require(SigningKey.shared)
        try await withClient { client in
            let response = try await exchange(client, try key.sign(Self.claims())).json()
            #expect(response.members.map(\.name) == ["access_token", "expires_in", "token_type"])
            #expect(try await client.callAPI(with: response.string("access_token")).status == 200)
        }
    }

    @Test func rejectsInvalidAssertions() async throws {
        let key = try #require(SigningKey.shared)
        let now = Int64(Date().timeIntervalSince1970)
        let lifetime = "Invalid JWT: Token must be a short-lived token"
        let cases: [([String: JSON?], String)] = [
            (["iss": "other@example.com"], "Invalid grant: account not found"), (["iss": nil], "account not found"),
            (["aud": "https://example.com/token"], "Failed audience check"), (["aud": nil], "audience"),
            (["exp": .number("\(now - 1)"), "iat": .number("\(now - 3600)")], lifetime), (["exp": nil], lifetime),
            (["exp": .number("\(now + 3700)")], lifetime), (["iat": nil], lifetime),
            (["iat": .number("\(now + 600)"), "exp": .number("\(now + 3600)")], lifetime),
            (["scope": nil], "Invalid OAuth scope"), (["scope": "bigquery"], "Invalid OAuth scope"),
        ]
        try await withClient { client in
            for (changes, mention) in cases {
                let response = try await exchange(client, try key.sign(Self.claims(changes)))
                #expect(response.status == 400)
                let error = try response.oauthError()
                #expect(error.contains(mention), "\(error)")
            }
            let good = try key.sign(Self.claims())
            let parts = good.split(separator: ".")
            let none = Data(#"{"alg":"none"}"#.utf8).base64URLEncoded
            for bad in [
                "\(parts[0]).\(parts[1]).\(parts[1])", "\(none).\(parts[1]).\(parts[2])", "\(none).\(parts[1]).",
                "\(parts[0]).\(Data(Self.claims(["scope": "x"]).indented).base64URLEncoded).\(parts[2])",
            ] {
                #expect(try await exchange(client, bad).oauthError() == "400 invalid_grant: Invalid JWT Signature.")
            }
            #expect(
                try await exchange(client, nil).oauthError()
                    == "400 invalid_request: Missing required parameter: assertion")
            #expect(try await exchange(client, "a.b").status == 400)
        }
    }

    @Test(arguments: [
        "/computeMetadata/v1/instance/service-accounts/default/token", "/computeMetadata/v1/project/project-id", "/",
    ])
    func metadataServersRequireTheirHeader(path: String) async throws {
        let flavor = try #require(HTTPField.Name("Metadata-Flavor"))
        let forwarded = try #require(HTTPField.Name("X-Forwarded-For"))
        try await withClient { client in
            let rejected = path == "/" ? 404 : 403
            #expect(try await client.send(.get, path).status == rejected)
            let proxied = try await client.send(.get, path, headers: [flavor: "Google", forwarded: "1.2.3.4"])
            #expect(proxied.status == rejected)
            let response = try await client.send(.get, path, headers: [flavor: "Google"])
            #expect(response.status == 200)
            #expect(response.headers[flavor] == "Google")
        }
    }
}
