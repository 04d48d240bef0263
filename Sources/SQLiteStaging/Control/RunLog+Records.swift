import BigQueryRows
import Foundation
import GRDB

/// The log in `_bqpull_runs`, through an open connection.
extension RunLog {
    // MARK: Reading

    /// All runs, in the order of their start.
    static func all(path: String, _ db: Database) throws -> [RecordedRun] {
        guard try db.tableExists("_bqpull_runs") else { return [] }
        return try runs("ORDER BY rowid", path: path, db)
    }

    /// The run of this ID; `nil` if it is not recorded.
    static func find(_ runID: String, path: String, _ db: Database) throws -> RecordedRun? {
        try runs("WHERE run_id = ?", [runID], path: path, db).first
    }

    /// The latest unfinished run of a command; `nil` if all are finished.
    static func unfinished(_ command: String, target: StagingTarget, _ db: Database) throws -> RecordedRun? {
        guard try db.tableExists("_bqpull_runs") else { return nil }
        return try runs(
            "WHERE \(sameCommand) AND \(isUnfinished) ORDER BY rowid DESC LIMIT 1",
            try arguments(command, target), path: target.path, db
        ).first { $0.state.isUnfinished }
    }

    /// The unfinished and failed runs of a load, whose rows can exist.
    static func unfinished(ofLoad name: String, path: String, _ db: Database) throws -> [RecordedRun] {
        guard try ControlTables.exist(in: db) else { return [] }
        return try runs("WHERE load = ? AND \(isUnpublished) ORDER BY rowid", [name], path: path, db)
    }

    /// The unfinished and failed incremental runs of versions without loads.
    static func unfinishedWithoutLoad(path: String, _ db: Database) throws -> [RecordedRun] {
        try runs(
            "WHERE load IS NULL AND incremental_column IS NOT NULL AND \(isUnpublished) ORDER BY rowid", path: path, db)
    }

    private static let isUnfinished = "state IN ('running', 'interrupted')"
    private static let isUnpublished = "state IN ('running', 'interrupted', 'failed')"

    /// The latest published run of a command if it is not acknowledged. Another publication into the table acknowledges
    /// it.
    static func unacknowledged(_ command: String, target: StagingTarget, _ db: Database) throws -> RecordedRun? {
        guard try ControlTables.exist(in: db, since: 3) else { return nil }
        return try runs(
            "WHERE \(sameCommand) AND state = 'published' AND acknowledged = 0 ORDER BY rowid DESC LIMIT 1",
            try arguments(command, target), path: target.path, db
        ).first
    }

    /// Whether a published run of any command into a target is not acknowledged.
    static func hasUnacknowledged(_ target: StagingTarget, _ db: Database) throws -> Bool {
        guard try ControlTables.exist(in: db, since: 3) else { return false }
        return try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (
                    SELECT 1 FROM _bqpull_runs
                    WHERE target = ? AND if_exists IS ? AND state = 'published' AND acknowledged = 0
                )
                """, arguments: [target.table, target.ifExists?.rawValue]) ?? false
    }

    /// The runs in progress, or whose process exited unexpectedly.
    static func running(_ db: Database, path: String) throws -> [(runID: String, target: String)] {
        guard try db.tableExists("_bqpull_runs") else { return [] }
        return try records("SELECT run_id, target FROM _bqpull_runs WHERE state = 'running'", path: path, db)
            .map { (try $0.text("run_id"), try $0.text("target")) }
    }

    private static let sameCommand = "command = ? AND target = ? AND if_exists IS ? AND key_columns = ?"

    private static func arguments(_ command: String, _ target: StagingTarget) throws -> StatementArguments {
        [command, target.table, target.ifExists?.rawValue, try ControlTables.json(target.key)]
    }

    private static func runs(
        _ condition: String, _ arguments: StatementArguments = [], path: String, _ db: Database
    ) throws -> [RecordedRun] {
        let selection = """
            SELECT *, EXISTS (
                SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = \(HiddenTable.nameSQL)
            ) AS has_table FROM _bqpull_runs
            """
        return try records("\(selection) \(condition)", arguments, path: path, db).map { row in
            var run = try RecordedRun(row)
            // Versions without loads recorded no bounds; the migration discards the run.
            if run.state.isUnfinished, run.intent.load == nil, run.intent.incrementalColumn != nil {
                run.state = .discarded
            }
            return run
        }
    }

    /// Rows of a control table.
    static func records(
        _ sql: String, _ arguments: StatementArguments = [], table: String = "_bqpull_runs", path: String,
        _ db: Database
    ) throws -> [ControlRow] {
        let rows = try Row.fetchCursor(db, sql: sql, arguments: arguments)
        var records: [ControlRow] = []
        while let row = try rows.next() { records.append(ControlRow(row, table: table, path: path)) }
        return records
    }

    // MARK: Writing

    /// Records a new run.
    static func insert(_ intent: StagingIntent, target: StagingTarget, _ db: Database) throws {
        let range = intent.load?.range
        try db.execute(
            sql: """
                INSERT INTO _bqpull_runs (
                    run_id, target, if_exists, key_columns, index_columns, adds_columns, load_column, loaded_at_column,
                    latest_column, incremental_column, load, parameters, incremental_type, since, until, includes_nulls,
                    replaces_range, adopts_rows, state, command, project, location, job_id, sql, configuration,
                    statement_type, estimated_bytes, schema, started_at, updated_at, tool_version
                ) VALUES (
                    ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                    \(ControlTables.now), ?
                )
                """,
            arguments: [
                intent.runID, target.table, target.ifExists?.rawValue, try ControlTables.json(target.key),
                try ControlTables.json(target.indexes), target.addsColumns, target.loadColumn, target.loadedAtColumn,
                target.latestColumn, range?.column ?? intent.incrementalColumn, intent.load?.name,
                intent.load?.parameters, range?.type.name, range?.lowerBound?.text, range?.upperBound?.text,
                range?.includesNulls, range?.isReplaced, range?.adoptsRows, intent.command,
                intent.project, intent.location, intent.jobID, intent.sql, intent.configuration,
                intent.statementType, intent.estimatedBytes, try intent.schema.map(ControlTables.json),
                ControlRow.text(of: intent.startedAt), intent.toolVersion,
            ])
    }

    /// Marks an unfinished run as running, with the parts of its target that can differ from before: the added columns
    /// and the load are part of what it has staged.
    ///
    /// It continues at its first row if another program has changed the columns or the number of rows in the hidden
    /// table.
    static func resume(_ run: RecordedRun, target: StagingTarget, _ db: Database) throws {
        let runID = run.intent.runID
        if try !isIntact(run, db) {
            try dropTable(runID, db)
            try checkpoint(runID, rows: 0, dataWritten: 0, StagingStatistics(location: run.statistics.location), db)
        }
        try db.execute(
            sql: """
                UPDATE _bqpull_runs SET
                    state = 'running', error = NULL, index_columns = ?, adds_columns = ?, updated_at = \(ControlTables.now)
                WHERE run_id = ?
                """,
            arguments: [try ControlTables.json(target.indexes), target.addsColumns, runID])
    }

    private static func isIntact(_ run: RecordedRun, _ db: Database) throws -> Bool {
        guard run.hasTable else { return run.rows == 0 }
        // Without a valid schema, the rows cannot be those of the run.
        guard let schema = run.intent.schema,
            let table = try? HiddenTable(schema, ofRun: run.intent.runID, for: run.target, columnLimit: .max),
            try db.columns(in: table.name).map(\.name) == table.columns.map(\.name)
        else { return false }
        return try StagingDatabase.rowCount(of: table.name, db) == run.rows
    }

    /// Throws `superseded` unless a run is running with this many rows: another process has ended or continued it.
    static func requireRunning(_ runID: String, rows: Int64, _ db: Database) throws {
        let rowsOfRun = try db.cachedStatement(
            sql: "SELECT rows FROM _bqpull_runs WHERE run_id = ? AND state = 'running'")
        let found = try Int64.fetchOne(rowsOfRun, arguments: [runID])
        guard found == rows else {
            throw StagingError(
                code: .superseded, message: "another run on the same table has taken this run's place")
        }
    }

    /// Creates the hidden table of a run.
    static func create(_ table: HiddenTable, schema: TableSchema, runID: String, _ db: Database) throws {
        try db.execute(sql: table.createSQL(name: table.name))
        try db.execute(
            sql: "UPDATE _bqpull_runs SET schema = ? WHERE run_id = ?",
            arguments: [try ControlTables.json(schema), runID])
    }

    /// Records the progress of a run, in the transaction of the rows that it counts.
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

    /// Records that an unfinished run stopped, and whether it can be continued. Its rows stay.
    static func stop(_ runID: String, canContinue: Bool, error: String, _ db: Database) throws {
        let finished = canContinue ? "NULL" : ControlTables.now
        try db.execute(
            sql: """
                UPDATE _bqpull_runs SET
                    state = ?, error = ?, updated_at = \(ControlTables.now), finished_at = \(finished)
                WHERE run_id = ? AND \(isUnfinished)
                """,
            arguments: [
                (canContinue ? RecordedRun.State.interrupted : .failed).rawValue, error, runID,
            ])
    }

    /// Marks a run as published, drops the rows of the runs that it supersedes, and updates the record of its load.
    ///
    /// Call it in the transaction of the publication, after the rows are in the table. Earlier runs into the table count
    /// as acknowledged, since the table has changed since.
    ///
    /// - Parameters:
    ///   - recorded: the run.
    ///   - outcome: has the number of changed rows; gets the marks, the loads that were reset, and the runs that were
    ///     dropped.
    ///   - rowIDs: the smallest and the largest row ID of the rows that were inserted; `nil` if none were, or if they are
    ///     unknown.
    ///   - highestValue: the highest value of the incremental column in the result, as canonical text.
    ///   - resultColumns: the names of the columns of the result, as the table has them.
    ///   - addedColumns: those that were added to an existing table.
    ///   - madeTable: whether the hidden table became the table.
    ///   - replacedTable: whether an existing table was dropped for it.
    ///   - db: the database.
    /// - Throws: ``StagingError``: `incomplete` if the table was dropped while a run that began at a mark was in progress;
    ///   `databaseUnusable` if a record is invalid.
    static func markPublished(
        _ recorded: RecordedRun, outcome: inout PublicationOutcome, rowIDs: ClosedRange<Int64>?,
        highestValue: String?, resultColumns: [String], addedColumns: Set<SQLiteName>, madeTable: Bool,
        replacedTable: Bool, _ db: Database
    ) throws {
        let (runID, target) = (recorded.intent.runID, recorded.target)
        if madeTable {
            try requireWholeTable(recorded, db)
            let reset = try LoadRecords.reset(path: target.path, db) { $0.isInto(target.table) }
            outcome.resetLoads = reset.names.filter {
                SQLiteName($0) != recorded.intent.load.map { SQLiteName($0.name) }
            }
            outcome.supersededRuns += reset.dropped
        }
        if let load = recorded.intent.load {
            try LoadRecords.recordPublication(
                of: recorded, load, highestValue: highestValue, resultColumns: resultColumns,
                addedColumns: addedColumns, outcome: &outcome, db)
        }
        let rows = outcome.rows
        try db.execute(
            sql: """
                UPDATE _bqpull_runs SET
                    state = 'published', acknowledged = 0, error = NULL, made_table = ?, table_rows = ?, watermark = ?,
                    inserted = ?, updated = ?, unchanged = ?, deleted = ?, outdated = ?, first_row_id = ?,
                    last_row_id = ?, publication = (SELECT coalesce(max(publication), 0) + 1 FROM _bqpull_runs),
                    updated_at = \(ControlTables.now), finished_at = \(ControlTables.now)
                WHERE run_id = ?
                """,
            arguments: [
                madeTable, rows.total, highestValue, rows.inserted, rows.updated, rows.unchanged, rows.deleted,
                rows.outdated, rowIDs?.lowerBound, rowIDs?.upperBound, runID,
            ])
        try db.execute(
            sql: "UPDATE _bqpull_runs SET acknowledged = 1 WHERE target = ? AND acknowledged = 0 AND run_id <> ?",
            arguments: [target.table, runID])
        // The rows of other loads, and of plain pulls, are still missing in a table that was not replaced.
        let others = try runs(
            """
            WHERE target = ? AND run_id <> ? AND (? OR load IS ?) AND \(isUnpublished) ORDER BY rowid
            """, [target.table, runID, replacedTable, recorded.intent.load?.name], path: target.path, db)
        outcome.supersededRuns += try drop(others, as: .superseded, db)
    }

    /// Rejects a table that consists only of the rows from a lower bound on, because the others were dropped with the
    /// table while the run was in progress.
    private static func requireWholeTable(_ recorded: RecordedRun, _ db: Database) throws {
        let target = recorded.target
        guard let load = recorded.intent.load, load.range?.isPartial == true,
            let record = try LoadRecords.stored(load.name, path: target.path, db),
            record.runID != nil, record.isInto(target.table)
        else { return }
        throw StagingError(
            code: .incomplete,
            message: """
                the table \(target.table) was dropped while rows of the load \(load.name) were staged, and its earlier \
                rows are missing
                """)
    }

    /// Records that the caller has received the report of a published run.
    static func acknowledge(_ runID: String, _ db: Database) throws {
        try db.execute(sql: "UPDATE _bqpull_runs SET acknowledged = 1 WHERE run_id = ?", arguments: [runID])
    }

    /// Records that the callers have the reports of all published runs of a load.
    static func acknowledgeAll(ofLoad load: String, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE _bqpull_runs SET acknowledged = 1 WHERE load = ? AND acknowledged = 0", arguments: [load])
    }

    /// Drops the rows of earlier runs of a command.
    ///
    /// - Returns: the runs that had rows or could be continued.
    static func discardAll(_ command: String, target: StagingTarget, _ db: Database) throws -> [RecordedRun] {
        let runs = try runs(
            "WHERE \(sameCommand) AND \(isUnpublished) ORDER BY rowid", try arguments(command, target),
            path: target.path, db)
        return try drop(runs, as: .discarded, db)
    }

    /// Drops the rows of a load's runs with another query.
    ///
    /// - Returns: the runs that had rows or could be continued.
    static func discardAll(
        ofLoad load: LoadIntent, exceptOf sql: String, path: String, _ db: Database
    ) throws -> [RecordedRun] {
        let runs = try unfinished(ofLoad: load.name, path: path, db).filter {
            $0.intent.sql != sql || $0.intent.load?.parameters != load.parameters
        }
        return try drop(runs, as: .discarded, db)
    }

    /// Drops the rows of unpublished runs. A failed run stays failed.
    ///
    /// - Returns: those that had rows or could be continued, in their new state.
    static func drop(
        _ runs: [RecordedRun], as state: RecordedRun.State, _ db: Database
    ) throws -> [RecordedRun] {
        var dropped: [RecordedRun] = []
        for run in runs where run.state.isUnfinished || run.hasTable {
            try drop(run.intent.runID, as: state, db)
            var run = run
            if run.state.isUnfinished { run.state = state }
            run.hasTable = false
            dropped.append(run)
        }
        return dropped
    }

    /// Drops the rows of an unpublished run. A failed run stays failed.
    static func drop(_ runID: String, as state: RecordedRun.State, _ db: Database) throws {
        try dropTable(runID, db)
        try db.execute(
            sql: """
                UPDATE _bqpull_runs SET
                    state = ?, updated_at = \(ControlTables.now), finished_at = \(ControlTables.now)
                WHERE run_id = ? AND \(isUnfinished)
                """,
            arguments: [state.rawValue, runID])
    }

    private static func dropTable(_ runID: String, _ db: Database) throws {
        try db.execute(sql: "DROP TABLE IF EXISTS \(SQLiteName.quoted(HiddenTable.name(ofRun: runID)))")
    }
}

extension ControlRow {
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
        self.init(
            table: table, path: path, values: values.merging(ControlTables.addedDefaults) { stored, _ in stored })
    }
}
