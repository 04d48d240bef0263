import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// Control tables that another program has changed: whatever is in them, bqpull reads it or rejects the file.
@Suite(.timeLimit(.minutes(10))) struct HostileRecordTests {
    private static let columns = [
        "run_id", "target", "key_columns", "index_columns", "adds_columns", "incremental_column", "watermark", "state",
        "command", "project", "job_id", "sql", "configuration", "schema", "rows", "total_rows", "page_token", "pages",
        "started_at", "finished_at", "acknowledged", "table_rows", "load", "since", "until", "includes_nulls",
        "replaces_range", "adopts_rows", "incremental_type", "parameters", "load_column", "loaded_at_column",
        "latest_column", "inserted", "outdated", "first_row_id", "last_row_id",
    ]
    /// Values of every storage class, among them text that is not UTF-8, JSON or a date.
    private static let values = [
        "NULL", "-1", "9223372036854775807", "1e300", "'x'", "'[1]'", "CAST(x'ff61' AS TEXT)", "CAST(x'6100' AS TEXT)",
        "x'00ff'", "'9999-99-99T99:99:99.999Z'", "char(27) || '[31m'",
    ]

    /// Every column and every value, each with some of the others.
    private static let changedValues = (0..<columns.count * Sweep.whole(values.count, orPart: 1)).map { index in
        let column = columns[index % columns.count]
        let value = values[(index + index / columns.count) % values.count]
        return "UPDATE OR IGNORE _bqpull_runs SET \(column) = \(value)"
    }

    /// A load of the table whose every column has every value, each with some of the others.
    private static let changedLoads = {
        let columns = [
            "name", "target", "if_exists", "load_column", "incremental_column", "incremental_type", "project", "sql",
            "parameters", "high_water_mark", "is_started", "run_id", "columns", "updated_at",
        ]
        let record = """
            INSERT INTO _bqpull_loads VALUES ('results', 'results', 'append', NULL, 'trip_id', 'INT64', 'p', 'SELECT 1', '', \
            '1', 1, 'r', '[]', '2024-02-01T00:00:00.000Z')
            """
        return (0..<columns.count * Sweep.whole(values.count, orPart: 1)).map { index in
            let value = values[(index + index / columns.count) % values.count]
            return "\(record); UPDATE OR IGNORE _bqpull_loads SET \(columns[index % columns.count]) = \(value)"
        }
    }()

    private static let changedTables = [
        "DELETE FROM _bqpull_meta", "DROP TABLE _bqpull_meta", "DROP TABLE _bqpull_runs", "DROP TABLE _bqpull_columns",
        "DROP TABLE _bqpull_meta; CREATE TABLE _bqpull_meta (key)",
        "DROP TABLE _bqpull_runs; CREATE TABLE _bqpull_runs (run_id)",
        "DROP TABLE _bqpull_runs; CREATE VIEW _bqpull_runs AS SELECT 1 AS run_id",
        "DROP TABLE _bqpull_columns; CREATE TABLE _bqpull_columns (x)",
        "ALTER TABLE _bqpull_runs ADD COLUMN extra", "ALTER TABLE _bqpull_runs DROP COLUMN pages",
        "ALTER TABLE _bqpull_meta RENAME TO _bqpull_other", "DROP TABLE _bqpull_loads",
        "DROP TABLE _bqpull_loads; CREATE TABLE _bqpull_loads (name)",
        "UPDATE _bqpull_runs SET rowid = 9223372036854775807 WHERE rowid = 2",
        "UPDATE _bqpull_columns SET column_name = CAST(x'ff' AS TEXT), is_key = 'x'",
        "INSERT OR REPLACE INTO _bqpull_meta VALUES ('journal_mode', 'wal; DROP TABLE results')",
        "INSERT OR REPLACE INTO _bqpull_meta VALUES ('journal_mode', x'ff')",
    ]

    private static let versions = ["'abc'", "''", "0", "-1", "2.5", "NULL", "x'33'", "1e300", "9223372036854775807"].map
    {
        "UPDATE _bqpull_meta SET value = \($0) WHERE key = 'version'"
    }

    /// The user's file with a published and an interrupted run.
    private func interrupt(_ user: StagingUser) async throws {
        try user.home.inject("bigquery.jobs.getQueryResults", Array(repeating: "pass", count: 5) + ["stall-for-600s"])
        let pull = try await user.start()
        try await user.home.allApplied()
        pull.send(signal: SIGINT)
        try #require(try await pull.outcome().exitCode == 130)
        try #require(try await user.examine().rows > 0)
        try user.home.endFaults()
    }

    /// Changes a copy of the file for each command, and runs the command on it.
    private func run(_ statement: String, _ user: StagingUser) async throws {
        let copy = user.home.folder.file("copy.db")
        let commands = [
            ["runs", copy], ["runs", copy, "--json"], ["loads", copy], ["loads", copy, "--json"],
            ["loads", copy, "--reset", "results", "--to", "1"], ["resume", copy, "--quiet"] + user.connection,
            user.command + ["--into", copy], user.command + ["--into", copy, "--restart"],
            user.command + ["--into", copy, "--if-exists", "append", "--incremental", "trip_id"],
        ]
        for command in commands {
            for suffix in ["", "-wal", "-shm", "-journal"] {
                // Not every command leaves all of them.
                try? FileManager.default.removeItem(atPath: copy + suffix)
            }
            try FileManager.default.copyItem(atPath: user.file, toPath: copy)
            let queue = try DatabaseQueue(path: copy)
            try await queue.write { try $0.execute(sql: statement) }
            try queue.close()
            let outcome = try await user.home.run(command)
            let comment: Comment = "\(statement): \(command[0]) \(outcome.exitCode) \(outcome.errors)"
            // A changed record can also name a job or a dataset that BigQuery does not have.
            let isRejected = outcome.exitCode > 1 && outcome.exitCode < 128 && outcome.isFailure(outcome.exitCode)
            #expect(outcome.exitCode == 0 || isRejected, comment)
            #expect(!(outcome.output + outcome.errors).contains("\u{1B}"), comment)
        }
    }

    @Test(
        .faults("L37"),
        arguments: [
            Sweep.few(5, of: changedTables + versions), Sweep.few(5, of: changedValues),
            Sweep.few(5, of: changedLoads),
        ])
    func whateverTheRecordsHoldIsReadOrRejected(statements: [String]) async throws {
        try await StagingUser.with(EmulatorConfiguration(faults: FaultPlan([:]))) { user in
            try await interrupt(user)
            for statement in statements { try await run(statement, user) }
        }
    }

    #if os(Linux)
    /// Nothing is written: the run that awaits its acknowledgement still does afterwards.
    @Test(
        .faults("L11", "L33"),
        .enabled("needs root on Linux, loop devices and ext4") { await LoopDisk.isPossible() })
    func runsAreListedFromAReadOnlyDisk() async throws {
        try await RepeatingUser.with(.append) { user in
            try await LoopDisk.with(on: user.folder, megabytes: 32) { disk in
                try await user.prepare()
                try await user.runWithoutReport()
                try await disk.makeReadOnly()
                let before = try Data(contentsOf: URL(fileURLWithPath: user.file))
                for options in [[], ["--json"]] {
                    let outcome = try await user.home.run(["runs", user.file] + options)
                    #expect(outcome.exitCode == 0, "\(outcome.errors)")
                    #expect(outcome.output.matches(of: /published/).count >= 2, "\(outcome.output)")
                }
                let rejected = try await user.run()
                #expect(rejected.isFailure(73), "\(rejected.errors)")
                #expect(try Data(contentsOf: URL(fileURLWithPath: user.file)) == before)
                try await disk.restart()
                #expect(try await user.acknowledged() == [true, false])
                let again = try await user.run()
                #expect(again.errors.contains("already published at"), "\(again.errors)")
            }
        }
    }
    #endif
}
