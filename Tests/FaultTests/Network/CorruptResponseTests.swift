import BigQueryEmulator
import BigQueryPull
import Foundation
import GoogleHTTP
import TestSupport
import Testing

/// Responses corrupted by HTTP, gzip or a proxy.
@Suite struct CorruptResponseTests {
    private static let page = "bigquery.jobs.getQueryResults"

    private static var impatience: HTTPLimits {
        var limits = HTTPLimits()
        limits.idleTimeout = .milliseconds(300)
        return limits
    }

    /// A corrupt body is requested again; a body that is corrupt every time ends the pull.
    @Test(
        .faults("N10", "N11", "N12", "N15", "N18", "N39"),
        arguments: [
            ("gzip-truncated", 76), ("gzip-wrong-checksum", 76), ("gzip-wrong-length", 76), ("gzip-flipped-bit", 76),
            ("return-corrupted-data", 76), ("length-plus-7", 69), ("chunks-unfinished", 69),
            ("chunks-garbage", 76), ("chunks-huge", 76), ("return-empty-200", 65),
        ] as [(String, Int32)])
    func retriesACorruptBody(instruction: String, exitCode: Int32) async throws {
        try await FaultyPull.with(limits: Self.impatience) { pull in
            try await pull.expectSurvival([Self.page: ["pass", instruction, instruction]])
        }
        try await FaultyPull.with(limits: Self.impatience, budget: .seconds(30)) { pull in
            try await pull.expectStop([Self.page: ["pass", "\(instruction) always"]], exitCode: exitCode)
        }
    }

    /// The surplus bytes stay on the connection, where they match no request.
    @Test(.faults("N16")) func retriesABodyLongerThanItsLength() async throws {
        try await FaultyPull.with { pull in
            try await pull.expectSurvival([Self.page: ["pass", "length-minus-7"]])
        }
    }

    @Test(.faults("N13"), arguments: [2, 3, 50]) func concatenatesGzipMembers(count: Int) async throws {
        try await FaultyPull.with { pull in
            try await pull.expectSurvival(
                [Self.page: Array(repeating: "gzip-members-\(count)", count: FaultyPull.pages)], retries: false)
        }
    }

    @Test(.faults("N14"), arguments: ["GZIP", "x-gzip", "X-GZip"])
    func gzipHasSeveralNames(name: String) async throws {
        try await FaultyPull.with { pull in
            try await pull.expectSurvival([Self.page: ["encoding-\(name)", "encoding-\(name)"]], retries: false)
        }
    }

    @Test(
        .faults("N14", "N17", "N23", "N37"),
        arguments: [
            "encoding-br", "encoding-gzip, gzip", "encoding-deflate", "gzip-undeclared", "gzip-declared-only",
            "length-twice", "length-and-chunks", "return-garbage", "headers-10000", "header-of-100K", "return-501",
            "return-505", "return-511",
        ])
    func aForeignResponseEndsThePull(instruction: String) async throws {
        try await FaultyPull.with(limits: Self.impatience) { pull in
            try await pull.expectStop([Self.page: ["pass", "\(instruction) always"]], exitCode: 76)
        }
    }

    /// A success status without the requested rows.
    @Test(.faults("N30"), arguments: [204, 205, 206, 304, 305])
    func retriesAnUnexpectedStatus(status: Int) async throws {
        try await FaultyPull.with { pull in
            try await pull.expectSurvival([Self.page: ["pass", "return-empty-\(status)"]])
        }
        try await FaultyPull.with { pull in
            let outcome = try await pull.expectStop(
                [Self.page: ["pass", "return-empty-\(status) always"]], exitCode: 76)
            #expect(outcome.message.contains("HTTP \(status)"))
        }
    }

    /// A valid status starts with a digit from 1 to 5.
    @Test(
        .faults("N43"), arguments: ["return-empty-000", "return-html-042", "return-empty-099"],
        ["oauth2.token", "bigquery.jobs.dryRun", "bigquery.jobs.insert", "bigquery.jobs.getQueryResults"])
    func rejectsAnInvalidStatusLine(instruction: String, method: String) async throws {
        try await FaultyPull.with { pull in
            if method == "oauth2.token" { try await pull.forgetToken() }
            let outcome = try await pull.expectStop([method: ["\(instruction) always"]], exitCode: 76)
            #expect(outcome.message.contains("is not valid HTTP"))
        }
    }

    private static let statuses = [408, 429, 500, 502, 503, 504]

    @Test(
        .faults("N31", "N34", "N35"),
        arguments: Sweep.whole(statuses, orPart: [408, 429, 503]),
        ["oauth2.token", "bigquery.jobs.dryRun", "bigquery.jobs.insert", "bigquery.jobs.getQueryResults"])
    func retriesAFailingServerWithBackoff(status: Int, method: String) async throws {
        let isToken = method == "oauth2.token"
        let counts = isToken ? [1, 3] : Sweep.whole([1, 2, 9], orPart: [9])
        for count in counts {
            try await FaultyPull.with { pull in
                if isToken { try await pull.forgetToken() }
                let before = pull.waits.count
                try await pull.expectSurvival(
                    [method: Array(repeating: "return-\(status)", count: count)])
                let waits = pull.waits.dropFirst(before)
                // Pages are retried in parallel, each with its own backoff.
                guard method != "bigquery.jobs.getQueryResults" else { return }
                #expect(waits.count == count)
                for (k, wait) in waits.enumerated() {
                    let longest = min(Duration.seconds(32), .seconds(1 << (k + 1)))
                    #expect((.seconds(1)...longest).contains(wait))
                }
            }
        }
    }

    @Test(
        .faults("N32", "N33"),
        arguments: [
            (["Retry-After": "40"], 40),
            (["Retry-After": "Wed, 21 Oct 2015 07:28:50 GMT", "Date": "Wed, 21 Oct 2015 07:28:00 GMT"], 50),
            (["Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT", "Date": "Wed, 21 Oct 2015 07:28:50 GMT"], 0),
            (["Retry-After": "some day"], 0), (["Retry-After": "-5"], 0),
        ] as [([String: String], Int)])
    func honorsRetryAfter(headers: [String: String], seconds: Int) async throws {
        let json = String(decoding: try JSONSerialization.data(withJSONObject: headers), as: UTF8.self)
        for status in [429, 503] {
            try await FaultyPull.with { pull in
                try await pull.expectSurvival([
                    "bigquery.jobs.insert": [#"{"status": \#(status), "headers": \#(json)}"#]
                ])
                let wait = try #require(pull.waits.first)
                #expect(seconds == 0 ? wait <= .seconds(2) : wait == .seconds(seconds))
            }
        }
    }

    /// A delay above the retry budget fails at once.
    @Test(.faults("N33"), arguments: ["Fri, 31 Dec 9999 23:59:59 GMT", "86400"])
    func doesNotWaitBeyondTheBudget(value: String) async throws {
        try await FaultyPull.with { pull in
            let answer =
                #"{"status": 429, "headers": {"Retry-After": "\#(value)", "Date": "Tue, 24 Nov 2026 12:00:00 GMT"}}"#
            let outcome = try await pull.expectStop([Self.page: ["pass", answer]], exitCode: 75)
            #expect(pull.waits.isEmpty)
            #expect(outcome.message.contains("requested a wait of"))
        }
    }

    @Test(.faults("N36")) func reportsTheLastError() async throws {
        try await FaultyPull.with { pull in
            let outcome = try await pull.expectStop(
                ["bigquery.jobs.insert": ["return-503", "return-400-invalidQuery"]], exitCode: 3, jobs: 1,
                continues: false
            )
            #expect(outcome.message.contains("invalidQuery"))
        }
        try await FaultyPull.with { pull in
            try await pull.expectStop(
                [Self.page: ["pass", "return-reset-connection", "return-401 always"]], exitCode: 77)
        }
    }

    @Test(.faults("N38")) func reportsAnHTMLPage() async throws {
        try await FaultyPull.with { pull in
            try await pull.expectSurvival([Self.page: ["pass", "return-html-502", "return-html-503"]])
        }
        try await FaultyPull.with { pull in
            let outcome = try await pull.expectStop([Self.page: ["pass", "return-html-200 always"]], exitCode: 76)
            #expect(outcome.message.contains("<!DOCTYPE html>"))
        }
        try await FaultyPull.with { pull in
            let outcome = try await pull.expectStop(["bigquery.jobs.insert": ["return-html-200 always"]], exitCode: 76)
            #expect(outcome.message.contains("<!DOCTYPE html>"))
        }
        // At most one line of it, without control characters.
        try await FaultyPull.with { pull in
            let page = #"{"status": 502, "body": "<html>\u001b[31m\#(String(repeating: "x", count: 5000))"} always"#
            let outcome = try await pull.expectStop([Self.page: ["pass", page]], exitCode: 69)
            #expect(outcome.message.count < 500)
            #expect(outcome.message.contains("<html>"))
        }
    }

    @Test(.faults("N41")) func waitsForALongQuery() async throws {
        try await FaultyPull.with { pull in
            let running = #"{"status": 200, "body": {"jobComplete": false}}"#
            let outcome = try await pull.expectSurvival(
                [Self.page: Array(repeating: running, count: 40)], retries: false)
            #expect(outcome.report?.retries == 0)
        }
    }
}
