import BigQueryEmulator
import BigQueryPull
import Foundation
import GoogleHTTP
import TestSupport
import Testing

/// Connections that break, stall or fragment.
@Suite struct BrokenConnectionTests {
    private static let page = "bigquery.jobs.getQueryResults"

    /// Every page fails once, at the same place.
    @Test(
        .faults("N1", "N3", "N4", "N42"),
        arguments: ["0B", "1B", "2B", "10B", "100B", "1K", "half", "all-but-10B", "all-but-2B", "all-but-1B"],
        ["return-reset-connection", "return-broken-stream", "return-half-closed-stream"])
    func refetchesATruncatedPage(after place: String, how: String) async throws {
        try await FaultyPull.with { pull in
            let instruction = "\(how)-after-\(place)"
            try await pull.expectSurvival([Self.page: Array(repeating: instruction, count: FaultyPull.pages)])
        }
    }

    /// The response is complete, whatever happens to the connection.
    @Test(
        .faults("N19", "N42"), arguments: ["return-broken-stream-after-all", "return-half-closed-stream-after-all"])
    func acceptsAConnectionClosedAfterAResponse(instruction: String) async throws {
        try await FaultyPull.with { pull in
            try await pull.expectSurvival(
                [Self.page: Array(repeating: instruction, count: FaultyPull.pages)], retries: false)
        }
    }

    /// The same for the methods that read a table.
    @Test(
        .faults("N1", "N3", "N4", "N7", "N18", "N34", "N35", "A15"),
        arguments: ["bigquery.tables.get", "bigquery.tabledata.list"],
        [
            "return-503", "return-429", "return-reset-connection", "return-reset-connection-after-0B",
            "return-broken-stream-after-half", "stall-for-60s-after-0B", "chunks-unfinished", "return-401-authError",
        ])
    func readsATableDespiteTheFault(method: String, instruction: String) async throws {
        var limits = HTTPLimits()
        limits.idleTimeout = .milliseconds(300)
        try await FaultyPull.with(limits: limits) { pull in
            try await pull.readingTable().expectSurvival([method: ["pass", instruction]])
        }
    }

    @Test(
        .faults("N5", "N17", "N30", "N37"),
        arguments: [
            ("return-503", 69), ("return-reset-connection-after-1K", 69), ("length-twice", 76),
            ("return-empty-204", 76), ("return-501", 76), ("return-403-quotaExceeded", 75),
            ("return-401-authError", 77),
        ] as [(String, Int32)])
    func aPersistentFaultEndsTheReadOfATable(instruction: String, exitCode: Int32) async throws {
        try await FaultyPull.with { pull in
            let passed = Array(repeating: "pass", count: 5)
            let outcome = try await pull.readingTable().expectStop(
                ["bigquery.tabledata.list": passed + ["\(instruction) always"]], exitCode: exitCode)
            #expect(outcome.rowsKept >= 4 * FaultyPull.pageRows)
        }
    }

    /// Every method is retried; nothing takes effect twice.
    @Test(
        .faults("N1", "N2", "A8"),
        arguments: ["oauth2.token", "bigquery.jobs.dryRun", "bigquery.jobs.insert", "bigquery.jobs.getQueryResults"],
        ["return-reset-connection", "return-reset-connection-after-0B", "return-broken-stream-after-0B"])
    func retriesALostResponse(method: String, instruction: String) async throws {
        try await FaultyPull.with { pull in
            if method == "oauth2.token" { try await pull.forgetToken() }
            try await pull.expectSurvival([method: [instruction]])
        }
    }

    /// The first loss counts as an idle connection that was closed; it is retried without backoff.
    @Test(.faults("N19")) func replacesAnIdleConnectionAtOnce() async throws {
        try await FaultyPull.with { pull in
            let outcome = try await pull.expectSurvival([Self.page: ["return-reset-connection"]])
            #expect(outcome.report?.retries == 1)
            #expect(pull.waits.isEmpty)
        }
        // The second loss in a row is retried with backoff.
        try await FaultyPull.with { pull in
            try pull.inject([Self.page: ["return-reset-connection", "return-reset-connection"]])
            _ = await pull.run()
            pull.expectApplied()
            #expect(pull.waits.count == 1)
        }
    }

    /// The response arrives while the request is still being sent.
    @Test(arguments: ["return-503-after-1K", "return-503-after-256K"])
    func acceptsAnEarlyResponse(instruction: String) async throws {
        try await FaultyPull.with { pull in
            let comment = String(repeating: "x", count: 600 << 10)
            try pull.inject(["bigquery.jobs.insert": [instruction]])
            let outcome = await pull.run(pull.pull("SELECT * FROM d.truth /* \(comment) */ ORDER BY id"))
            pull.expectApplied()
            #expect(outcome.exitCode == 0, "\(outcome.message)")
            // Twice if the connection is reused after the server has closed it.
            #expect((1...2).contains(outcome.report?.retries ?? 0))
            try await pull.expectSound(.new)
            #expect(pull.emulator.counters.jobs == FaultyPull.earlierJobs + 1)
        }
    }

    /// The message names the server, the attempts and the time; the same command continues.
    @Test(.faults("N5"), arguments: ["return-reset-connection", "return-503", "return-reset-connection-after-1K"])
    func aPersistentFaultEndsThePull(instruction: String) async throws {
        try await FaultyPull.with { pull in
            let outcome = try await pull.expectStop(
                [Self.page: ["pass", "pass", "pass", "pass", "\(instruction) always"]], exitCode: 69)
            #expect(outcome.rowsKept > 0)
            #expect(outcome.message.contains("127.0.0.1"))
            let attempts = try #require(outcome.message.firstMatch(of: /([0-9]+) attempts in ([0-9]+) s/))
            #expect(try #require(Int(attempts.1)) > 3)
            // Parallel waits advance the same clock.
            #expect(try #require(Int(attempts.2)) > 100)
            #expect(outcome.hint?.contains("same command") == true)
        }
    }

    private static var impatience: HTTPLimits {
        var limits = HTTPLimits()
        limits.idleTimeout = .milliseconds(300)
        limits.minimumBytesPerWindow = 1000
        limits.rateWindow = .milliseconds(500)
        return limits
    }

    @Test(
        .faults("N6", "N7"),
        arguments: [
            "stall-for-60s", "stall-for-60s-after-0B", "stall-for-60s-after-100B", "stall-for-60s-after-all-but-1B",
        ])
    func retriesAStalledServer(instruction: String) async throws {
        // The first byte can take as long as the requested wait of the service, plus a margin.
        try await FaultyPull.with(limits: Self.impatience, longPoll: .zero, firstByteAllowance: .milliseconds(700)) {
            try await $0.expectSurvival([Self.page: ["pass", instruction, instruction, instruction]])
        }
    }

    @Test(.faults("N8")) func doesNotWaitForATrickle() async throws {
        // One byte per second is not a stall of reads.
        var limits = Self.impatience
        limits.idleTimeout = .seconds(5)
        try await FaultyPull.with(limits: limits) { pull in
            try await pull.expectSurvival([Self.page: ["pass", "drip-1B"]])
        }
        try await FaultyPull.with(limits: limits, budget: .seconds(3)) { pull in
            try await pull.expectStop([Self.page: ["pass", "drip-1B always"]], exitCode: 69)
        }
    }

    @Test(
        .faults("N9", "N20", "N21", "N22"),
        arguments: ["slice-1B", "close-after", "until-close", "informational-103", "informational-100", "chunks"])
    func acceptsAnUnusualResponse(instruction: String) async throws {
        try await FaultyPull.with { pull in
            try await pull.expectSurvival(
                [Self.page: Array(repeating: instruction, count: FaultyPull.pages)], retries: false)
        }
    }

    @Test(.faults("N24")) func looksUpAnUnknownHostThreeTimes() async throws {
        try await FaultyPull.with { pull in
            let outcome = await pull.run(try pull.pull(atEndpoint: "https://bigquery.invalid"))
            #expect(outcome.exitCode == 69)
            #expect(outcome.message.contains("bigquery.invalid"))
            #expect(outcome.message.contains("3 attempts"))
            pull.expectReadable(outcome)
            try await pull.expectSound(.earlier)
        }
    }

    private static let hasTwoAddresses = {
        // A system without the file has no such addresses.
        let hosts = (try? String(contentsOfFile: "/etc/hosts", encoding: .utf8)) ?? ""
        return ["127.0.0.1", "::1"].allSatisfy { address in
            hosts.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace) }
                .contains { $0.first == address[...] && $0.contains("localhost") }
        }
    }()

    /// `localhost` also resolves to `::1`, where no server listens.
    @Test(.faults("N25"), .enabled(if: hasTwoAddresses, "needs 127.0.0.1 and ::1 as localhost in /etc/hosts"))
    func skipsADeadAddress() async throws {
        try await FaultyPull.with { pull in
            let port = pull.emulator.port
            let outcome = await pull.run(try pull.pull(atEndpoint: "http://localhost:\(port)"))
            #expect(outcome.exitCode == 0, "\(outcome.message)")
            try await pull.expectSound(.new)
        }
    }

    /// The server accepts connections and sends nothing.
    @Test(.faults("N25")) func aTLSHandshakeTimesOut() async throws {
        var limits = HTTPLimits()
        limits.connectTimeout = .milliseconds(300)
        try await RawServer.with("", then: .stayOpen) { server in
            try await FaultyPull.with(limits: limits, budget: .seconds(60)) { pull in
                let address = server.address.replacing("http:", with: "https:")
                let outcome = await pull.run(try pull.pull(atEndpoint: address))
                #expect(outcome.exitCode == 69, "\(outcome.message)")
                pull.expectReadable(outcome)
                #expect(pull.waits.count > 1)
                try await pull.expectSound(.earlier)
            }
        }
    }

    @Test(.faults("N25")) func namesAnUnreachableServer() async throws {
        try await FaultyPull.with { pull in
            let outcome = await pull.run(try pull.pull(atEndpoint: "http://127.0.0.1:1"))
            #expect(outcome.exitCode == 69)
            #expect(outcome.message.contains("127.0.0.1"))
            pull.expectReadable(outcome)
            try await pull.expectSound(.earlier)
        }
    }
}
