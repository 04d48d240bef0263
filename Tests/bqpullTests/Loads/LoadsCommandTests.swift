import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

@Suite struct LoadsCommandTests {
    /// A user with a load of two days.
    private struct User: Sendable {
        let home: EmulatorHome

        static let sql = "SELECT 1 AS id, DATE '2024-02-01' AS day UNION ALL SELECT 2, DATE '2024-02-03'"

        var file: String { home.folder.file("staging.db") }

        /// Creates the user, and pulls the load for the first time.
        static func with(_ test: @Sendable (User) async throws -> Void) async throws {
            try await EmulatorHome.with { home in
                let user = User(home: home)
                let first = try await user.pull()
                try #require(first.exitCode == 0, "\(first.errors)")
                #expect(first.errors.contains("\n  rows      2 inserted, 2 in the table\n"), "\(first.errors)")
                #expect(
                    first.errors.contains("\n  load      days: day from the beginning; mark 2024-02-03\n"),
                    "\(first.errors)")
                try await test(user)
            }
        }

        func pull(_ sql: String = sql, _ options: [String] = []) async throws -> Binary.Outcome {
            try await home.run(
                [
                    "query", sql, "--into", file, "--table", "days", "--if-exists", "append", "--incremental", "day",
                    "--endpoint", home.emulator.endpoint, "--credentials", home.credentials,
                ] + options)
        }

        func loads(_ options: [String] = []) async throws -> Binary.Outcome {
            try await home.run(["loads", file] + options)
        }

        /// The objects of `--json`.
        func objects(_ command: String) async throws -> [[String: Any]] {
            let outcome = try await home.run([command, file, "--json"])
            try #require(outcome.exitCode == 0, "\(outcome.errors)")
            return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
        }

        func rows() throws -> [Int] {
            try DatabaseQueue(path: file).read { try Int.fetchAll($0, sql: "SELECT id FROM days ORDER BY id") }
        }
    }

    @Test func listsLoads() async throws {
        try await User.with { user in
            let run = try #require(try await user.objects("runs").first?["runId"] as? String)
            let text = try await user.loads()
            #expect(text.exitCode == 0, "\(text.errors)")
            let expected = """
                days
                  table    days (append)
                  column   day DATE
                  mark     2024-02-03
                  run      \(run)
                  updated  
                """
            #expect(text.output.hasPrefix(expected), "\(text.output)")
            #expect(text.output.hasSuffix(" UTC\n  query    \(User.sql)\n"), "\(text.output)")

            let loads = try await user.objects("loads")
            try #require(loads.count == 1)
            var load = loads[0]
            #expect(try Date(#require(load.removeValue(forKey: "updatedAt") as? String), strategy: .iso8601) <= .now)
            #expect(
                load as? [String: String] == [
                    "name": "days", "table": "days", "ifExists": "append", "incrementalColumn": "day", "type": "DATE",
                    "project": "local-project", "sql": User.sql, "highWaterMark": "2024-02-03", "runId": run,
                ])
        }
    }

    @Test func resetsAMark() async throws {
        try await User.with { user in
            let lowered = try await user.loads(["--reset", "DAYS", "--to", "2024-02-02"])
            #expect(lowered.exitCode == 0, "\(lowered.errors)")
            #expect(lowered.output.isEmpty)
            #expect(lowered.errors == "the mark of the load days: 2024-02-02\n")
            #expect(try await user.objects("loads").first?["highWaterMark"] as? String == "2024-02-02")
            let next = try await user.pull()
            #expect(
                next.errors.contains("\n  load      days: day since 2024-02-02; mark 2024-02-02 → 2024-02-03\n"),
                "\(next.errors)")

            let removed = try await user.loads(["--reset", "days", "--json"])
            #expect(removed.exitCode == 0, "\(removed.errors)")
            #expect(removed.errors == "the mark of the load days: none; the next run begins from the first row\n")
            let loads = try JSONSerialization.jsonObject(with: Data(removed.output.utf8)) as? [[String: Any]]
            #expect(loads?.first?["name"] as? String == "days")
            #expect(loads?.first?["highWaterMark"] == nil)
            // All rows are compared, and none is added twice.
            let all = try await user.pull()
            #expect(all.errors.contains("\n  rows      0 inserted, 2 unchanged, 2 in the table\n"), "\(all.errors)")
            #expect(
                all.errors.contains("\n  load      days: day from the beginning; mark 2024-02-03\n"), "\(all.errors)")
            #expect(try user.rows() == [1, 2])
        }
    }

    @Test func aDatabaseCanHaveNoLoads() async throws {
        try await EmulatorHome.with { home in
            let user = User(home: home)
            let pull = try await home.run([
                "query", User.sql, "--into", user.file, "--load", "days", "--endpoint", home.emulator.endpoint,
                "--credentials", home.credentials,
            ])
            #expect(pull.exitCode == 0, "\(pull.errors)")
            let reset = try await user.loads(["--reset", "days"])
            #expect(reset.exitCode == 0, "\(reset.errors)")
            #expect(reset.errors == "the load days has no mark\n")
            #expect(try await user.loads(["--reset", ""]).exitCode == 64)

            let other = home.folder.file("other.db")
            let plain = try await home.run([
                "query", User.sql, "--into", other, "--endpoint", home.emulator.endpoint, "--credentials",
                home.credentials,
            ])
            #expect(plain.exitCode == 0, "\(plain.errors)")
            let list = try await home.run(["loads", other])
            #expect(list.exitCode == 0, "\(list.errors)")
            #expect(list.output.isEmpty)
            #expect(list.errors == "\(other) has no loads\n")
        }
    }

    /// The rows of an interrupted run were chosen by the old mark.
    @Test func aResetDropsAnInterruptedRun() async throws {
        let configuration = EmulatorConfiguration(faults: FaultPlan([:]))
        try await EmulatorHome.with(configuration) { home in
            let user = User(home: home)
            try home.inject("bigquery.jobs.getQueryResults", ["pass", "pass", "stall-for-3600s"])
            let command = [
                "query", "SELECT * FROM bench.trips_250", "--into", user.file, "--table", "days", "--if-exists",
                "append", "--incremental", "trip_id", "--page-rows", "50", "--parallel", "1", "--endpoint",
                home.emulator.endpoint, "--credentials", home.credentials, "--load", "trips",
            ]
            let pull = try await home.binary().start(command)
            try await home.allApplied()
            pull.send(signal: SIGKILL)
            _ = try await pull.outcome()
            // The load has no record before its first run is published.
            #expect(try await user.loads(["--reset", "trips"]).exitCode == 64)
            try home.endFaults()
            let first = try await home.run(command)
            try #require(first.exitCode == 0, "\(first.errors)")

            try home.inject("bigquery.jobs.getQueryResults", ["stall-for-3600s"])
            let second = try await home.binary().start(command)
            try await home.allApplied()
            second.send(signal: SIGKILL)
            _ = try await second.outcome()
            let run = try #require(try await user.objects("runs").last)
            #expect(run["state"] as? String == "interrupted")
            let reset = try await user.loads(["--reset", "trips"])
            #expect(reset.exitCode == 0, "\(reset.errors)")
            #expect(reset.errors.contains("\ndropped the rows of run \(run["runId"] as? String ?? "?"): "))
            #expect(try await user.objects("runs").last?["state"] as? String == "discarded")
        }
    }

    @Test(
        arguments: [
            (["--reset", "nights"], "nights", "bqpull loads "), (["--to", "2024-02-01"], "--to requires --reset", nil),
            (["--reset", "days", "--to", "soon"], "soon", "2024-02-01"),
        ] as [([String], String, String?)])
    func rejectsWhatItCannotReset(options: [String], message: String, hint: String?) async throws {
        try await User.with { user in
            let outcome = try await user.loads(options)
            #expect(outcome.exitCode == 64, "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.contains(message), "\(outcome.errors)")
            if let hint { #expect(outcome.errors.firstMatch(of: /hint: (.*)/)?.1.contains(hint) == true) }
            #expect(try await user.objects("loads").first?["highWaterMark"] as? String == "2024-02-03")
        }
    }

    @Test func aMissingFileIsNotCreated() async throws {
        try await EmulatorHome.with { home in
            let outcome = try await User(home: home).loads()
            #expect(outcome.exitCode == 66, "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: User(home: home).file))
        }
    }

    /// Report, dry run, debug messages and the log of runs show the bounds and the mark.
    @Test func everyTextShowsBoundsAndMark() async throws {
        try await User.with { user in
            let jobs = user.home.emulator.counters.jobs
            let estimate = try await user.pull(User.sql, ["--dry-run"])
            #expect(
                estimate.output.contains("\n  load      days: day since 2024-02-03; mark 2024-02-03\n"),
                "\(estimate.output) \(estimate.errors)")
            let json = try await user.pull(User.sql, ["--dry-run", "--json", "--until", "2024-03-01"])
            let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
            let planned = try #require(object?["load"] as? [String: Any])
            #expect(planned["name"] as? String == "days")
            #expect(planned["since"] as? String == "2024-02-03")
            #expect(planned["until"] as? String == "2024-03-01")
            #expect(planned["previousMark"] as? String == "2024-02-03")
            #expect(user.home.emulator.counters.jobs == jobs)

            let backfill = ["--since", "2024-02-01", "--until", "2024-02-02", "--verbose", "--json"]
            let pull = try await user.pull(User.sql, backfill)
            #expect(pull.exitCode == 0, "\(pull.errors)")
            let range = "days: day since 2024-02-01 until 2024-02-02"
            #expect(pull.errors.contains("\n  load      \(range); mark 2024-02-03\n"), "\(pull.errors)")
            let debug = try #require(pull.errors.firstRange(of: "debug: load \(range); mark 2024-02-03\n"))
            let insert = try #require(pull.errors.ranges(of: "POST ").last)
            #expect(debug.lowerBound < insert.lowerBound)
            let report = try JSONSerialization.jsonObject(with: Data(pull.output.utf8)) as? [String: Any]
            let load = try #require(report?["load"] as? [String: Any])
            #expect(load["since"] as? String == "2024-02-01")
            #expect(load["until"] as? String == "2024-02-02")
            #expect(load["mark"] as? String == "2024-02-03")
            #expect(report?["rowsUnchanged"] as? Int == 1)

            let runs = try await user.home.run(["runs", user.file])
            #expect(runs.output.contains("\n  load     \(range); highest 2024-02-01\n"), "\(runs.output)")
            #expect(
                runs.output.contains("\n  changes  0 inserted, 1 unchanged, 2 in the table\n"), "\(runs.output)")
            let run = try #require(try await user.objects("runs").last)
            #expect(run["load"] as? String == "days")
            #expect(run["since"] as? String == "2024-02-01")
            #expect(run["until"] as? String == "2024-02-02")
            #expect(run["highWaterMark"] as? String == "2024-02-01")
            #expect(run["rowsInserted"] as? Int == 0)
            #expect(run["rowsUnchanged"] as? Int == 1)
            #expect(run["rowsInTable"] as? Int == 2)
        }
    }

    /// The hint has a command for each choice, which can be typed as shown.
    @Test(arguments: [(0, ["days", "days_2"]), (1, ["days"])])
    func aChangedQueryHasTwoCommands(choice: Int, loads: [String]) async throws {
        try await User.with { user in
            let jobs = user.home.emulator.counters.jobs
            let changed = try await user.pull("\(User.sql) UNION ALL SELECT 3, DATE '2024-02-05'")
            #expect(changed.exitCode == 64, "\(changed.errors)")
            #expect(user.home.emulator.counters.jobs == jobs)
            let commands = changed.errors.split(separator: "\n").filter { $0.hasPrefix("  bqpull ") }
            try #require(commands.count == 2, "\(changed.errors)")
            let typed = try await Shell.run(
                String(commands[choice]).replacing("  bqpull ", with: "\(Binary.url.path) ", maxReplacements: 1))
            #expect(typed.exitCode == 0, "\(commands[choice]): \(typed.errors)")
            #expect(try await user.objects("loads").compactMap { $0["name"] as? String }.sorted() == loads)
            // Of another load, rows are no copies.
            #expect(try user.rows() == (choice == 0 ? [1, 1, 2, 2, 3] : [1, 2, 3]))
        }
    }
}
