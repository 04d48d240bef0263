import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// `bqpull table` as a user types it, against the emulator over a real socket.
@Suite struct TableCommandTests {
    private func arguments(_ home: EmulatorHome, _ more: [String]) -> [String] {
        more + ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials]
    }

    private func table(_ home: EmulatorHome, _ more: [String]) async throws -> Binary.Outcome {
        try await home.run(arguments(home, ["table"] + more + ["--into", home.folder.file("staging.db")]))
    }

    private func strings(_ home: EmulatorHome, _ sql: String) throws -> [String] {
        try DatabaseQueue(path: home.folder.file("staging.db")).read { try String.fetchAll($0, sql: sql) }
    }

    @Test func stagesATableUnderItsName() async throws {
        try await EmulatorHome.with { home in
            let outcome = try await table(
                home, ["local-project.bench.trips_250", "--page-rows", "100", "--json", "--columns", "vendor, trip_id"])
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("250 rows staged in table trips_250 of"))
            #expect(outcome.errors.contains("  read      local-project.bench.trips_250, without a query"))
            #expect(outcome.errors.contains("in 3 pages"))
            #expect(!outcome.errors.contains("  query") && !outcome.errors.contains("  job"))
            #expect(try strings(home, "SELECT count(*) FROM trips_250") == ["250"])
            let report = try #require(
                try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
            #expect(report["sourceTable"] as? String == "local-project.bench.trips_250")
            #expect(report["rowsCopied"] as? Int == 250 && report["bytesBilled"] as? Int == 0)
            #expect(report["jobId"] == nil)
            #expect(home.emulator.counters.jobs == 0)

            let runs = try await home.run(["runs", home.folder.file("staging.db")])
            #expect(runs.output.contains("  reads    local-project.bench.trips_250\n"))
            #expect(!runs.output.contains("  job") && !runs.output.contains("  query"))
            let json = try await home.run(["runs", home.folder.file("staging.db"), "--json"])
            #expect(json.output.contains(#""sourceTable":"local-project.bench.trips_250""#))
            #expect(!json.output.contains(#""sql""#) && !json.output.contains("jobId"))
        }
    }

    @Test func takesTheOptionsOfTheTarget() async throws {
        try await EmulatorHome.with { home in
            let first = try await table(
                home,
                ["bench.trips_250", "--table", "t", "--key", "trip_id", "--index", "vendor", "--rows", "10", "--quiet"])
            #expect(first.exitCode == 0 && first.errors.isEmpty, "\(first.errors)")
            let more = ["bench.trips_250", "--table", "t", "--if-exists", "upsert", "--key", "trip_id"]
            #expect(try await table(home, more).exitCode == 0)
            #expect(try strings(home, "SELECT count(*) FROM t") == ["250"])
            #expect(try await table(home, ["bench.trips_250", "--table", "t", "--if-exists", "fail"]).exitCode == 73)
        }
    }

    @Test(
        arguments: [
            (["sales.latest"], 64, "bqpull query 'SELECT * FROM `local-project.sales.latest`' --into FILE"),
            (["bench.trips_5", "--columns", "vendor,trip_ib"], 64, "did you mean trip_id?"),
            (["bench.trips_5", "--columns", "vendor,"], 64, "--columns"),
            (["bench.trips_5", "--rows", "0"], 64, "--rows must be at least 1"),
            (["trips_5"], 64, "DATASET.TABLE"), (["sales.latset"], 3, "did you mean sales.latest?"), ([], 64, "name"),
        ] as [([String], Int32, String)])
    func invalidInputHasAClearErrorAndExitCode(options: [String], exit: Int32, mention: String) async throws {
        try await EmulatorHome.with { home in
            let view = home.folder.file("latest.sql")
            try Data("SELECT 1 AS id".utf8).write(to: URL(filePath: view))
            try await home.emulator.load(.init(dataset: "sales", table: "latest", file: view))
            let outcome = try await table(home, options)
            #expect(outcome.exitCode == exit, "\(outcome.errors)")
            #expect(outcome.errors.contains(mention), "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
        }
    }

    enum Way: CaseIterable { case sameCommand, resume }

    /// Rows staged by a killed or interrupted pull are not fetched again, however it is continued.
    @Test(arguments: [(SIGKILL, 137), (SIGINT, 130)] as [(Int32, Int32)], Way.allCases)
    func continuesAfterASignal(_ end: (signal: Int32, exitCode: Int32), way: Way) async throws {
        // 1,000 pages of 20 ms each.
        try await EmulatorHome.with(EmulatorConfiguration(latency: .milliseconds(20))) { home in
            let file = home.folder.file("staging.db")
            let command = arguments(home, ["table", "bench.trips_10000", "--into", file])
            let running = try await home.binary().start(command + ["--page-rows", "10"])
            try await home.emulator.waitForCounters { $0.rows >= 200 }
            running.send(signal: end.signal)
            let outcome = try await running.outcome()
            #expect(outcome.exitCode == end.exitCode)
            if end.signal == SIGINT {
                #expect(outcome.errors.contains("of 10,000 rows are staged"), "\(outcome.errors)")
                #expect(outcome.errors.contains("bqpull resume"))
            }
            let staged = try #require(Int64(try strings(home, "SELECT rows FROM _bqpull_runs")[0]))
            #expect(staged > 0 && staged < 10_000)
            // Interrupted, whether or not the process could record it.
            #expect(try await home.run(["runs", file]).output.contains("  interrupted\n"))

            let before = home.emulator.counters.firstRows.count
            let again = try await home.run(way == .resume ? arguments(home, ["resume", file]) : command)
            #expect(again.exitCode == 0, "\(again.errors)")
            #expect(again.errors.contains("rows were staged before the interruption"))
            #expect(home.emulator.counters.firstRows.dropFirst(before).allSatisfy { $0 >= staged })
            #expect(
                try strings(home, "SELECT count(DISTINCT trip_id) || ' ' || count(*) FROM trips_10000") == [
                    "10000 10000"
                ])
            #expect(try strings(home, "PRAGMA integrity_check") == ["ok"])
            #expect(try strings(home, "SELECT state FROM _bqpull_runs") == ["published"])
        }
    }

    /// After several changes the pull fails, and the old table is kept.
    @Test func aTableThatKeepsChangingIsATemporaryError() async throws {
        try await EmulatorHome.with(EmulatorConfiguration(latency: .milliseconds(20))) { home in
            let source = home.folder.file("t.csv")
            let lines = (1...100).map { "\($0)\n" }.joined()
            try Data("id\n\(lines)".utf8).write(to: URL(filePath: source))
            try await home.emulator.load(.init(dataset: "d", table: "t", file: source))
            #expect(try await table(home, ["d.t"]).exitCode == 0)
            // Every page changes the table before the next one is read.
            let outcome = try await withThrowingTaskGroup(of: Binary.Outcome?.self) { group in
                group.addTask { try await table(home, ["d.t", "--page-rows", "10"]) }
                group.addTask {
                    while true {
                        let pages = home.emulator.counters.firstRows.count
                        try await home.emulator.waitForCounters { $0.firstRows.count > pages }
                        try await home.emulator.load(.init(dataset: "d", table: "t", file: source))
                    }
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
            #expect(outcome?.exitCode == 75, "\(outcome?.errors ?? "")")
            #expect(outcome?.errors.contains("changed during each of 3 reads") == true)
            #expect(try strings(home, "SELECT count(*) FROM t") == ["100"])
            #expect(try strings(home, "SELECT state FROM _bqpull_runs") == ["published", "failed", "failed", "failed"])
        }
    }

    @Test func helpNamesEveryOption() async throws {
        let outcome = try await Binary().run(["table", "--help"])
        #expect(outcome.exitCode == 0)
        for option in [
            "--into", "--table", "--if-exists", "--key", "--index", "--evolve", "--restart", "--columns", "--rows",
            "--page-rows", "--check", "--quiet", "--project", "--credentials", "--endpoint", "--verbose", "--json",
        ] {
            #expect(outcome.output.contains(option), "\(option)")
        }
    }
}
