public import Foundation
import SQLiteStaging

/// The report of a pull. Its JSON uses the member names of Data Factory's copy activity where they exist.
public struct PullReport: Sendable, Encodable {
    /// Rows read from BigQuery.
    public internal(set) var rowsRead: Int64 = 0
    /// Rows delivered.
    public internal(set) var rowsCopied: Int64 = 0
    /// Rows that earlier processes staged, in a run that was continued; `nil` in a new run.
    public internal(set) var rowsContinued: Int64?
    /// Rows added to the table; `nil` if the rows went to another sink.
    public internal(set) var rowsInserted: Int64?
    /// Rows that an upsert wrote over a row with other values.
    public internal(set) var rowsUpdated: Int64?
    /// Rows that were in the table already: equal to the row that an upsert wrote, or not added again by an incremental
    /// append.
    public internal(set) var rowsUnchanged: Int64?
    /// Rows removed from the table.
    public internal(set) var rowsDeleted: Int64?
    /// Rows that did not overwrite a later one of the same key.
    public internal(set) var rowsOutdated: Int64?
    /// Rows in the table afterwards.
    public internal(set) var rowsInTable: Int64?
    /// The load and the range of rows; `nil` for a plain pull.
    public internal(set) var load: LoadReport?
    /// The other loads whose marks were reset, because the table was replaced or did not exist.
    public internal(set) var resetLoads: [String] = []
    /// Rows whose incremental column is NULL, which this run did not pull; `nil` if they were not counted, which is
    /// `null` in JSON.
    public internal(set) var rowsWithoutWatermark: Int64? {
        get { skippedRows.count }
        set { skippedRows.count = newValue }
    }
    var skippedRows = NullableCount()
    /// Published rows whose incremental column is NULL, in the first run of a load; otherwise `nil`.
    public internal(set) var nullRowsCopied: Int64?
    /// Bytes of pages on the wire, compressed.
    public internal(set) var dataRead: Int64 = 0
    /// Bytes of the same pages, inflated.
    public internal(set) var dataInflated: Int64 = 0
    /// Bytes of the values written; `nil` if the sink does not count them.
    public internal(set) var dataWritten: Int64?
    /// From the start to the end; seconds in JSON.
    public internal(set) var copyDuration: Duration = .zero
    /// Until the first page arrived: planning, queueing and running, or looking up the table; seconds in JSON.
    public internal(set) var queryDuration: Duration = .zero
    /// Units of 1,000 bytes of `dataRead` per second after the first page.
    public internal(set) var throughput: Double = 0
    /// The durations of the steps.
    public internal(set) var detailedDurations = PullDurations()
    /// Pages fetched.
    public internal(set) var pages: Int64 = 0
    /// Retries of requests, jobs and reads.
    public internal(set) var retries: Int64 = 0
    /// The project billed for the query, or of the table.
    public internal(set) var project: String
    /// The location of the job or the table, if the service reports it.
    public internal(set) var location: String?
    /// The job ID; `nil` for a table.
    public internal(set) var jobID: String?
    /// The table that was read; `nil` for a query.
    public internal(set) var sourceTable: String?
    /// Bytes processed by the query and by the count of its rows without a value, if the service reports them.
    public internal(set) var bytesProcessed: Int64?
    /// Bytes billed for both, if the service reports them.
    public internal(set) var bytesBilled: Int64?
    /// Whether the result came from the cache, if the service reports it.
    public internal(set) var cacheHit: Bool?
    /// The staging database.
    public internal(set) var file: String?
    /// The table in the staging database.
    public internal(set) var table: String?
    /// The run's ID in the staging database.
    public internal(set) var runID: String?
    /// `true` if an earlier process published the rows, and this one only reports that; otherwise `nil`.
    public internal(set) var alreadyPublished: Bool?
    /// When the earlier process published them.
    public internal(set) var publishedAt: Date?
    /// An interrupted run of the same pull whose rows were dropped, because it was too old, its result had expired, or the
    /// table with the rows below its lower bound was gone.
    public internal(set) var droppedRun: DroppedRun?
    /// Other unfinished runs whose rows were dropped, because this run superseded them: runs of the load with another
    /// query, and runs into a table that was replaced.
    public internal(set) var supersededRuns: [DroppedRun] = []
    /// The warnings, in order.
    public package(set) var warnings: [PullWarning] = []

    private enum CodingKeys: String, CodingKey {
        case rowsRead, rowsCopied, rowsContinued, rowsInserted, rowsUpdated, rowsUnchanged, rowsDeleted, rowsOutdated,
            rowsInTable, load, resetLoads, nullRowsCopied, dataRead, dataInflated, dataWritten,
            copyDuration, queryDuration, throughput, detailedDurations, pages, retries, project, location,
            sourceTable, bytesProcessed, bytesBilled, cacheHit, file, table, alreadyPublished, publishedAt,
            droppedRun, supersededRuns, warnings
        case jobID = "jobId"
        case runID = "runId"
        case skippedRows = "rowsWithoutWatermark"
    }

    /// A number whose member is not omitted without a value.
    struct NullableCount: Encodable {
        var count: Int64?

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(count)
        }
    }
}

/// An interrupted run whose rows were dropped.
public struct DroppedRun: Sendable, Encodable, Hashable {
    /// The run's ID in the staging database.
    public let runID: String
    /// The job ID; `nil` for a table.
    public let jobID: String?
    /// When the run started.
    public let startedAt: Date
    /// The number of staged rows.
    public let rows: Int64
    /// Bytes billed for its job, if the service reports them.
    public internal(set) var bytesBilled: Int64?

    private enum CodingKeys: String, CodingKey {
        case startedAt, rows, bytesBilled
        case runID = "runId"
        case jobID = "jobId"
    }

    init(_ run: RecordedRun) {
        runID = run.intent.runID
        jobID = run.intent.jobID
        startedAt = run.intent.startedAt
        rows = run.rows
        bytesBilled = run.statistics.bytesBilled
    }
}

extension PullReport {
    /// The report of a run that an earlier process published, from its record, which has no warnings and no detailed
    /// durations.
    ///
    /// `record` is that of the load after the run.
    init(published run: RecordedRun, _ record: LoadRecord?) {
        self.init(project: run.intent.project)
        identify(run)
        count(rows: run.rows, run.statistics)
        dataWritten = run.dataWritten
        if run.intent.jobID == nil { sourceTable = run.intent.sql }
        if let end = run.finishedAt { copyDuration = max(.zero, .seconds(end.timeIntervalSince(run.intent.startedAt))) }
        alreadyPublished = true
        publishedAt = run.finishedAt
        if let rows = run.published { count(rows) }
        load = run.intent.load.map { intent in
            var load = LoadReport(name: intent.name, intent.range)
            guard record?.runID == run.intent.runID else {
                load.mark = run.highestValue
                return load
            }
            load.mark = record?.highWaterMark
            let value = { (text: String?) in
                text.flatMap { text in intent.range.flatMap { IncrementalValue(text, type: $0.type) } }
            }
            if let highest = value(run.highestValue) { load.leavesGap = value(load.mark).map { highest > $0 } ?? true }
            return load
        }
    }

    /// Sets the number of rows that a publication changed.
    mutating func count(_ rows: PublishedRows) {
        rowsInserted = rows.inserted
        rowsUpdated = rows.updated
        rowsUnchanged = rows.unchanged
        rowsDeleted = rows.deleted
        rowsOutdated = rows.outdated
        rowsInTable = rows.total
    }

    /// Copies the identifiers and the cost of a run.
    mutating func identify(_ run: RecordedRun) {
        runID = run.intent.runID
        jobID = run.intent.jobID
        location = run.intent.location
        bytesProcessed = run.statistics.bytesProcessed ?? run.intent.estimatedBytes
        bytesBilled = run.statistics.bytesBilled
        cacheHit = run.statistics.cacheHit
    }

    /// Sets the counters to those of a run.
    mutating func count(rows: Int64, _ statistics: StagingStatistics) {
        rowsRead = rows
        rowsCopied = rows
        pages = statistics.pages
        dataRead = statistics.wireBytes
        dataInflated = statistics.inflatedBytes
    }
}
