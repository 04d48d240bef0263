import BigQueryRows
public import Foundation

/// A run as recorded in the database.
public struct RecordedRun: Sendable {
    /// The state of a run.
    public enum State: String, Sendable, CaseIterable {
        /// It is in progress, or its process exited unexpectedly. It can be continued.
        case running
        /// It stopped because of an error or a signal. It can be continued.
        case interrupted
        /// Its rows are in the table.
        case published
        /// Its job failed, or its result is inconsistent. It cannot be continued.
        case failed
        /// Its rows were dropped on request.
        case discarded
        /// Another run was published into the table, and the rows of this one were dropped.
        case superseded

        /// Whether a run in this state can be continued.
        public var isUnfinished: Bool { self == .running || self == .interrupted }
    }

    /// The command, its job and its schema.
    public package(set) var intent: StagingIntent
    /// The table that its rows are published into.
    public package(set) var target: StagingTarget
    /// The state of the run.
    public package(set) var state: State
    /// The ID of the process that runs it now; 0 if the ID is unknown, `nil` if no process does.
    public package(set) var process: Int32?
    /// The number of staged rows.
    public package(set) var rows: Int64
    /// The bytes of data in their cells; a number counts as 8, NULL as 0.
    package var dataWritten: Int64
    /// The statistics at the last checkpoint.
    package var statistics: StagingStatistics
    /// The time of the last change to the record.
    public package(set) var updatedAt: Date
    /// The time at which the run ended; `nil` while it can be continued.
    public package(set) var finishedAt: Date?
    /// The error that stopped it.
    public package(set) var error: String?
    /// Whether its hidden table exists.
    package var hasTable: Bool
    /// Whether the caller of a published run has received its report. If not, the next pull of the command reports it
    /// instead of running.
    public package(set) var isAcknowledged: Bool
    /// The number of rows in the whole table when the run was published; `nil` before, and for runs of version 0.1.0.
    package var tableRows: Int64?
    /// The number of rows that its publication changed; `nil` before, and for runs of versions without loads.
    public package(set) var published: PublishedRows?
    /// The highest value of the incremental column that it published, if any.
    public package(set) var highestValue: String?

    /// Whether the run is published and not acknowledged.
    public var awaitsAcknowledgement: Bool { state == .published && !isAcknowledged }
}

extension RecordedRun {
    /// Decodes a row of `_bqpull_runs`, with a column `has_table` for whether the hidden table exists.
    ///
    /// Throws `databaseUnusable` for an unexpected value.
    init(_ row: ControlRow) throws {
        intent = StagingIntent(
            runID: try row.text("run_id"), command: try row.text("command"),
            incrementalColumn: try row.optionalText("incremental_column"), load: try LoadIntent(row),
            project: try row.text("project"),
            location: try row.optionalText("location"), jobID: try row.optionalText("job_id"),
            sql: try row.text("sql"), configuration: try row.text("configuration"),
            statementType: try row.optionalText("statement_type"),
            estimatedBytes: try row.optionalCount("estimated_bytes"),
            schema: try row.optionalJSON("schema") as TableSchema?, toolVersion: try row.text("tool_version"),
            startedAt: try row.date("started_at"))
        target = StagingTarget(
            path: row.path, table: try row.text("target"), ifExists: try row.optionalName("if_exists"),
            key: try row.json("key_columns"), indexes: try row.json("index_columns"),
            addsColumns: try row.flag("adds_columns"), loadColumn: try row.optionalText("load_column"),
            loadedAtColumn: try row.optionalText("loaded_at_column"),
            latestColumn: try row.optionalText("latest_column"))
        state = try row.name("state")
        process = nil
        rows = try row.count("rows")
        dataWritten = try row.count("data_written")
        statistics = StagingStatistics(
            location: intent.location, totalRows: try row.optionalCount("total_rows"),
            pageToken: try row.optionalText("page_token"), pages: try row.count("pages"),
            wireBytes: try row.count("wire_bytes"), inflatedBytes: try row.count("inflated_bytes"),
            bytesProcessed: try row.optionalCount("bytes_processed"),
            bytesBilled: try row.optionalCount("bytes_billed"), cacheHit: try row.optionalFlag("cache_hit"))
        updatedAt = try row.date("updated_at")
        finishedAt = try row.optionalDate("finished_at")
        error = try row.optionalText("error")
        hasTable = try row.flag("has_table")
        isAcknowledged = try row.flag("acknowledged")
        tableRows = try row.optionalCount("table_rows")
        published = try PublishedRows(row)
        let range = intent.load?.range
        highestValue =
            range == nil
            ? try row.optionalText("watermark")
            : try row.optionalIncrementalValue("watermark", type: range?.type)?.text
    }
}

extension LoadIntent {
    /// Decodes the load of a row of `_bqpull_runs`; `nil` without a load.
    fileprivate init?(_ row: ControlRow) throws {
        guard let name = try row.optionalText("load") else { return nil }
        self.init(name: name, parameters: try row.text("parameters"), range: try IncrementalRange(row))
    }
}

extension IncrementalRange {
    /// Decodes the range of a row of `_bqpull_runs`; `nil` without a type.
    fileprivate init?(_ row: ControlRow) throws {
        guard let type = try row.optionalIncrementalType("incremental_type") else { return nil }
        self.init(
            column: try row.text("incremental_column"), type: type,
            lowerBound: try row.optionalIncrementalValue("since", type: type),
            upperBound: try row.optionalIncrementalValue("until", type: type),
            includesNulls: try row.flag("includes_nulls"), isReplaced: try row.flag("replaces_range"),
            adoptsRows: try row.flag("adopts_rows"))
    }
}

extension PublishedRows {
    /// Decodes the counts of a row of `_bqpull_runs`; `nil` if they are not recorded.
    fileprivate init?(_ row: ControlRow) throws {
        guard let inserted = try row.optionalCount("inserted") else { return nil }
        self.init()
        self.inserted = inserted
        updated = try row.count("updated")
        unchanged = try row.count("unchanged")
        deleted = try row.count("deleted")
        outdated = try row.count("outdated")
        total = try row.count("table_rows")
    }
}
