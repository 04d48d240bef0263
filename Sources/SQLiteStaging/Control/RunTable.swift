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
        return try Row.fetchAll(db, sql: "\(selection) ORDER BY rowid").map { try run($0, path: path) }
    }

    /// The run of this id; `nil` if there is none.
    static func find(_ runID: String, path: String, _ db: Database) throws -> RecordedRun? {
        try Row.fetchOne(db, sql: "\(selection) WHERE run_id = ?", arguments: [runID])
            .map { try run($0, path: path) }
    }

    /// The latest run of a command that is not finished; `nil` if there is none.
    static func unfinished(_ command: String, target: StagingTarget, _ db: Database) throws -> RecordedRun? {
        try Row.fetchOne(
            db, sql: "\(selection) WHERE \(sameCommand) AND state IN ('running', 'interrupted') ORDER BY rowid DESC",
            arguments: try arguments(command, target)
        ).map { try run($0, path: target.path) }
    }

    /// The highest value of a column that published runs have brought to a table since bqpull made it; `nil` if there
    /// was no such run, or the table is not there.
    static func watermark(_ column: String, table: String, _ db: Database) throws -> Watermark? {
        guard try db.tableExists(table) else { return nil }
        let run = try Row.fetchOne(
            db,
            sql: """
                SELECT watermark, schema FROM _bqpull_runs
                WHERE target = :table AND state = 'published' AND incremental_column = :column
                AND rowid >= coalesce((
                    SELECT max(rowid) FROM _bqpull_runs WHERE target = :table AND state = 'published' AND made_table
                ), 0)
                ORDER BY rowid DESC LIMIT 1
                """,
            arguments: ["table": table, "column": column])
        guard let run, let json = run["schema"] as String? else { return nil }
        let schema: TableSchema = try value(json)
        guard let field = schema.fields.first(where: { SQLiteName($0.name) == SQLiteName(column) }) else { return nil }
        return Watermark(column: field.name, type: field.type, value: run["watermark"])
    }

    /// The runs that are going on, or whose process ended without a word.
    static func running(_ db: Database) throws -> [(runID: String, target: String)] {
        guard try db.tableExists("_bqpull_runs") else { return [] }
        return try Row.fetchAll(db, sql: "SELECT run_id, target FROM _bqpull_runs WHERE state = 'running'")
            .map { ($0[0], $0[1]) }
    }

    private static let selection = """
        SELECT *, EXISTS (
            SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '\(ControlTables.prefix)rows_' || run_id
        ) AS has_table FROM _bqpull_runs
        """

    private static let sameCommand = "command = ? AND target = ? AND if_exists IS ? AND key_columns = ?"

    private static func arguments(_ command: String, _ target: StagingTarget) throws -> StatementArguments {
        [command, target.table, target.ifExists?.rawValue, try json(target.key)]
    }

    private static func run(_ row: Row, path: String) throws -> RecordedRun {
        let schema: String? = row["schema"]
        let (key, indexes): (String, String) = (row["key_columns"], row["index_columns"])
        let (state, ifExists): (String, String?) = (row["state"], row["if_exists"])
        return RecordedRun(
            intent: StagingIntent(
                runID: row["run_id"], command: row["command"], incrementalColumn: row["incremental_column"],
                project: row["project"], location: row["location"], jobID: row["job_id"], sql: row["sql"],
                configuration: row["configuration"], statementType: row["statement_type"],
                estimatedBytes: row["estimated_bytes"], schema: try schema.map { try value($0) },
                toolVersion: row["tool_version"], startedAt: try date(row["started_at"])),
            target: StagingTarget(
                path: path, table: row["target"], ifExists: ifExists.flatMap(StagingTarget.ExistingTable.init),
                key: try value(key), indexes: try value(indexes), addsColumns: row["adds_columns"]),
            state: RecordedRun.State(rawValue: state) ?? .failed, rows: row["rows"],
            dataWritten: row["data_written"],
            statistics: StagingStatistics(
                location: row["location"], totalRows: row["total_rows"], pageToken: row["page_token"],
                pages: row["pages"], wireBytes: row["wire_bytes"], inflatedBytes: row["inflated_bytes"],
                bytesProcessed: row["bytes_processed"], bytesBilled: row["bytes_billed"], cacheHit: row["cache_hit"]),
            updatedAt: try date(row["updated_at"]),
            finishedAt: try (row["finished_at"] as String?).map(date), error: row["error"],
            hasTable: row["has_table"])
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
                text(of: intent.startedAt), intent.toolVersion,
            ])
    }

    /// Marks an unfinished run as going on again, with what of its target may differ from before.
    ///
    /// A hidden table with other rows than the checkpoint counts, or none, was somebody else's doing: the run then
    /// goes on from its first row.
    static func resume(_ run: RecordedRun, target: StagingTarget, _ db: Database) throws {
        let runID = run.intent.runID
        let hidden = SQLiteName.quoted(hiddenTable(runID))
        let count = run.hasTable ? try Int64.fetchOne(db, sql: "SELECT count(*) FROM \(hidden)") : 0
        if count != run.rows {
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

    /// Throws `superseded` if a run is not going on with this many rows: somebody else has ended or continued it.
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
    /// - Parameter madeTable: whether its hidden table became the one with the name.
    static func markPublished(
        _ runID: String, target: String, madeTable: Bool, watermark: String?, _ db: Database
    ) throws {
        try db.execute(
            sql: """
                UPDATE _bqpull_runs SET
                    state = 'published', error = NULL, made_table = ?, watermark = ?, updated_at = \(ControlTables.now),
                    finished_at = \(ControlTables.now)
                WHERE run_id = ?
                """,
            arguments: [madeTable, watermark, runID])
        let others = try String.fetchAll(
            db,
            sql: "SELECT run_id FROM _bqpull_runs WHERE target = ? AND state IN ('running', 'interrupted', 'failed')",
            arguments: [target])
        for other in others { try drop(other, as: .superseded, db) }
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

    private static let dateForm = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// A time in UTC, with milliseconds.
    static func text(of date: Date) -> String { date.formatted(dateForm) }

    private static func date(_ text: String) throws -> Date { try Date(text, strategy: dateForm) }

    /// The same text for the same value: commands are recognised by it.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func value<Value: Decodable>(_ json: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(json.utf8))
    }
}
