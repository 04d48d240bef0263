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
    public var jobId: String?
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
    /// The run's id in the staging database.
    public var runId: String?
    /// What the user should know although nothing failed.
    public var warnings: [PullWarning] = []
}
