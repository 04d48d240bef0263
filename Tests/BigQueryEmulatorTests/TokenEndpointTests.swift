import HTTPTypes
import Testing

@testable import BigQueryEmulator

@Suite struct TokenEndpointTests {
    static let goodForm = [
        "grant_type": "refresh_token", "client_id": "emulator-client.apps.example.com",
        "client_secret": "emulator-client-secret", "refresh_token": "emulator-refresh-token",
    ]

    static func encoded(_ form: [String: String]) -> String {
        form.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
    }

    @Test func issuesANewTokenForEveryRefresh() async throws {
        try await withClient(EmulatorConfiguration()) { client in
            let form = Self.encoded(Self.goodForm)
            let first = try await client.send(.post, "/token", body: form).json()
            let second = try await client.send(.post, "/token", body: form).json()
            #expect(first.members.map(\.name) == ["access_token", "expires_in", "scope", "token_type"])
            #expect(first["expires_in"] == 3599)
            #expect(first["token_type"] == "Bearer")
            #expect(first["access_token"] != second["access_token"])
            #expect(client.emulator.server.counters.tokenRequests == 2)
        }
    }

    @Test(
        arguments: [
            ("grant_type", nil, 400, "invalid_request", "Required parameter is missing: grant_type"),
            ("grant_type", "password", 400, "unsupported_grant_type", "Invalid grant_type: password"),
            ("client_id", nil, 400, "invalid_request", "Could not determine client ID from request."),
            ("client_id", "other", 401, "invalid_client", "The OAuth client was not found."),
            ("client_secret", nil, 400, "invalid_request", "client_secret is missing."),
            ("client_secret", "wrong", 401, "invalid_client", "The provided client secret is invalid."),
            ("refresh_token", nil, 400, "invalid_request", "Missing required parameter: refresh_token"),
            ("refresh_token", "other", 400, "invalid_grant", "Bad Request"),
        ] as [(String, String?, Int, String, String)])
    func rejectsWithGooglesErrors(
        field: String, value: String?, status: Int, error: String, description: String
    ) async throws {
        try await withClient { client in
            var form = Self.goodForm
            form[field] = value
            let response = try await client.send(.post, "/token", body: Self.encoded(form))
            #expect(response.status == status)
            #expect(try response.json() == ["error": .string(error), "error_description": .string(description)])
        }
    }

    @Test func decodesPercentEscapesAndPlusSigns() async throws {
        let configuration = EmulatorConfiguration(refreshToken: "1//a b+c")
        try await withClient(configuration) { client in
            var form = Self.goodForm
            form["refresh_token"] = "1%2F%2Fa+b%2Bc"
            let response = try await client.send(.post, "/token", body: Self.encoded(form))
            #expect(response.status == 200)
        }
    }

    @Test func acceptsFormsInTheBodyOnly() async throws {
        try await withClient { client in
            let form = Self.encoded(Self.goodForm)
            let responses = try await [client.send(.get, "/token?\(form)"), client.send(.post, "/token?\(form)")]
            #expect(responses.map(\.status) == [404, 400])
        }
    }
}

@Suite struct AuthorizationTests {
    private func token(_ client: APIClient) async throws -> String {
        let form = TokenEndpointTests.encoded(TokenEndpointTests.goodForm)
        return try await client.send(.post, "/token", body: form).json().string("access_token") ?? ""
    }

    @Test func acceptsANewToken() async throws {
        try await withClient(EmulatorConfiguration()) { client in
            let header = "Bearer \(try await token(client))"
            #expect(try await client.send(.get, "datasets/bench", headers: [.authorization: header]).status == 200)
        }
    }

    @Test(
        arguments: [
            (nil, "required"), ("Bearer nonsense", "authError"), ("Bearer", "authError"), ("Basic TOKEN", "authError"),
        ] as [(String?, String)])
    func rejectsInvalidAuthorization(header: String?, reason: String) async throws {
        try await withClient(EmulatorConfiguration()) { client in
            let header = try await header?.replacing("TOKEN", with: token(client))
            let response = try await client.send(
                .get, "datasets/bench", headers: header.map { [.authorization: $0] } ?? [:])
            let error = try response.json()
            #expect(response.status == 401)
            #expect(response.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
            #expect(error.string("error.errors.0.reason") == reason)
            #expect(error.string("error.errors.0.location") == "Authorization")
            #expect(error.string("error.status") == "UNAUTHENTICATED")
            #expect(error.at("error.code") == 401)
        }
    }

    @Test func rejectsAnExpiredToken() async throws {
        try await withClient(EmulatorConfiguration(accessTokenLifetime: .zero)) { client in
            let header = "Bearer \(try await token(client))"
            #expect(try await client.send(.get, "datasets/bench", headers: [.authorization: header]).status == 401)
        }
    }
}
