public import Foundation
import SQLiteStaging

/// What a pull did. Encoded as JSON, it has the names of Data Factory's copy activity where that has one.
public struct PullReport: Sendable, Codable {
    /// Rows that BigQuery returned.
    public var rowsRead: Int64 = 0
    /// Rows that were delivered.
    public var rowsCopied: Int64 = 0
    /// Those of them that an earlier process had staged, whose run was continued; `nil` if it began anew.
    public var rowsContinued: Int64?
    /// Rows that have no value in the incremental column, which later runs do not take; `nil` in a run that takes all.
    public var rowsWithoutWatermark: Int64?
    /// Bytes of pages as they came over the wire, compressed.
    public var dataRead: Int64 = 0
    /// Bytes of the same pages inflated.
    public var dataInflated: Int64 = 0
    /// Bytes of the values that were written; `nil` if the sink does not count them.
    public var dataWritten: Int64?
    /// Seconds from the start to the end.
    public var copyDuration: Double = 0
    /// Seconds of these until the first page arrived: planning, queueing, running; of a table: looking it up.
    public var queryDuration: Double = 0
    /// `dataRead` in units of 1,000 bytes, by the seconds after the first page.
    public var throughput: Double = 0
    /// Where the time went.
    public var detailedDurations = PullDurations()
    /// Pages fetched.
    public var pages: Int64 = 0
    /// Requests that had to be repeated.
    public var retries: Int64 = 0
    /// The project that ran the query, or that holds the table.
    public var project: String
    /// Where it ran, or where the table is, if the service says.
    public var location: String?
    /// The job's id; `nil` if a table was read without one.
    public var jobID: String?
    /// The table that was read; `nil` if a query was run.
    public var sourceTable: String?
    /// Bytes that the query read, if the service says.
    public var bytesProcessed: Int64?
    /// Bytes that are billed, if the service says.
    public var bytesBilled: Int64?
    /// Whether the result came from the cache, if the service says.
    public var cacheHit: Bool?
    /// The staging database.
    public var file: String?
    /// The table in it.
    public var table: String?
    /// The run's ID in the staging database.
    public var runID: String?
    /// `true` if an earlier process published the rows, and this one only reports it; else `nil`.
    public var alreadyPublished: Bool?
    /// When the earlier process did.
    public var publishedAt: Date?
    /// An interrupted run of the same command that could not be continued, and whose rows were dropped.
    public var droppedRun: DroppedRun?
    /// What the user should know although nothing failed.
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
    /// The job's ID; `nil` if a table was read without one.
    public var jobID: String?
    /// When the run began.
    public var startedAt: Date
    /// The rows that were staged.
    public var rows: Int64
    /// Bytes that its job billed, if the service says.
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
    /// The report of a run that an earlier process published. It has the figures of the record; warnings and the details
    /// of durations are lost.
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

    /// Takes over the names and the cost of a run.
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
