import BigQueryRows
import Foundation
import GRDB

/// The log of runs in `_bqpull_runs`, and the hidden tables that their rows gather in.
enum RunTable {
    /// The name of the table that no reader looks at until it is published.
    static func hiddenTable(_ runID: String) -> String { "\(ControlTables.prefix)rows_\(runID)" }

    // MARK: Reading

    /// All runs, in the order in which they began.
    static func all(path: String, _ db: Database) throws -> [RecordedRun] {
        guard try db.tableExists("_bqpull_runs") else { return [] }
        return try runs("ORDER BY rowid", path: path, db)
    }

    /// The run of this ID; `nil` if it is not recorded.
    static func find(_ runID: String, path: String, _ db: Database) throws -> RecordedRun? {
        try runs("WHERE run_id = ?", [runID], path: path, db).first
    }

    /// The latest run of a command that is not finished; `nil` if there is none.
    static func unfinished(_ command: String, target: StagingTarget, _ db: Database) throws -> RecordedRun? {
        guard try db.tableExists("_bqpull_runs") else { return nil }
        return try runs(
            "WHERE \(sameCommand) AND state IN ('running', 'interrupted') ORDER BY rowid DESC LIMIT 1",
            try arguments(command, target), path: target.path, db
        ).first
    }

    /// The latest run of a command that is published and not acknowledged, or `nil`. Another run that is
    /// published into the table acknowledges it.
    static func unacknowledged(_ command: String, target: StagingTarget, _ db: Database) throws -> RecordedRun? {
        guard try ControlTables.isCurrent(db) else { return nil }
        return try runs(
            "WHERE \(sameCommand) AND state = 'published' AND acknowledged = 0 ORDER BY rowid DESC LIMIT 1",
            try arguments(command, target), path: target.path, db
        ).first
    }

    /// Whether a run into a target is published and not acknowledged, whatever its command.
    static func hasUnacknowledged(_ target: StagingTarget, _ db: Database) throws -> Bool {
        guard try ControlTables.isCurrent(db) else { return false }
        return try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (
                    SELECT 1 FROM _bqpull_runs
                    WHERE target = ? AND if_exists IS ? AND state = 'published' AND acknowledged = 0
                )
                """, arguments: [target.table, target.ifExists?.rawValue]) ?? false
    }

    /// The highest value of a column that published runs have brought to a table since bqpull made it; `nil` if there
    /// was no such run, or the table is not there.
    static func watermark(_ column: String, table: String, path: String, _ db: Database) throws -> Watermark? {
        guard try db.tableExists("_bqpull_runs"), try db.tableExists(table) else { return nil }
        let found = try records(
            """
            SELECT watermark, schema FROM _bqpull_runs
            WHERE target = :table AND state = 'published' AND incremental_column = :column
            AND rowid >= coalesce((
                SELECT max(rowid) FROM _bqpull_runs WHERE target = :table AND state = 'published' AND made_table
            ), 0)
            ORDER BY rowid DESC LIMIT 1
            """, ["table": table, "column": column], path: path, db
        ).first
        guard let found, let schema = try found.optionalJSON("schema") as TableSchema?,
            let field = schema.fields.first(where: { SQLiteName($0.name) == SQLiteName(column) })
        else { return nil }
        return Watermark(column: field.name, type: field.type, value: try found.optionalText("watermark"))
    }

    /// The runs that are going on, or whose process exited unexpectedly.
    static func running(_ db: Database, path: String) throws -> [(runID: String, target: String)] {
        guard try db.tableExists("_bqpull_runs") else { return [] }
        return try records("SELECT run_id, target FROM _bqpull_runs WHERE state = 'running'", path: path, db)
            .map { (try $0.text("run_id"), try $0.text("target")) }
    }

    private static let sameCommand = "command = ? AND target = ? AND if_exists IS ? AND key_columns = ?"

    private static func arguments(_ command: String, _ target: StagingTarget) throws -> StatementArguments {
        [command, target.table, target.ifExists?.rawValue, try json(target.key)]
    }

    private static func runs(
        _ condition: String, _ arguments: StatementArguments = [], path: String, _ db: Database
    ) throws -> [RecordedRun] {
        let selection = """
            SELECT *, EXISTS (
                SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '\(ControlTables.prefix)rows_' || run_id
            ) AS has_table FROM _bqpull_runs
            """
        return try records("\(selection) \(condition)", arguments, path: path, db).map(RecordedRun.init)
    }

    private static func records(
        _ sql: String, _ arguments: StatementArguments = [], path: String, _ db: Database
    ) throws -> [StoredRecord] {
        let rows = try Row.fetchCursor(db, sql: sql, arguments: arguments)
        var records: [StoredRecord] = []
        while let row = try rows.next() { records.append(StoredRecord(row, table: "_bqpull_runs", path: path)) }
        return records
    }

    // MARK: Writing

    /// Writes a new run.
    static func insert(_ intent: StagingIntent, target: StagingTarget, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO _bqpull_runs (
                    run_id, target, if_exists, key_columns, index_columns, adds_columns, incremental_column, state,
                    command, project, location, job_id, sql, configuration, statement_type, estimated_bytes, schema,
                    started_at, updated_at, tool_version
                ) VALUES (?, ?, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \(ControlTables.now), ?)
                """,
            arguments: [
                intent.runID, target.table, target.ifExists?.rawValue, try json(target.key),
                try json(target.indexes), target.addsColumns, intent.incrementalColumn, intent.command,
                intent.project, intent.location, intent.jobID, intent.sql, intent.configuration,
                intent.statementType, intent.estimatedBytes, try intent.schema.map(json),
                StoredRecord.text(of: intent.startedAt), intent.toolVersion,
            ])
    }

    /// Marks an unfinished run as going on again, with the parts of its target that can differ from before.
    ///
    /// If another program has changed the hidden table, so that it has other columns, or other rows than the checkpoint
    /// counts, the run goes on from its first row.
    static func resume(_ run: RecordedRun, target: StagingTarget, _ db: Database) throws {
        let runID = run.intent.runID
        let hidden = SQLiteName.quoted(hiddenTable(runID))
        if try !isIntact(run, db) {
            try db.execute(sql: "DROP TABLE IF EXISTS \(hidden)")
            try checkpoint(runID, rows: 0, dataWritten: 0, StagingStatistics(location: run.statistics.location), db)
        }
        try db.execute(
            sql: """
                UPDATE _bqpull_runs SET
                    state = 'running', error = NULL, index_columns = ?, adds_columns = ?, updated_at = \(ControlTables.now)
                WHERE run_id = ?
                """,
            arguments: [try json(target.indexes), target.addsColumns, runID])
    }

    private static func isIntact(_ run: RecordedRun, _ db: Database) throws -> Bool {
        guard run.hasTable else { return run.rows == 0 }
        let name = hiddenTable(run.intent.runID)
        guard let schema = run.intent.schema, let staged = try? StagedTable(schema, for: run.target, columnLimit: .max),
            try db.columns(in: name).map(\.name) == staged.columns.map(\.name)
        else { return false }
        return try StagingDatabase.rowCount(of: name, db) == run.rows
    }

    /// Throws `superseded` if a run is not going on with this many rows: another process has ended or continued it.
    static func require(_ runID: String, rows: Int64, _ db: Database) throws {
        let rowsOfRun = try db.cachedStatement(
            sql: "SELECT rows FROM _bqpull_runs WHERE run_id = ? AND state = 'running'")
        let found = try Int64.fetchOne(rowsOfRun, arguments: [runID])
        guard found == rows else {
            throw StagingError(
                code: .superseded, message: "another run on the same table has taken this run's place",
                hint: "run one pull on a table at a time")
        }
    }

    /// Makes the hidden table of a run.
    static func createTable(_ staged: StagedTable, schema: TableSchema, runID: String, _ db: Database) throws {
        try db.execute(sql: staged.createSQL(name: hiddenTable(runID)))
        try db.execute(
            sql: "UPDATE _bqpull_runs SET schema = ? WHERE run_id = ?", arguments: [json(schema), runID])
    }

    /// Writes how far a run is, to be committed together with the rows it counts.
    static func checkpoint(
        _ runID: String, rows: Int64, dataWritten: Int64, _ statistics: StagingStatistics, _ db: Database
    ) throws {
        try db.cachedStatement(sql: checkpointSQL).execute(arguments: [
            rows, dataWritten, statistics.location, statistics.totalRows, statistics.pageToken,
            statistics.pages, statistics.wireBytes, statistics.inflatedBytes, statistics.bytesProcessed,
            statistics.bytesBilled, statistics.cacheHit, runID,
        ])
    }

    private static let checkpointSQL = """
        UPDATE _bqpull_runs SET
            rows = ?, data_written = ?, location = coalesce(?, location), total_rows = ?, page_token = ?,
            pages = ?, wire_bytes = ?, inflated_bytes = ?, bytes_processed = ?, bytes_billed = ?,
            cache_hit = ?, updated_at = \(ControlTables.now)
        WHERE run_id = ?
        """

    /// Notes that an unfinished run stopped, and whether it can be continued; its rows stay.
    static func stop(_ runID: String, canContinue: Bool, error: String, _ db: Database) throws {
        let finished = canContinue ? "NULL" : ControlTables.now
        try db.execute(
            sql: """
                UPDATE _bqpull_runs SET
                    state = ?, error = ?, updated_at = \(ControlTables.now), finished_at = \(finished)
                WHERE run_id = ? AND state IN ('running', 'interrupted')
                """,
            arguments: [
                (canContinue ? RecordedRun.State.interrupted : .failed).rawValue, error, runID,
            ])
    }

    /// Marks a run published, whose table has its own name by then, and drops what other runs left for the table.
    ///
    /// Earlier runs into the table count as acknowledged, since the table is not as they left it.
    ///
    /// - Parameters:
    ///   - madeTable: whether its hidden table became the one with the name.
    ///   - tableRows: the rows of the whole table.
    static func markPublished(
        _ runID: String, target: String, madeTable: Bool, tableRows: Int64, watermark: String?, _ db: Database
    ) throws {
        try db.execute(
            sql: """
                UPDATE _bqpull_runs SET
                    state = 'published', acknowledged = 0, error = NULL, made_table = ?, table_rows = ?, watermark = ?,
                    updated_at = \(ControlTables.now), finished_at = \(ControlTables.now)
                WHERE run_id = ?
                """,
            arguments: [madeTable, tableRows, watermark, runID])
        try db.execute(
            sql: "UPDATE _bqpull_runs SET acknowledged = 1 WHERE target = ? AND acknowledged = 0 AND run_id <> ?",
            arguments: [target, runID])
        let others = try String.fetchAll(
            db,
            sql: "SELECT run_id FROM _bqpull_runs WHERE target = ? AND state IN ('running', 'interrupted', 'failed')",
            arguments: [target])
        for other in others { try drop(other, as: .superseded, db) }
    }

    /// Records that the caller of a published run has its report.
    static func acknowledge(_ runID: String, _ db: Database) throws {
        try db.execute(sql: "UPDATE _bqpull_runs SET acknowledged = 1 WHERE run_id = ?", arguments: [runID])
    }

    /// Drops what earlier runs of the same command left.
    static func discardAll(_ command: String, target: StagingTarget, _ db: Database) throws {
        let runs = try String.fetchAll(
            db,
            sql: """
                SELECT run_id FROM _bqpull_runs
                WHERE \(sameCommand) AND state IN ('running', 'interrupted', 'failed')
                """,
            arguments: try arguments(command, target))
        for run in runs { try drop(run, as: .discarded, db) }
    }

    /// Drops the rows of a run that is not published. One that failed stays failed.
    static func drop(_ runID: String, as state: RecordedRun.State, _ db: Database) throws {
        try db.execute(sql: "DROP TABLE IF EXISTS \(SQLiteName.quoted(hiddenTable(runID)))")
        try db.execute(
            sql: """
                UPDATE _bqpull_runs SET
                    state = ?, updated_at = \(ControlTables.now), finished_at = \(ControlTables.now)
                WHERE run_id = ? AND state IN ('running', 'interrupted')
                """,
            arguments: [state.rawValue, runID])
    }

    // MARK: Forms

    /// The same text for the same value: commands are recognised by it.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

extension StoredRecord {
    /// Copies a row of a cursor, with texts byte for byte.
    init(_ row: Row, table: String, path: String) {
        var values: [String: Value] = [:]
        for (index, column) in row.columnNames.enumerated() {
            values[column] =
                switch (row[index] as DatabaseValue).storage {
                case .null: .null
                case .int64(let number): .integer(number)
                case .double(let number): .real(number)
                case .string: .text(Array(row[index] as Data))
                case .blob(let bytes): .blob(Array(bytes))
                }
        }
        // A file of version 2 on a medium that cannot be written has no columns of later versions.
        let added: [String: Value] = ["acknowledged": .integer(1), "table_rows": .null]
        self.init(table: table, path: path, values: values.merging(added) { stored, _ in stored })
    }
}
