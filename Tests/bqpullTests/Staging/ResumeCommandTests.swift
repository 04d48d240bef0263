import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

@Suite struct ResumeCommandTests {
    private static let sql = "SELECT trip_id, vendor FROM bench.trips_5000"

    /// A user with a slow emulator and a staging database.
    private struct User: Sendable {
        let home: EmulatorHome

        var file: String { home.folder.file("staging.db") }
        var connection: [String] { ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials] }

        static func with(_ latency: Duration = .milliseconds(5), _ test: @Sendable (User) async throws -> Void)
            async throws
        {
            try await EmulatorHome.with(EmulatorConfiguration(latency: latency)) { home in
                try await test(User(home: home))
            }
        }

        func query(_ sql: String = ResumeCommandTests.sql, _ options: [String] = []) -> [String] {
            ["query", sql, "--into", file] + connection + options
        }

        func run(_ arguments: [String]) async throws -> Binary.Outcome { try await home.run(arguments) }

        /// Starts a pull, and waits until some of its rows are staged.
        func start(_ options: [String] = []) async throws -> RunningBinary {
            let before = try rows().count
            let pull = try await home.binary().start(query(ResumeCommandTests.sql, ["--page-rows", "20"] + options))
            try await eventually("rows are staged") { try rows().count > before }
            return pull
        }

        /// The staged rows of unfinished runs.
        private func rows() throws -> [Int64] {
            guard FileManager.default.fileExists(atPath: file) else { return [] }
            var configuration = Configuration()
            configuration.busyMode = .timeout(300)
            return try DatabaseQueue(path: file, configuration: configuration).read { db in
                guard try db.tableExists("_bqpull_runs") else { return [] }
                return try Int64.fetchAll(
                    db, sql: "SELECT rows FROM _bqpull_runs WHERE rows > 0 AND state <> 'published'")
            }
        }

        func read(_ sql: String) throws -> [String] {
            try DatabaseQueue(path: file).read { try String.fetchAll($0, sql: sql) }
        }

        /// The runs of `bqpull runs --json`.
        func runs() async throws -> [[String: Any]] {
            let outcome = try await run(["runs", file, "--json"])
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            let list = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
            return try #require(list as? [[String: Any]])
        }
    }

    @Test(.faults("B16", "L8", "L10"), arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)] as [(Int32, Int32)])
    func explainsHowToContinueAfterASignal(signal: Int32, exitCode: Int32) async throws {
        try await User.with { user in
            let pull = try await user.start()
            pull.send(signal: signal)
            let end = try await pull.outcome()
            #expect(end.exitCode == exitCode)
            #expect(end.errors.contains("rows are staged, and the table is unchanged"), "\(end.errors)")
            let hint = try #require(end.errors.firstMatch(of: /, or bqpull (resume .*), to continue/)).output.1
            let run = try #require(try await user.runs().first)
            #expect(run["state"] as? String == "interrupted")
            #expect(run["error"] as? String == "interrupted")
            let text = try await user.run(["runs", user.file])
            #expect(text.output.contains("interrupted"))
            #expect(text.output.contains(" of 5,000"))

            let other = try await user.run(["resume", user.file, "--project", "another"] + user.connection)
            #expect(other.exitCode == 64)
            #expect(other.errors.contains("local-project"))
            // The command as shown.
            let words = hint.split(separator: " ").map { $0.trimmingCharacters(in: ["'"]) }
            let resumed = try await user.run(words)
            #expect(resumed.exitCode == 0, "\(resumed.errors)")
            #expect(resumed.errors.contains("5,000 rows staged in table results"))
            #expect(resumed.errors.contains("were staged before the interruption"))
            #expect(user.home.emulator.counters.jobs == 1)
            #expect(user.home.emulator.counters.requests["jobs.cancel"] == nil)
            #expect(try user.read("SELECT count(*) || ' ' || count(DISTINCT trip_id) FROM results") == ["5000 5000"])
            let again = try await user.run(["resume", user.file] + user.connection)
            #expect(again.exitCode == 0)
            #expect(again.errors == "all runs in \(user.file) are finished\n")
        }
    }

    /// The first signal waits for the response of the cancellation, the second one exits.
    @Test(.faults("L9")) func aSecondSignalExitsAtOnce() async throws {
        let configuration = EmulatorConfiguration(jobTime: .seconds(600), faults: FaultPlan([:]))
        try await EmulatorHome.with(configuration) { home in
            let user = User(home: home)
            let pull = try await home.binary().start(user.query())
            try await home.emulator.waitForCounters { $0.requests["jobs.getQueryResults"] != nil }
            try home.inject("bigquery.jobs.cancel", ["stall-for-600s"])
            pull.send(signal: SIGINT)
            try await home.allApplied()
            pull.send(signal: SIGTERM)
            let end = try await pull.outcome()
            #expect(end.exitCode == 143)
            #expect(!end.errors.contains("requested cancellation"))
            #expect(try user.read("PRAGMA integrity_check") == ["ok"])
            #expect(try await user.runs().map { $0["state"] as? String } == ["interrupted"])
        }
    }

    @Test(.faults("L13")) func aSecondPullIntoTheSameTableNamesTheFirst() async throws {
        // Slow enough to be still running after the second pull.
        try await User.with(.milliseconds(40)) { user in
            let pull = try await user.start(["--parallel", "1"])
            let requests = user.home.emulator.counters.requests["jobs.insert"]
            let second = try await user.run(user.query("SELECT 1 AS x"))
            #expect(second.exitCode == 75)
            #expect(second.errors.contains("error: process \(pull.identifier) is pulling into the table results\n"))
            #expect(user.home.emulator.counters.requests["jobs.insert"] == requests)
            let live = try #require(try await user.runs().first)
            #expect(live["state"] as? String == "running")
            #expect(live["process"] as? Int32 == pull.identifier)
            let id = try #require(live["runId"] as? String)
            #expect(try await user.run(["runs", user.file, "--discard", id]).exitCode == 75)
            #expect(try await user.run(user.query("SELECT 1 AS x", ["--table", "other"])).exitCode == 0)

            pull.send(signal: SIGKILL)
            #expect(try await pull.outcome().exitCode == 137)
            #expect(try await user.runs()[0]["state"] as? String == "interrupted")
            let third = try await user.run(user.query())
            #expect(third.exitCode == 0, "\(third.errors)")
            // The second pull into the other table ran a job as well.
            #expect(user.home.emulator.counters.jobs == 2)
        }
    }

    @Test func discardsRestartsAndFindsRunsByID() async throws {
        try await User.with { user in
            for table in ["a", "b"] {
                let pull = try await user.start(["--table", table])
                pull.send(signal: SIGKILL)
                _ = try await pull.outcome()
            }
            let ids = try await user.runs().compactMap { $0["runId"] as? String }
            try #require(ids.count == 2)
            let first = try await user.run(["resume", user.file, "--run", ids[0]] + user.connection)
            #expect(first.exitCode == 0, "\(first.errors)")
            #expect(try user.read("SELECT count(*) || '' FROM a") == ["5000"])
            let restarted = try await user.run(["resume", user.file, "--restart", "--json"] + user.connection)
            #expect(restarted.exitCode == 0, "\(restarted.errors)")
            #expect(!restarted.output.contains("rowsContinued"))
            #expect(user.home.emulator.counters.jobs == 3)

            for (id, exitCode) in [(ids[0], Int32(0)), (ids[1], 64), ("unknown", 64)] {
                let outcome = try await user.run(["resume", user.file, "--run", id] + user.connection)
                #expect(outcome.exitCode == exitCode, "\(outcome.errors)")
            }
            let pull = try await user.start(["--table", "c"])
            pull.send(signal: SIGKILL)
            _ = try await pull.outcome()
            let last = try #require(try await user.runs().last?["runId"] as? String)
            let discarded = try await user.run(["runs", user.file, "--discard", last])
            #expect(discarded.exitCode == 0, "\(discarded.errors)")
            #expect(discarded.errors.contains(last))
            #expect(try await user.runs().last?["state"] as? String == "discarded")
            #expect(try user.read("SELECT name FROM sqlite_master WHERE name LIKE '%rows%'") == [])
            #expect(try await user.run(["runs", user.file, "--discard", last]).exitCode == 64)
        }
    }

    @Test(arguments: ["runs", "resume"]) func namesAFileWithoutRuns(command: String) async throws {
        try await User.with { user in
            let arguments = [command, user.file] + (command == "resume" ? user.connection : [])
            let missing = try await user.run(arguments)
            #expect(missing.exitCode == 66)
            #expect(missing.errors.contains("there is no file"))
            try Data("not a database, but long enough to look like one".utf8).write(to: URL(filePath: user.file))
            #expect(try await user.run(arguments).exitCode == 73)
            try FileManager.default.removeItem(atPath: user.file)
            try await DatabaseQueue(path: user.file).write { try $0.execute(sql: "CREATE TABLE mine (n)") }
            let foreign = try await user.run(arguments)
            #expect(foreign.exitCode == 64)
            #expect(foreign.errors.contains("nothing was ever staged"))
        }
    }

    @Test func modesAndKeysAreOptions() async throws {
        try await User.with(.zero) { user in
            func pull(_ sql: String, _ options: [String]) async throws -> Binary.Outcome {
                try await user.run(user.query(sql, options))
            }
            let upsert = ["--if-exists", "upsert", "--key", "id"]
            #expect(
                try await pull("SELECT 1 AS id, 'a' AS s UNION ALL SELECT 2, 'b'", upsert + ["--index", "s"]).exitCode
                    == 0)
            #expect(try await pull("SELECT 2 AS id, 'c' AS s UNION ALL SELECT 3, 'd'", upsert).exitCode == 0)
            #expect(try user.read("SELECT id || s FROM results ORDER BY id") == ["1a", "2c", "3d"])
            #expect(try await pull("SELECT 4 AS id, 'x' AS s, 5 AS more", upsert).exitCode == 73)
            #expect(try await pull("SELECT 4 AS id, 'x' AS s, 5 AS more", upsert + ["--evolve"]).exitCode == 0)
            #expect(try user.read("SELECT id || s || more FROM results WHERE more IS NOT NULL") == ["4x5"])
            let doubled = try await pull("SELECT 7 AS id UNION ALL SELECT 7", ["--table", "t", "--key", "id"])
            #expect(doubled.exitCode == 65)
            #expect(doubled.errors.contains("rows 1 and 2 have the same key (id = 7)"))
            let null = try await pull("SELECT 7 AS id UNION ALL SELECT NULL", ["--table", "u", "--key", "id"])
            #expect(null.exitCode == 65)
            #expect(null.errors.contains("row 2: key column id is NULL"))
            #expect(try await pull("SELECT 1 AS id", ["--if-exists", "upsert"]).exitCode == 64)
            #expect(try await pull("SELECT 1 AS id", ["--key", "other"]).exitCode == 64)
            #expect(try await pull("SELECT 1 AS id", ["--key", "id,"]).exitCode == 64)
            #expect(try await pull("SELECT 1 AS id", ["--incremental", "id"]).exitCode == 64)
            // The row at the bound is read again, and not added twice.
            for (sql, more, count) in [
                ("SELECT 1 AS id UNION ALL SELECT 2", [], "2"),
                ("SELECT 3 AS id UNION ALL SELECT 2", ["--same-load"], "3"),
            ] {
                let options = ["--table", "i", "--if-exists", "append", "--incremental", "id"] + more
                let outcome = try await pull(sql, options)
                #expect(outcome.exitCode == 0, "\(outcome.errors)")
                #expect(try user.read("SELECT count(*) || '' FROM i") == [count])
            }
        }
    }
}
