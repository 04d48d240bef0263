import BigQueryEmulator
import BigQueryPull
import Foundation
import GoogleHTTP
import TestSupport
import Testing

/// Answers that HTTP, gzip or a proxy have spoiled.
@Suite struct WrongAnswerTests {
    private static let page = "bigquery.jobs.getQueryResults"

    private static var impatience: HTTPLimits {
        var limits = HTTPLimits()
        limits.idleTimeout = .milliseconds(300)
        return limits
    }

    /// A body that is damaged once is asked for again; one that is damaged each time ends the pull.
    @Test(
        .faults("N10", "N11", "N12", "N15", "N18", "N39"),
        arguments: [
            ("gzip-truncated", 76), ("gzip-wrong-checksum", 76), ("gzip-wrong-length", 76), ("gzip-flipped-bit", 76),
            ("return-corrupted-data", 76), ("length-plus-7", 69), ("chunks-unfinished", 69),
            ("chunks-garbage", 76), ("chunks-huge", 76), ("return-empty-200", 65),
        ] as [(String, Int32)])
    func aDamagedBodyIsAskedForAgain(instruction: String, exitCode: Int32) async throws {
        try await FaultyPull.with(limits: Self.impatience) { pull in
            try await pull.expectSurvival([Self.page: ["pass", instruction, instruction]])
        }
        try await FaultyPull.with(limits: Self.impatience, budget: .seconds(30)) { pull in
            try await pull.expectStop([Self.page: ["pass", "\(instruction) always"]], exitCode: exitCode)
        }
    }

    /// What is cut off is left on the connection, where it is no answer to anything.
    @Test(.faults("N16")) func aBodyThatGoesOnBehindItsEndIsAskedForAgain() async throws {
        try await FaultyPull.with { pull in
            try await pull.expectSurvival([Self.page: ["pass", "length-minus-7"]])
        }
    }

    @Test(.faults("N13"), arguments: [2, 3, 50]) func severalMembersAreOneBody(count: Int) async throws {
        try await FaultyPull.with { pull in
            try await pull.expectSurvival(
                [Self.page: Array(repeating: "gzip-members-\(count)", count: FaultyPull.pages)], repeats: false)
        }
    }

    @Test(.faults("N14"), arguments: ["GZIP", "x-gzip", "X-GZip"])
    func gzipHasSeveralNames(name: String) async throws {
        try await FaultyPull.with { pull in
            try await pull.expectSurvival([Self.page: ["encoding-\(name)", "encoding-\(name)"]], repeats: false)
        }
    }

    @Test(
        .faults("N14", "N17", "N23", "N37"),
        arguments: [
            "encoding-br", "encoding-gzip, gzip", "encoding-deflate", "gzip-undeclared", "gzip-declared-only",
            "length-twice", "length-and-chunks", "return-garbage", "headers-10000", "header-of-100K", "return-501",
            "return-505", "return-511",
        ])
    func whatIsNoAnswerOfBigQueryEndsThePull(instruction: String) async throws {
        try await FaultyPull.with(limits: Self.impatience) { pull in
            try await pull.expectStop([Self.page: ["pass", "\(instruction) always"]], exitCode: 76)
        }
    }

    /// A success without the rows that were asked for.
    @Test(.faults("N30"), arguments: [204, 205, 206, 304, 305])
    func aStatusThatIsNoAnswerToTheRequestIsAskedForAgain(status: Int) async throws {
        try await FaultyPull.with { pull in
            try await pull.expectSurvival([Self.page: ["pass", "return-empty-\(status)"]])
        }
        try await FaultyPull.with { pull in
            let outcome = try await pull.expectStop(
                [Self.page: ["pass", "return-empty-\(status) always"]], exitCode: 76)
            #expect(outcome.message.contains("HTTP \(status)"))
        }
    }

    /// Below 100 there is no status; the first digit of a status line is 1 to 5.
    @Test(
        .faults("N43"), arguments: ["return-empty-000", "return-html-042", "return-empty-099"],
        ["oauth2.token", "bigquery.jobs.dryRun", "bigquery.jobs.insert", "bigquery.jobs.getQueryResults"])
    func aStatusLineThatIsNoneIsNotTaken(instruction: String, method: String) async throws {
        try await FaultyPull.with { pull in
            if method == "oauth2.token" { try await pull.forgetToken() }
            let outcome = try await pull.expectStop([method: ["\(instruction) always"]], exitCode: 76)
            #expect(outcome.message.contains("does not answer in HTTP"))
        }
    }

    private static let statuses = [408, 429, 500, 502, 503, 504]

    @Test(
        .faults("N31", "N34", "N35"),
        arguments: Sweep.whole(statuses, orPart: [408, 429, 503]),
        ["oauth2.token", "bigquery.jobs.dryRun", "bigquery.jobs.insert", "bigquery.jobs.getQueryResults"])
    func aServerInTroubleIsAskedAgainAfterGrowingWaits(status: Int, method: String) async throws {
        let isToken = method == "oauth2.token"
        let counts = isToken ? [1, 3] : Sweep.whole([1, 2, 9], orPart: [9])
        for count in counts {
            try await FaultyPull.with { pull in
                if isToken { try await pull.forgetToken() }
                let before = pull.waits.count
                try await pull.expectSurvival(
                    [method: Array(repeating: "return-\(status)", count: count)])
                let waits = pull.waits.dropFirst(before)
                // Pages wait beside each other, each with waits of its own.
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
    func theServerSaysHowLongToWait(headers: [String: String], seconds: Int) async throws {
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

    /// Longer than a request may take at all: later.
    @Test(.faults("N33"), arguments: ["Fri, 31 Dec 9999 23:59:59 GMT", "86400"])
    func aWaitBeyondTheBudgetIsNotBegun(value: String) async throws {
        try await FaultyPull.with { pull in
            let answer =
                #"{"status": 429, "headers": {"Retry-After": "\#(value)", "Date": "Tue, 24 Nov 2026 12:00:00 GMT"}}"#
            let outcome = try await pull.expectStop([Self.page: ["pass", answer]], exitCode: 75)
            #expect(pull.waits.isEmpty)
            #expect(outcome.message.contains("asked to wait"))
        }
    }

    @Test(.faults("N36")) func theLastErrorCounts() async throws {
        try await FaultyPull.with { pull in
            let outcome = try await pull.expectStop(
                ["bigquery.jobs.insert": ["return-503", "return-400-invalidQuery"]], exitCode: 3, jobs: 1, goesOn: false
            )
            #expect(outcome.message.contains("invalidQuery"))
        }
        try await FaultyPull.with { pull in
            try await pull.expectStop(
                [Self.page: ["pass", "return-reset-connection", "return-401 always"]], exitCode: 77)
        }
    }

    @Test(.faults("N38")) func aPageInThePlaceOfAnAnswerIsNamed() async throws {
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
        // No more of it than a line, and nothing that a terminal would obey.
        try await FaultyPull.with { pull in
            let page = #"{"status": 502, "body": "<html>\u001b[31m\#(String(repeating: "x", count: 5000))"} always"#
            let outcome = try await pull.expectStop([Self.page: ["pass", page]], exitCode: 69)
            #expect(outcome.message.count < 500)
            #expect(outcome.message.contains("<html>"))
        }
    }

    @Test(.faults("N41")) func aQueryThatTakesLongIsWaitedFor() async throws {
        try await FaultyPull.with { pull in
            let running = #"{"status": 200, "body": {"jobComplete": false}}"#
            let outcome = try await pull.expectSurvival(
                [Self.page: Array(repeating: running, count: 40)], repeats: false)
            #expect(outcome.report?.retries == 0)
        }
    }
}
