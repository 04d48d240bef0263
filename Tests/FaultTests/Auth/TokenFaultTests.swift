import BigQuery
import BigQueryEmulator
import BigQueryPull
import Foundation
import GoogleHTTP
import GoogleOAuth
import TestSupport
import Testing

/// Token endpoints that reject, fail or respond oddly; tokens that expire.
@Suite struct TokenFaultTests {
    private static let token = "oauth2.token"
    private static let page = "bigquery.jobs.getQueryResults"

    private static func refusal(_ error: String, _ more: String = "", status: Int = 400) -> String {
        #"{"status": \#(status), "body": {"error": "\#(error)"\#(more)}}"#
    }

    @Test(
        .faults("A1", "A2", "A3", "A4", "A5"),
        arguments: [
            ("invalid_grant", #", "error_description": "Token has been expired or revoked.""#, 77, "Testing"),
            ("invalid_grant", #", "error_subtype": "invalid_rapt""#, 77, "log"),
            ("invalid_grant", #", "error_subtype": "rapt_required""#, 77, "log"),
            ("invalid_client", #", "error_description": "The OAuth client was not found.""#, 77, "client ID"),
            ("invalid_client", #", "error_description": "The provided client secret is invalid.""#, 77, "secret"),
            ("unauthorized_client", "", 77, "client"), ("deleted_client", "", 77, "client"),
            ("disabled_client", "", 77, "client"), ("invalid_scope", "", 78, ""),
            ("unsupported_grant_type", "", 78, ""), ("invalid_request", "", 78, ""), ("access_denied", "", 77, ""),
            ("admin_policy_enforced", "", 77, ""), ("org_internal", "", 77, ""),
        ] as [(String, String, Int32, String)])
    func explainsARejection(error: String, more: String, exitCode: Int32, hint: String) async throws {
        for status in [400, 401] {
            try await FaultyPull.with { pull in
                try await pull.forgetToken()
                let outcome = try await pull.expectStop(
                    [Self.token: [Self.refusal(error, more, status: status)]], exitCode: exitCode)
                #expect(hint.isEmpty || outcome.hint?.contains(hint) == true, "\(outcome.hint ?? "")")
                #expect(pull.waits.isEmpty)
            }
        }
    }

    @Test(
        .faults("A6", "A7"),
        arguments: [
            refusal("server_error"), refusal("temporarily_unavailable"), refusal("internal_failure"), "return-500",
            "return-502", "return-503", "return-504", "return-408", "return-429",
        ])
    func retriesAFailingServerThreeTimes(instruction: String) async throws {
        try await FaultyPull.with { pull in
            try await pull.forgetToken()
            try await pull.expectSurvival([Self.token: Array(repeating: instruction, count: 3)])
            #expect(pull.waits.count == 3)
        }
        try await FaultyPull.with { pull in
            try await pull.forgetToken()
            let outcome = try await pull.expectStop([Self.token: Array(repeating: instruction, count: 4)], exitCode: 69)
            #expect(outcome.message.contains("4 attempts"))
        }
    }

    @Test(
        .faults("A8"),
        arguments: [
            ("return-reset-connection", 69), ("return-broken-stream-after-half", 69), ("length-plus-7", 69),
            ("stall-for-60s-after-0B", 69), ("stall-for-60s-after-half", 69),
            ("return-html-200", 76), ("return-html-503", 69), ("return-empty-200", 76), ("return-garbage", 76),
            ("header-of-100K", 76), ("redirect-302-to-https://oauth2.googleapis.com/elsewhere", 76),
            ("gzip-bomb-10M", 76),
            ("gzip-bomb-10G", 65),
        ] as [(String, Int32)])
    func rejectsACorruptTokenResponse(instruction: String, exitCode: Int32) async throws {
        var limits = HTTPLimits()
        limits.idleTimeout = .milliseconds(300)
        try await FaultyPull.with(limits: limits) { pull in
            try await pull.forgetToken()
            try await pull.expectStop([Self.token: ["\(instruction) always"]], exitCode: exitCode)
        }
    }

    private static func answer(_ members: String) -> String {
        #"{"merge-patch": {\#(members)}}"#
    }

    @Test(
        .faults("A9", "A10"),
        arguments: [
            #""access_token": null"#, #""access_token": """#, #""access_token": 5"#,
            #""access_token": "fake\r\nX-Evil: 1""#, #""access_token": "fake token""#, #""access_token": "fäke""#,
            #""token_type": "MAC""#,
        ])
    func doesNotSendAnInvalidToken(members: String) async throws {
        try await FaultyPull.with { pull in
            try await pull.forgetToken()
            try await pull.expectStop([Self.token: [Self.answer(members)]], exitCode: 76)
        }
    }

    @Test(
        .faults("A10", "A11", "A12", "A13", "A14"),
        arguments: [
            #""token_type": null"#, #""token_type": "bearer""#, #""token_type": "BEARER""#, #""expires_in": null"#,
            #""expires_in": 0"#, #""expires_in": -5"#, #""expires_in": 1"#, #""expires_in": 360"#,
            #""expires_in": "3599""#, #""expires_in": 3599.9"#, #""expires_in": 1e300"#, #""expires_in": "abc""#,
        ])
    func anOddLifetimeNeverLoops(members: String) async throws {
        try await FaultyPull.with { pull in
            try await pull.forgetToken()
            let before = pull.emulator.counters
            try await pull.expectSurvival(
                [Self.token: ["\(Self.answer(members)) always"]], retries: false)
            let after = pull.emulator.counters
            let requests = after.requests.values.reduce(0, +) - before.requests.values.reduce(0, +)
            #expect(after.tokenRequests - before.tokenRequests <= requests)
            let isShort = members.contains(": 0") || members.contains("-5") || members.contains(": 1")
            if !isShort || members.contains("1e300") { #expect(after.tokenRequests - before.tokenRequests == 1) }
        }
    }

    /// A token is refreshed once less than a tenth of its lifetime is left.
    @Test(.faults("A13")) func refreshesATokenBeforeItExpires() async throws {
        try await FaultyPull.with { pull in
            try pull.inject([Self.token: [Self.answer(#""expires_in": 360"#)]])
            try await pull.forgetToken()
            let start = pull.emulator.counters.tokenRequests
            _ = try await pull.tokens.accessToken()
            #expect(pull.emulator.counters.tokenRequests == start + 1)
            pull.clock.advance(by: .seconds(323))
            _ = try await pull.tokens.accessToken()
            await pull.tokens.settle()
            #expect(pull.emulator.counters.tokenRequests == start + 1)
            pull.clock.advance(by: .seconds(2))
            _ = try await pull.tokens.accessToken()
            await pull.tokens.settle()
            #expect(pull.emulator.counters.tokenRequests == start + 2)
            pull.expectApplied()
        }
    }

    /// The token expires between pages: one refresh, and the same page again.
    @Test(.faults("A15"), arguments: 0..<FaultyPull.pages)
    func refreshesATokenBetweenPages(page: Int) async throws {
        try await FaultyPull.with { pull in
            let before = pull.emulator.counters.tokenRequests
            try await pull.expectSurvival(
                [Self.page: Array(repeating: "pass", count: page) + ["return-401-authError"]])
            #expect(pull.emulator.counters.tokenRequests == before + 1)
        }
    }

    @Test(.faults("A16")) func aTokenNeverAcceptedEndsThePull() async throws {
        try await FaultyPull.with { pull in
            let before = pull.emulator.counters.tokenRequests
            try await pull.expectStop([Self.page: ["pass", "return-401-authError always"]], exitCode: 77)
            #expect(pull.emulator.counters.tokenRequests <= before + 4)
        }
    }

    /// Several rejected requests share one refresh.
    @Test(.faults("A17")) func manyRejectionsShareOneRefresh() async throws {
        try await FaultyPull.with { pull in
            try await pull.forgetToken()
            try pull.inject([Self.token: [Self.answer(#""access_token": "fake-token""#)]])
            _ = try await pull.tokens.accessToken()
            pull.expectApplied()
            let before = pull.emulator.counters
            try await withThrowingTaskGroup { group in
                for _ in 0..<64 {
                    group.addTask { _ = try await pull.client.dryRun(pull.pull().query) }
                }
                try await group.waitForAll()
            }
            let after = pull.emulator.counters
            #expect(after.tokenRequests == before.tokenRequests + 1)
            #expect((after.requests["jobs.insert"] ?? 0) - (before.requests["jobs.insert"] ?? 0) > 64)
        }
    }

    /// A token that cannot be refreshed is used until it expires.
    @Test(.faults("A18"), arguments: ["return-503", refusal("invalid_grant"), "return-reset-connection"])
    func usesATokenUntilItExpires(instruction: String) async throws {
        try await FaultyPull.with { pull in
            _ = try await pull.tokens.accessToken()
            // Due for a refresh, but not expired.
            pull.clock.advance(by: .seconds(3599 - 200))
            try await pull.expectSurvival([Self.token: ["\(instruction) always"]], retries: false)
            await pull.tokens.settle()
        }
    }
}
