import BigQueryRows
import GRDB
import SQLiteStaging
import TestSupport
import Testing

/// Control tables with unexpected values are rejected with an error, without a trap.
@Suite struct HostileRecordTests {
    static let columns = [
        "run_id", "target", "if_exists", "key_columns", "index_columns", "adds_columns", "incremental_column",
        "watermark", "made_table", "state", "command", "project", "location", "job_id", "sql", "configuration",
        "statement_type", "estimated_bytes", "schema", "rows", "total_rows", "page_token", "data_written", "pages",
        "wire_bytes", "inflated_bytes", "bytes_processed", "bytes_billed", "cache_hit", "started_at", "updated_at",
        "finished_at", "tool_version", "error", "acknowledged", "table_rows",
    ]
    static let values = [
        "X'FF'", "CAST(X'FF' AS TEXT)", "CAST(X'610062' AS TEXT)", "1.5", "-1", "9223372036854775807",
        "-9223372036854775808", "9e999", "'abc'", "''", "'['", "'[1]'", "'{\"a\":1}'", "'[[\"n\",[]]]'", "'null'",
        "'2026-99-99T99:99:99.999Z'", "'9999999-01-01T00:00:00Z'",
    ]

    /// Creates a database with a published and an interrupted run.
    private func prepare(_ folder: StagingFolder) async throws {
        try await folder.stage([[.integer(1)]], schema: .numbers, ifExists: .append)
        try await folder.withRun(folder.target("results", .append)) { run in
            try await run.begin(.numbers)
            try await run.append(RowPage(firstRow: 0, integers: [1]))
            try await run.stop(error: "enough", canContinue: true)
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
                    _ = try await database.watermark(of: "n")
                    _ = try await database.continueRun(of: "test")?.lastRow()
                } catch {
                    // The first error is the one to report.
                    try? await database.close()
                    throw error
                }
                try await database.close()
            },
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
