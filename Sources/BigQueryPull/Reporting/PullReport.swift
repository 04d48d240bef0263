public import Foundation
import SQLiteStaging

/// The report of a pull. Its JSON uses the member names of Data Factory's copy activity where they exist.
public struct PullReport: Sendable, Codable {
    /// Rows read from BigQuery.
    public var rowsRead: Int64 = 0
    /// Rows delivered.
    public var rowsCopied: Int64 = 0
    /// Rows that earlier processes staged, in a run that was continued; `nil` in a new run.
    public var rowsContinued: Int64?
    /// Rows whose incremental column is NULL, which this run did not pull; `nil` in a run that pulls all rows.
    public var rowsWithoutWatermark: Int64?
    /// Bytes of pages on the wire, compressed.
    public var dataRead: Int64 = 0
    /// Bytes of the same pages, inflated.
    public var dataInflated: Int64 = 0
    /// Bytes of the values written; `nil` if the sink does not count them.
    public var dataWritten: Int64?
    /// Seconds from the start to the end.
    public var copyDuration: Double = 0
    /// Seconds until the first page arrived: planning, queueing and running, or looking up the table.
    public var queryDuration: Double = 0
    /// Units of 1,000 bytes of `dataRead` per second after the first page.
    public var throughput: Double = 0
    /// The durations of the steps.
    public var detailedDurations = PullDurations()
    /// Pages fetched.
    public var pages: Int64 = 0
    /// Retries of requests, jobs and reads.
    public var retries: Int64 = 0
    /// The project billed for the query, or of the table.
    public var project: String
    /// The location of the job or the table, if the service reports it.
    public var location: String?
    /// The job ID; `nil` for a table.
    public var jobID: String?
    /// The table that was read; `nil` for a query.
    public var sourceTable: String?
    /// Bytes processed by the query, if the service reports them.
    public var bytesProcessed: Int64?
    /// Bytes billed, if the service reports them.
    public var bytesBilled: Int64?
    /// Whether the result came from the cache, if the service reports it.
    public var cacheHit: Bool?
    /// The staging database.
    public var file: String?
    /// The table in the staging database.
    public var table: String?
    /// The run's ID in the staging database.
    public var runID: String?
    /// `true` if an earlier process published the rows, and this one only reports that; otherwise `nil`.
    public var alreadyPublished: Bool?
    /// When the earlier process published them.
    public var publishedAt: Date?
    /// An interrupted run of the same pull that could not be continued, and whose rows were dropped.
    public var droppedRun: DroppedRun?
    /// The warnings, in order.
    public var warnings: [PullWarning] = []

    private enum CodingKeys: String, CodingKey {
        case rowsRead, rowsCopied, rowsContinued, rowsWithoutWatermark, dataRead, dataInflated, dataWritten,
            copyDuration, queryDuration, throughput, detailedDurations, pages, retries, project, location,
            sourceTable, bytesProcessed, bytesBilled, cacheHit, file, table, alreadyPublished, publishedAt,
            droppedRun, warnings
        case jobID = "jobId"
        case runID = "runId"
    }
}

/// An interrupted run whose rows were dropped, because it was too old or its result had expired.
public struct DroppedRun: Sendable, Codable, Hashable {
    /// The run's ID in the staging database.
    public var runID: String
    /// The job ID; `nil` for a table.
    public var jobID: String?
    /// When the run started.
    public var startedAt: Date
    /// The number of staged rows.
    public var rows: Int64
    /// Bytes billed for its job, if the service reports them.
    public var bytesBilled: Int64?

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
    init(published run: RecordedRun) {
        self.init(project: run.intent.project)
        identify(run)
        count(rows: run.rows, run.statistics)
        dataWritten = run.dataWritten
        if run.intent.jobID == nil { sourceTable = run.intent.sql }
        if let end = run.finishedAt { copyDuration = max(0, end.timeIntervalSince(run.intent.startedAt)) }
        alreadyPublished = true
        publishedAt = run.finishedAt
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
