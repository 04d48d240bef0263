import BigQueryRows
import GRDB
import TestSupport
import Testing

@testable import SQLiteStaging

/// Control tables with unexpected values are rejected with an error, without a trap.
@Suite struct HostileRecordTests {
    static let columns = [
        "run_id", "target", "if_exists", "key_columns", "index_columns", "adds_columns", "incremental_column",
        "watermark", "made_table", "state", "command", "project", "location", "job_id", "sql", "configuration",
        "statement_type", "estimated_bytes", "schema", "rows", "total_rows", "page_token", "data_written", "pages",
        "wire_bytes", "inflated_bytes", "bytes_processed", "bytes_billed", "cache_hit", "started_at", "updated_at",
        "finished_at", "tool_version", "error", "acknowledged", "table_rows", "load", "parameters", "incremental_type",
        "since", "until", "includes_nulls", "replaces_range", "adopts_rows", "load_column", "loaded_at_column",
        "latest_column", "inserted", "updated", "unchanged", "deleted", "outdated", "first_row_id", "last_row_id",
        "publication",
    ]
    static let loadColumns = [
        "name", "target", "if_exists", "load_column", "incremental_column", "incremental_type", "project", "sql",
        "parameters", "high_water_mark", "is_started", "run_id", "columns", "updated_at",
    ]
    static let values = [
        "X'FF'", "CAST(X'FF' AS TEXT)", "CAST(X'610062' AS TEXT)", "1.5", "-1", "9223372036854775807",
        "-9223372036854775808", "9e999", "'abc'", "''", "'['", "'[1]'", "'{\"a\":1}'", "'[[\"n\",[]]]'", "'null'",
        "'2026-99-99T99:99:99.999Z'", "'9999999-01-01T00:00:00Z'", "'[{\"name\":\"n\",\"above\":\"x\"}]'", "'DATE'",
    ]

    /// Creates a database with published and interrupted runs, with and without a load.
    private func prepare(_ folder: StagingFolder) async throws {
        let target = folder.target("results", .append)
        try await folder.stage([[.integer(1)]], schema: .numbers, ifExists: .append)
        try await folder.publish([2], .load("a", command: "load", since: "2", until: "9", adoptsRows: true))
        for intent in [.test(), StagingIntent.load("a", command: "load", since: "2")] {
            try await folder.interrupt(intent, into: target)
        }
    }

    /// Runs every reader of records. Its only errors are `StagingError`s.
    private func read(_ folder: StagingFolder, _ comment: Comment) async {
        let readers: [() async throws -> Void] = [
            { _ = try await RunLog.read(path: folder.path) },
            {
                let database = try await StagingDatabase.open(folder.target("results", .append))
                do {
                    _ = try await database.unfinishedRun(of: "test")
                    _ = try await database.unacknowledgedRun(of: "test", within: .seconds(600))
                    _ = try await database.loadState(of: "a")
                    _ = try await database.loadState(of: "other")
                    _ = try await database.continueRun(of: "test")?.lastRow()
                    _ = try await database.continueRun(of: "load")?.lastRow()
                } catch {
                    // The first error is the one to report.
                    try? await database.close()
                    throw error
                }
                try await database.close()
            },
            { _ = try await LoadLog.read(path: folder.path) },
            { _ = try await LoadLog.reset("a", to: nil, path: folder.path) },
            { _ = try await LoadLog.reset("a", to: "7", path: folder.path) },
            { try await folder.publish([3], .load("a", command: "new", since: "2")) },
            { try await StagingDatabase.prepare(folder.target("results", .append)) },
            { try await StagingDatabase.prepare(folder.target("other")) },
        ]
        for reader in readers {
            do {
                try await reader()
            } catch let error as StagingError {
                #expect(error.code != .unexpected, "\(comment): \(error)")
            } catch {
                Issue.record(error, comment)
            }
        }
    }

    @Test(.faults("L37"), arguments: columns) func areRejected(column: String) async throws {
        try await StagingFolder.with { template in
            try await prepare(template)
            for value in Self.values {
                try await StagingFolder.with { folder in
                    try template.copyFiles(to: folder)
                    try folder.execute("UPDATE OR IGNORE _bqpull_runs SET \(column) = \(value)")
                    await read(folder, "\(column) = \(value)")
                }
            }
        }
    }

    @Test(.faults("L37"), arguments: loadColumns) func ofLoadsAreRejected(column: String) async throws {
        try await StagingFolder.with { template in
            try await prepare(template)
            for value in Self.values {
                try await StagingFolder.with { folder in
                    try template.copyFiles(to: folder)
                    try folder.execute("UPDATE OR IGNORE _bqpull_loads SET \(column) = \(value)")
                    await read(folder, "\(column) = \(value)")
                }
            }
        }
    }

    static let marks = ["high_water_mark = 'x'", "incremental_type = 'STRING'", "is_started = 2", "updated_at = ''"]

    @Test(.faults("L37"), arguments: marks) func ofLoadsAreChecked(_ change: String) async throws {
        try await StagingFolder.with { folder in
            try await prepare(folder)
            try folder.execute("UPDATE _bqpull_loads SET \(change)")
            try await expectCode(.databaseUnusable) { _ = try await LoadLog.read(path: folder.path) }
            try await expectCode(.databaseUnusable) { _ = try await folder.loadState(of: "a") }
        }
    }

    static let bounds = [
        "since = 'x'", "until = 'x'", "watermark = 'x'", "incremental_type = 'STRING'", "includes_nulls = NULL",
        "parameters = NULL", "inserted = -1", "updated = NULL", "table_rows = NULL",
    ]

    @Test(.faults("L37"), arguments: bounds) func ofRunsOfLoadsAreChecked(_ change: String) async throws {
        try await StagingFolder.with { folder in
            try await prepare(folder)
            try folder.execute("UPDATE _bqpull_runs SET \(change) WHERE load = 'a' AND state = 'published'")
            try await expectCode(.databaseUnusable) { _ = try await RunLog.read(path: folder.path) }
        }
    }

    static let versions = ["'abc'", "0", "-1", "2.5", "NULL", "X''", "9e99", "''", "'3'", "9223372036854775807"]

    @Test(.faults("L37"), arguments: versions) func haveAVersion(_ value: String) async throws {
        try await StagingFolder.with { folder in
            try await prepare(folder)
            try folder.execute("UPDATE _bqpull_meta SET value = \(value) WHERE key = 'version'")
            try await expectCode(.databaseUnusable) { _ = try await RunLog.read(path: folder.path) }
            try await expectCode(.databaseUnusable) {
                _ = try await StagingDatabase.open(folder.target("results", .append))
            }
        }
    }

    static let layouts = [
        "ALTER TABLE _bqpull_meta DROP COLUMN value", "ALTER TABLE _bqpull_meta RENAME COLUMN value TO content",
        "ALTER TABLE _bqpull_meta ADD COLUMN extra", "DELETE FROM _bqpull_meta", "DROP TABLE _bqpull_meta",
        "ALTER TABLE _bqpull_runs DROP COLUMN error", "ALTER TABLE _bqpull_runs ADD COLUMN extra",
        "ALTER TABLE _bqpull_runs RENAME COLUMN rows TO lines",
        "CREATE UNIQUE INDEX u ON _bqpull_runs (target, run_id)", "ALTER TABLE _bqpull_columns ADD COLUMN extra",
        "DROP TABLE _bqpull_columns; CREATE TABLE _bqpull_columns (table_name)",
        "DROP TABLE _bqpull_runs; CREATE TABLE _bqpull_runs (run_id)",
        "DROP TABLE _bqpull_runs; CREATE TABLE _bqpull_runs (run_id TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID",
        "CREATE INDEX i ON _bqpull_loads (target)", "ALTER TABLE _bqpull_loads ADD COLUMN extra",
        "DROP TABLE _bqpull_loads; CREATE TABLE _bqpull_loads (name)",
        "ALTER TABLE _bqpull_runs DROP COLUMN publication",
        "UPDATE _bqpull_meta SET value = 3 WHERE key = 'version'",
        "UPDATE _bqpull_meta SET value = 2 WHERE key = 'version'",
        "UPDATE _bqpull_meta SET value = 1 WHERE key = 'version'",
    ]

    @Test(.faults("L37"), arguments: layouts) func haveTheExpectedColumns(_ sql: String) async throws {
        try await StagingFolder.with { folder in
            try await prepare(folder)
            try folder.execute(sql)
            try await expectCode(.databaseUnusable) {
                _ = try await StagingDatabase.open(folder.target("results", .append))
            }
            await read(folder, "\(sql)")
        }
    }

    /// A missing control table is created again.
    @Test func canLackTheTableOfLoads() async throws {
        try await StagingFolder.with { folder in
            try await prepare(folder)
            try folder.execute("DROP TABLE _bqpull_loads")
            #expect(try await folder.loadState(of: "a").record == nil)
            #expect(try await LoadLog.read(path: folder.path).isEmpty)
            try await folder.publish([3], .load("a", since: "3", adoptsRows: true))
            #expect(try await LoadLog.read(path: folder.path).map(\.highWaterMark) == ["3"])
        }
    }

    @Test(
        .faults("L37"),
        arguments: ["DELETE FROM hidden", "ALTER TABLE hidden RENAME COLUMN n TO m", "DROP TABLE hidden"])
    func startOverIfTheHiddenRowsWereChanged(_ sql: String) async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target(), intent: .test(runID: "r")) { run in
                try await run.begin(.numbers)
                try await run.append(RowPage(firstRow: 0, integers: [1]))
                try await run.stop(error: "", canContinue: true)
            }
            try folder.execute(sql.replacing("hidden", with: "_bqpull_rows_r"))
            let database = try await StagingDatabase.open(folder.target())
            let run = try await database.continueRun(id: "r")
            #expect(run.rowsWritten == 0)
            try await run.begin(.numbers)
            try await run.append(RowPage(firstRow: 0, integers: [1, 2]))
            try await run.finish()
            try await database.close()
            #expect(try folder.read("SELECT * FROM results") == ["1", "2"])
        }
    }

    static let encodings = ["UTF-16", "UTF-16le", "UTF-16be"]

    @Test(.faults("L36"), arguments: encodings) func areNotCreatedInAUTF16File(_ encoding: String) async throws {
        try await StagingFolder.with { folder in
            try folder.execute("PRAGMA encoding = '\(encoding)'; CREATE TABLE mine (s); INSERT INTO mine VALUES ('x')")
            try await expectCode(.databaseUnusable) { _ = try await StagingDatabase.open(folder.target()) }
            #expect(try folder.read("SELECT name FROM sqlite_master") == ["\"mine\""])
        }
    }
}
