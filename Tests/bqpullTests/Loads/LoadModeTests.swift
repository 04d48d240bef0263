import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// What the options of loads do to a table, with the built binary.
@Suite struct LoadModeTests {
    /// A user with a staging database.
    private struct User: Sendable {
        let home: EmulatorHome

        static func with(_ test: @Sendable (User) async throws -> Void) async throws {
            try await EmulatorHome.with { home in try await test(User(home: home)) }
        }

        func run(_ command: [String]) async throws -> Binary.Outcome {
            try await home.run(
                command + ["--into", file, "--endpoint", home.emulator.endpoint, "--credentials", home.credentials])
        }

        /// Pulls a query, and expects that the report has a line with these counts.
        func pull(_ sql: String, _ options: [String], rows: String) async throws {
            let outcome = try await run(["query", sql] + options)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("\n  rows      \(rows)\n"), "\(outcome.errors)")
        }

        func read(_ sql: String) throws -> [String] {
            try DatabaseQueue(path: file).read { try String.fetchAll($0, sql: sql) }
        }

        private var file: String { home.folder.file("staging.db") }
    }

    @Test func deleteInsertReplacesTheGroupsOfItsKey() async throws {
        try await User.with { user in
            let options = ["--if-exists", "delete-insert", "--key", "day"]
            let days = "SELECT 1 AS id, DATE '2024-02-01' AS day UNION ALL SELECT 2, DATE '2024-02-01'"
            try await user.pull(
                "\(days) UNION ALL SELECT 3, DATE '2024-02-02'", options, rows: "3 inserted, 3 in the table")
            try await user.pull(
                "SELECT 4 AS id, DATE '2024-02-01' AS day", options, rows: "1 inserted, 2 deleted, 2 in the table")
            #expect(
                try user.read("SELECT id || ' ' || day FROM results ORDER BY id") == ["3 2024-02-02", "4 2024-02-01"])
        }
    }

    /// Whole groups are read again only if the column is part of the key.
    @Test func anIncrementalDeleteInsertNeedsTheColumnInItsKey() async throws {
        try await User.with { user in
            let sql = "SELECT 1 AS id, DATE '2024-02-01' AS day"
            let options = ["--if-exists", "delete-insert", "--incremental", "day"]
            let outcome = try await user.run(["query", sql] + options + ["--key", "id"])
            #expect(outcome.exitCode == 64, "\(outcome.errors)")
            #expect(outcome.errors.hasSuffix(" --key id,day\n"), "\(outcome.errors)")
            #expect(user.home.emulator.counters.jobs == 0)
            try await user.pull(sql, options + ["--key", "day"], rows: "1 inserted, 1 in the table")
        }
    }

    @Test func theLatestRowOfAKeyIsKept() async throws {
        try await User.with { user in
            let options = ["--if-exists", "upsert", "--key", "id"]
            let sql = "SELECT 5 AS id, 1 AS version UNION ALL SELECT 5, 2"
            let rejected = try await user.run(["query", sql] + options)
            #expect(rejected.exitCode == 65, "\(rejected.errors)")
            #expect(rejected.errors.contains("(id = 5)"), "\(rejected.errors)")
            #expect(rejected.errors.contains("--keep latest:COLUMN"), "\(rejected.errors)")

            let latest = options + ["--keep", "latest:version"]
            try await user.pull(sql, latest, rows: "1 inserted, 1 outdated, 1 in the table")
            try await user.pull(
                "SELECT 5 AS id, 1 AS version", latest, rows: "0 inserted, 1 outdated, 1 in the table")
            #expect(try user.read("SELECT id || ' ' || version FROM results") == ["5 2"])
        }
    }

    @Test func rowsHaveTheTimeOfTheirRun() async throws {
        try await User.with { user in
            let before = Date.now.addingTimeInterval(-1)
            try await user.pull("SELECT 1 AS id", ["--loaded-at", "loaded"], rows: "1 inserted, 1 in the table")
            let text = try #require(try user.read("SELECT loaded FROM results").first)
            #expect(text.wholeMatch(of: /[0-9]{4}(?:-[0-9]{2}){2}T[0-9]{2}(?::[0-9]{2}){2}\.[0-9]{6}Z/) != nil)
            let time = try Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
            #expect(before <= time && time <= .now)
        }
    }

    /// Equal rows of two sources are two rows; a row that a source repeats is added once.
    @Test func twoSourcesShareATable() async throws {
        try await User.with { user in
            let sql = "SELECT 1 AS id"
            let options = ["--if-exists", "append", "--incremental", "id"]
            try await user.pull(sql, options + ["--load", "eu"], rows: "1 inserted, 1 in the table")
            let second = options + ["--load", "us"]
            let rejected = try await user.run(["query", sql] + second)
            #expect(rejected.exitCode == 64, "\(rejected.errors)")
            #expect(rejected.errors.hasSuffix(" --load-column load_name\n"), "\(rejected.errors)")
            #expect(user.home.emulator.counters.jobs == 1)
            for rows in ["1 inserted, 2 in the table", "0 inserted, 1 unchanged, 2 in the table"] {
                try await user.pull(sql, second + ["--load-column", "load_name"], rows: rows)
            }
            #expect(try user.read("SELECT id || load_name FROM results ORDER BY 1") == ["1eu", "1us"])
        }
    }

    @Test func aTableCanHaveALoad() async throws {
        try await User.with { user in
            let outcome = try await user.run(
                ["table", "bench.trips_5", "--load", "trips", "--load-column", "source", "--columns", "trip_id"])
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("\n  load      trips\n"), "\(outcome.errors)")
            #expect(try user.read("SELECT DISTINCT source FROM trips_5") == ["trips"])
            let loads = try await user.home.run(["loads", user.home.folder.file("staging.db")])
            #expect(
                loads.output.hasPrefix("trips\n  table    trips_5 (load column source)\n  run      "), "\(loads.output)"
            )
        }
    }

    /// A LIMIT of a subquery would skip rows, unless the query begins at the mark itself.
    @Test func aLimitNeedsTheMarkInTheQuery() async throws {
        try await User.with { user in
            let source = "SELECT id FROM (SELECT 1 AS id UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4)"
            let options = ["--if-exists", "append", "--incremental", "id"]
            let rejected = try await user.run(["query", "\(source) ORDER BY id LIMIT 2"] + options)
            #expect(rejected.exitCode == 64, "\(rejected.errors)")
            #expect(
                rejected.errors.contains("WHERE COLUMN >= @bqpull_watermark ORDER BY COLUMN LIMIT"),
                "\(rejected.errors)")
            #expect(user.home.emulator.counters.jobs == 0)
            let sql = "\(source) WHERE id >= @bqpull_watermark ORDER BY id LIMIT 2"
            for rows in [
                "2 inserted, 2 in the table", "1 inserted, 1 unchanged, 3 in the table",
                "1 inserted, 1 unchanged, 4 in the table", "0 inserted, 1 unchanged, 4 in the table",
            ] {
                try await user.pull(sql, options, rows: rows)
            }
            #expect(try user.read("SELECT id || '' FROM results ORDER BY id") == ["1", "2", "3", "4"])
        }
    }
}
