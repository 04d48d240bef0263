import BigQueryEmulator
import Foundation
import TestSupport
import Testing

/// The cost of a query is shown before it runs, and a large query needs confirmation.
@Suite struct CostTests {
    /// 1.6 TB by the emulator's count.
    private static let large = "SELECT trip_id FROM bench.trips_5000000000 LIMIT 5"
    private static let small = "SELECT trip_id FROM bench.trips_5"

    private func run(
        _ home: EmulatorHome, _ arguments: [String], environment: [String: String] = [:], input: String = ""
    ) async throws -> Binary.Outcome {
        try await home.run(
            arguments + ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials],
            environment: environment, input: input)
    }

    @Test func bytesAndPriceAreShownBeforeTheQueryRuns() async throws {
        try await EmulatorHome.with { home in
            let outcome = try await run(home, ["query", Self.small, "--into", home.folder.file("a.db")])
            #expect(outcome.errors.contains("the query will process 1.6 kB, less than $0.01 on demand\n"))
        }
    }

    /// Without a terminal bqpull does not ask, even if standard input has data.
    @Test(
        arguments: [
            ([large], 64, [:]), ([large, "--confirm-above", "1TB"], 64, [:]),
            ([small, "--confirm-above", "1649"], 64, [:]),
            ([small], 64, ["BQPULL_CONFIRM_ABOVE": "1.6kB"]), ([small, "--confirm-above", "1650B"], 0, [:]),
            ([small, "--confirm-above", "1", "--yes"], 0, [:]), ([small, "--confirm-above", "1", "-y"], 0, [:]),
            ([small, "--confirm-above", "1GB"], 0, ["BQPULL_CONFIRM_ABOVE": "1"]),
            // BigQuery rejects a query above its limit before the confirmation.
            ([large, "--max-bytes-billed", "1GB"], 3, [:]), ([large], 3, ["BQPULL_MAX_BYTES_BILLED": "1GiB"]),
            ([small, "--max-bytes-billed", "20MB"], 0, [:]), ([small], 78, ["BQPULL_MAX_BYTES_BILLED": "lots"]),
        ] as [([String], Int32, [String: String])])
    func aScriptNeedsYes(arguments: [String], exitCode: Int32, environment: [String: String]) async throws {
        try await EmulatorHome.with { home in
            let outcome = try await run(home, ["query"] + arguments, environment: environment, input: "y\n")
            #expect(outcome.exitCode == exitCode, "\(outcome.errors)")
            #expect(home.emulator.counters.rows == (exitCode == 0 ? 5 : 0))
            if exitCode == 64 {
                #expect(outcome.errors.contains("\n\nhint: add --yes to run it anyway"))
                #expect(outcome.output.isEmpty)
                #expect(home.emulator.counters.jobs == 0)
            }
        }
    }

    @Test func recordsNothingOfARejectedQuery() async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("a.db")
            let query = ["query", Self.small, "--into", file, "--confirm-above", "1"]
            #expect(try await run(home, query).exitCode == 64)
            #expect(try await run(home, query + ["--yes"]).exitCode == 0)
            let runs = try await home.run(["runs", file])
            #expect(runs.output.matches(of: /published/).count == 1, "\(runs.output)")
            #expect(runs.output.matches(of: /started/).count == 1, "\(runs.output)")
        }
    }

    @Test func asksBeforeARestartedRun() async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("a.db")
            let pull = ["query", "SELECT trip_id FROM bench.trips_2000", "--into", file, "--page-rows", "10"]
            let running = try await home.binary().start(
                pull + ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials, "--verbose"])
            _ = try await running.wait(for: /getQueryResults|queries\/[^\n]+: 200/)
            running.send(signal: SIGINT)
            #expect(try await running.outcome().exitCode == 130)
            let refused = try await run(home, ["resume", file, "--restart", "--confirm-above", "1"])
            #expect(refused.exitCode == 64, "\(refused.errors)")
            #expect(home.emulator.counters.jobs == 1)
            let agreed = try await run(home, ["resume", file, "--restart", "--confirm-above", "1", "--yes"])
            #expect(agreed.exitCode == 0, "\(agreed.errors)")
            #expect(home.emulator.counters.jobs == 2)
        }
    }

    @Test(arguments: [("y\n", Int32(0)), ("yes\n", 0), ("n\n", 64), ("\n", 64), ("\u{4}", 64)])
    func asksOnATerminal(answer: String, exitCode: Int32) async throws {
        try await EmulatorHome.with { home in
            let terminal = try Terminal(home, ["query", Self.small, "--confirm-above", "1"])
            let (text, code) = try await terminal.finish(answering: "run it? [y/N] ", with: answer)
            #expect(code == exitCode, "\(text)")
            #expect(text.contains("the query will process 1.6 kB, less than $0.01 on demand\r\n"))
            #expect(home.emulator.counters.jobs == (exitCode == 0 ? 1 : 0))
        }
    }

    @Test func aQuestionCanBeInterrupted() async throws {
        try await EmulatorHome.with { home in
            let terminal = try Terminal(home, ["query", Self.small, "--confirm-above", "1"])
            let (text, code) = try await terminal.finish(interruptedAt: "run it? [y/N] ")
            #expect(code == 130, "\(text)")
            #expect(home.emulator.counters.jobs == 0)
        }
    }

    @Test func aDryRunShowsBytesAndColumns() async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("a.db")
            let outcome = try await run(home, ["query", Self.large, "--dry-run", "--into", file])
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("  processes 1.6 TB, about $9.38 on demand\n"), "\(outcome.output)")
            #expect(outcome.output.contains("  trip_id  INT64\n"))
            #expect(outcome.output.contains("  but       it would need a confirmation or --yes"))
            let limited = try await run(home, ["query", Self.large, "--dry-run", "--max-bytes-billed", "1GB"])
            #expect(limited.output.contains("  but       BigQuery would reject it: the limit is 1.0 GB\n"))
            #expect(outcome.errors.isEmpty)
            #expect(!FileManager.default.fileExists(atPath: file))
            #expect(home.emulator.counters.jobs == 0)
            let json = try await run(home, ["query", Self.large, "--dry-run", "--json"])
            let report = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
            #expect(report?["bytesProcessed"] as? Int == 1_650_000_000_000)
            #expect((report?["schema"] as? [String: [[String: String]]])?["fields"]?.first?["name"] == "trip_id")
        }
    }

    /// The dry run of a load is that of its next run.
    @Test func aDryRunUsesTheMark() async throws {
        try await EmulatorHome.with { home in
            let pull = [
                "query", Self.small, "--into", home.folder.file("a.db"), "--if-exists", "append", "--incremental",
                "trip_id",
            ]
            #expect(try await run(home, pull).exitCode == 0)
            let before = home.emulator.counters.jobs
            let next = try await run(home, pull + ["--dry-run"])
            #expect(next.exitCode == 0, "\(next.errors)")
            #expect(next.output.contains("\n  load      results: trip_id since "), "\(next.output)")
            let other = ["query", "SELECT 1 AS other"] + pull.dropFirst(2) + ["--dry-run"]
            let changed = try await run(home, other)
            #expect(changed.exitCode == 64)
            #expect(changed.errors.contains(" --same-load\n"), "\(changed.errors)")
            // The condition needs the column, with and without a mark.
            let elsewhere = other.map { $0.hasSuffix("a.db") ? home.folder.file("b.db") : $0 }
            for command in [other + ["--same-load"], elsewhere] {
                let outcome = try await run(home, command)
                #expect(outcome.exitCode == 64)
                #expect(outcome.errors.contains("the result has no incremental column trip_id"), "\(outcome.errors)")
            }
            #expect(home.emulator.counters.jobs == before)
            let refused = try await run(home, pull + ["--if-exists", "replace", "--dry-run"])
            #expect(refused.exitCode == 64, "\(refused.errors)")
        }
    }

    @Test(arguments: [
        ("SELECT * FROM sales.ordres", "did you mean sales.orders?"),
        ("SELECT * FROM slaes.orders", "did you mean sales?"),
        ("SELECT * FROM sales.nothing_like_it", "check the names and --location"),
    ])
    func aMistypedTableOfAQueryGetsASuggestion(sql: String, hint: String) async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("orders.csv")
            try Data("id\n1\n".utf8).write(to: URL(fileURLWithPath: file))
            try await home.emulator.load(.init(dataset: "sales", table: "orders", file: file))
            let outcome = try await run(home, ["query", sql])
            #expect(outcome.exitCode == 3)
            #expect(outcome.errors.contains("hint: \(hint)"), "\(outcome.errors)")
        }
    }
}
