import HTTPTypes
import Testing

@testable import BigQueryEmulator

@Suite struct TokenFailureTests {
    private static let cases: [(EmulatorFailure, String, subtype: JSON?)] = [
        (.expiredOrRevoked, "400 invalid_grant: Token has been expired or revoked.", nil),
        (.invalidRapt, "400 invalid_grant: reauth related error (invalid_rapt)", "invalid_rapt"),
        (.raptRequired, "400 invalid_grant: reauth related error (rapt_required)", "rapt_required"),
        (.deletedClient, "401 deleted_client: The OAuth client was deleted.", nil),
        (.disabledClient, "401 disabled_client: The OAuth client was disabled.", nil),
        (.unauthorizedClient, "401 unauthorized_client: Unauthorized", nil),
        (
            .adminPolicyEnforced,
            "400 admin_policy_enforced: Access to your account data is restricted by policies.", nil
        ),
    ]

    @Test(arguments: cases)
    func failsForEveryGrantType(failure: EmulatorFailure, expectedError: String, subtype: JSON?) async throws {
        try await withClient(EmulatorConfiguration(failure: failure)) { client in
            for response in try await [client.refresh("emulator-refresh-token"), client.exchange(client.code())] {
                #expect(try response.oauthError() == expectedError)
                #expect(try response.json()["error_subtype"] == subtype)
            }
        }
    }

    @Test func respondsWithHTML() async throws {
        try await withClient(EmulatorConfiguration(failure: .tokenServerError)) { client in
            let response = try await client.refresh("emulator-refresh-token")
            #expect(response.status == 503)
            #expect(response.headers[.contentType]?.hasPrefix("text/html") == true)
            #expect(throws: JSONError.self) { try response.json() }
            #expect(client.emulator.server.counters.tokenRequests == 1)
        }
    }

    @Test func omitsTheRefreshToken() async throws {
        try await withClient(EmulatorConfiguration(failure: .noRefreshToken)) { client in
            let tokens = try await client.login(["prompt": "consent"])
            #expect(tokens["refresh_token"] == nil)
            #expect(try await client.callAPI(with: tokens.string("access_token")).status == 200)
        }
    }

    @Test func failsTokenInformation() async throws {
        try await withClient(EmulatorConfiguration(failure: .noTokenInfo)) { client in
            let token = try await client.login().string("access_token")
            #expect(try await client.tokenInfo(token).status == 500)
        }
    }
}

@Suite struct APIFailureTests {
    private static let query: JSONObject = ["query": "SELECT 1", "useLegacySql": false]

    /// Runs a query with jobs.insert and with jobs.query, and returns the errors.
    private func run(dryRun: Bool, with client: APIClient) async throws -> [JSON?] {
        var body = Self.query
        body["dryRun"] = .bool(dryRun)
        return try await [
            client.insert("SELECT 1", dryRun: dryRun)["error"], client.post("queries", .object(body))["error"],
        ]
    }

    @Test(
        arguments: [
            (.get, "/bigquery/v2/projects"), (.get, "datasets"), (.get, "datasets/bench"),
            (.get, "datasets/bench/tables/trips_1"), (.get, "datasets/bench/tables/trips_1/data"), (.post, "jobs"),
            (.get, "jobs/a"), (.post, "jobs/a/cancel"), (.post, "queries"), (.get, "queries/a"),
        ] as [(HTTPRequest.Method, String)])
    func rejectsAllMethodsIfTheAPIIsDisabled(method: HTTPRequest.Method, path: String) async throws {
        let configuration = EmulatorConfiguration(requiresAuthorization: false, failure: .apiDisabled)
        try await withClient(configuration) { client in
            let response = try await client.send(method, path)
            let error = try response.json()
            #expect(response.status == 403)
            #expect(error.string("error.status") == "PERMISSION_DENIED")
            #expect(error.string("error.errors.0.reason") == "accessNotConfigured")
            #expect(
                error.string("error.message")?.hasPrefix(
                    "BigQuery API has not been used in project 123456789012 before or it is disabled. Enable it by "
                        + "visiting https://console.developers.google.com/apis/api/bigquery.googleapis.com/overview"
                        + "?project=123456789012 then retry. ") == true)
            #expect(error.string("error.details.0.reason") == "SERVICE_DISABLED")
        }
    }

    @Test(arguments: [false, true])
    func rejectsJobsWithoutPermission(dryRun: Bool) async throws {
        let configuration = EmulatorConfiguration(requiresAuthorization: false, failure: .noPermission)
        try await withClient(configuration) { client in
            for error in try await run(dryRun: dryRun, with: client) {
                #expect(error?.object?["code"] == 403)
                #expect(error?.object?.string("errors.0.reason") == "accessDenied")
                #expect(
                    error?.object?.string("message")
                        == "Access Denied: Project local-project: User does not have bigquery.jobs.create permission "
                        + "in project local-project.")
            }
            #expect(try await client.send(.get, "datasets/bench").status == 200)
        }
    }

    @Test func allowsOnlyDryRunsWithoutBilling() async throws {
        let configuration = EmulatorConfiguration(requiresAuthorization: false, failure: .billingDisabled)
        try await withClient(configuration) { client in
            for error in try await run(dryRun: false, with: client) {
                #expect(error?.object?["code"] == 403)
                #expect(error?.object?.string("errors.0.reason") == "billingNotEnabled")
                #expect(
                    error?.object?.string("message")
                        == "Billing has not been enabled for this project. Enable billing at "
                        + "https://console.cloud.google.com/billing.")
            }
            #expect(try await run(dryRun: true, with: client) == [nil, nil])
            #expect(client.emulator.server.counters.jobs == 0)
        }
    }

    @Test(arguments: EmulatorFailure.allCases)
    func hasAKebabCaseName(failure: EmulatorFailure) {
        #expect(failure.rawValue.wholeMatch(of: /[a-z]+(-[a-z]+)+/) != nil)
    }
}
