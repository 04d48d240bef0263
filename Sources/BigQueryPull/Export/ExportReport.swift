public import BigQuery

/// What an export did. Encoded as JSON, it has the names of ``PullReport`` where that has one.
public struct ExportReport: Sendable, Codable {
    /// The files, with `*` for their number.
    public var destination: String
    /// Their form.
    public var format: ExportFormat
    /// Their compression.
    public var compression: ExportCompression
    /// How many there are, if the service says.
    public var filesWritten: Int64?
    /// Rows in them, if the service says; it does for a query.
    public var rowsCopied: Int64?
    /// The size of the rows as BigQuery counts it, not that of the files, if the service says; it does for a table.
    public var dataExported: Int64?
    /// Seconds from the start to the end.
    public var copyDuration: Double = 0
    /// Requests and jobs that had to be repeated.
    public var retries: Int64 = 0
    /// The project that ran the job.
    public var project: String
    /// Where it ran.
    public var location: String?
    /// The job's id.
    public var jobID: String?
    /// The table that was exported; `nil` if a query was.
    public var sourceTable: String?
    /// Bytes that the query read, if the service says.
    public var bytesProcessed: Int64?
    /// Bytes that are billed, if the service says; none for a table.
    public var bytesBilled: Int64?
    /// What the user should know although nothing failed.
    public var warnings: [PullWarning] = []

    private enum CodingKeys: String, CodingKey {
        case destination, format, compression, filesWritten, rowsCopied, dataExported, copyDuration, retries, project,
            location, sourceTable, bytesProcessed, bytesBilled, warnings
        case jobID = "jobId"
    }

    init(_ destination: ExportDestination, project: String) {
        self.destination = destination.uri
        format = destination.format
        compression = destination.compression
        self.project = project
    }
}
