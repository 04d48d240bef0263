import BigQueryRows
import Foundation
import GRDB

/// The record of one run in `_bqpull_runs`, and the hidden table that its rows gather in.
struct RunRecord: Sendable {
    private enum State: String {
        case running, published, failed, abandoned
    }

    let runID: String

    /// The name of the table that no reader looks at until it is published.
    var hiddenTable: String { "\(ControlTables.prefix)rows_\(runID)" }

    /// Writes a new run.
    static func insert(_ intent: StagingIntent, target: StagingTarget, _ db: Database) throws -> RunRecord {
        try db.execute(
            sql: """
                INSERT INTO _bqpull_runs (
                    run_id, target, if_exists, state, project, location, job_id, sql, configuration,
                    statement_type, estimated_bytes, schema, started_at, updated_at, tool_version
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \(ControlTables.now), ?)
                """,
            arguments: [
                intent.runID, target.table, target.ifExists?.rawValue, State.running.rawValue,
                intent.project, intent.location, intent.jobID, intent.sql, intent.configuration,
                intent.statementType, intent.estimatedBytes, try intent.schema.map(json),
                text(of: intent.startedAt), intent.toolVersion,
            ])
        return RunRecord(runID: intent.runID)
    }

    /// Ends the runs that were interrupted on their way to this table, and drops what they left.
    static func abandonAll(target: String, _ db: Database) throws {
        let runs = try String.fetchAll(
            db, sql: "SELECT run_id FROM _bqpull_runs WHERE target = ? AND state = ?",
            arguments: [target, State.running.rawValue])
        for runID in runs {
            try RunRecord(runID: runID).end(.abandoned, error: nil, db)
        }
    }

    /// Throws `superseded` if another run has ended this one, and dropped its rows.
    func requireRunning(_ db: Database) throws {
        let state = try String.fetchOne(
            db, sql: "SELECT state FROM _bqpull_runs WHERE run_id = ?", arguments: [runID])
        guard state == State.running.rawValue else {
            throw StagingError(
                code: .superseded, message: "another run on the same table has taken this run's place",
                hint: "run one pull on a table at a time")
        }
    }

    /// Makes the hidden table.
    func createTable(_ staged: StagedTable, schema: TableSchema, _ db: Database) throws {
        try db.execute(sql: staged.createSQL(name: hiddenTable))
        try db.execute(
            sql: "UPDATE _bqpull_runs SET schema = ? WHERE run_id = ?", arguments: [Self.json(schema), runID])
    }

    /// Writes how far the run is, to be committed together with the rows it counts.
    func checkpoint(rows: Int64, dataWritten: Int64, _ statistics: StagingStatistics, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE _bqpull_runs SET
                    rows = ?, data_written = ?, location = coalesce(?, location), total_rows = ?, pages = ?,
                    wire_bytes = ?, inflated_bytes = ?, bytes_processed = ?, bytes_billed = ?, cache_hit = ?,
                    updated_at = \(ControlTables.now)
                WHERE run_id = ?
                """,
            arguments: [
                rows, dataWritten, statistics.location, statistics.totalRows, statistics.pages,
                statistics.wireBytes, statistics.inflatedBytes, statistics.bytesProcessed,
                statistics.bytesBilled, statistics.cacheHit, runID,
            ])
    }

    /// Marks the run published; its table has its own name by then.
    func markPublished(_ db: Database) throws {
        try setState(.published, error: nil, db)
    }

    /// Marks the run failed and drops its rows; does nothing to a run that has ended before.
    func fail(error: String, _ db: Database) throws {
        try end(.failed, error: error, db)
    }

    private func end(_ state: State, error: String?, _ db: Database) throws {
        try setState(state, error: error, db)
        if db.changesCount == 1 {
            try db.execute(sql: "DROP TABLE IF EXISTS \(SQLiteName.quoted(hiddenTable))")
        }
    }

    private func setState(_ state: State, error: String?, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE _bqpull_runs SET
                    state = ?, error = ?, updated_at = \(ControlTables.now), finished_at = \(ControlTables.now)
                WHERE run_id = ? AND state = ?
                """,
            arguments: [state.rawValue, error, runID, State.running.rawValue])
    }

    /// A time in UTC, with milliseconds.
    static func text(of date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    private static func json(_ schema: TableSchema) throws -> String {
        String(decoding: try JSONEncoder().encode(schema), as: UTF8.self)
    }
}
