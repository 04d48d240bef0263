import HTTPTypes
import Testing

@testable import BigQueryEmulator

@Suite struct ScopeTests {
    @Test(arguments: [
        Scope.bigQuery, "https://www.googleapis.com/auth/bigquery.readonly",
        "https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/cloud-platform.read-only",
        "openid \(Scope.bigQuery)",
    ])
    func acceptsBigQueryScopes(scope: String) async throws {
        try await withClient(EmulatorConfiguration()) { client in
            let token = try await client.login(["scope": scope]).string("access_token")
            #expect(try await client.callAPI(with: token).status == 200)
        }
    }

    @Test(arguments: [Scope.drive, "openid email", "\(Scope.bigQuery).insertdata"])
    func rejectsOtherScopes(scope: String) async throws {
        try await withClient(EmulatorConfiguration()) { client in
            let token = try await client.login(["scope": scope]).string("access_token")
            let response = try await client.callAPI(with: token)
            #expect(response.status == 403)
            let expected: JSONObject = [
                "error": [
                    "code": 403, "message": "Request had insufficient authentication scopes.",
                    "errors": [
                        [
                            "message": "Insufficient Permission", "domain": "global",
                            "reason": "insufficientPermissions",
                        ]
                    ],
                    "status": "PERMISSION_DENIED",
                    "details": [
                        [
                            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                            "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "domain": "googleapis.com",
                            "metadata": ["service": "bigquery.googleapis.com"],
                        ]
                    ],
                ]
            ]
            #expect(try response.json() == expected)
        }
    }
}
