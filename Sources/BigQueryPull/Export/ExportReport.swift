public import BigQuery

/// The report of an export. Its JSON uses the member names of ``PullReport`` where they exist.
public struct ExportReport: Sendable, Codable {
    /// The URI of the files, with `*` for their number.
    public var destination: String
    /// Their format.
    public var format: ExportFormat
    /// Their compression.
    public var compression: ExportCompression
    /// The number of files, if the service reports it.
    public var filesWritten: Int64?
    /// The number of rows, if the service reports it, as for a query.
    public var rowsCopied: Int64?
    /// The logical bytes of the rows, not of the files, if the service reports them, as for a table.
    public var dataExported: Int64?
    /// Seconds from the start to the end.
    public var copyDuration: Double = 0
    /// Retries of requests and jobs.
    public var retries: Int64 = 0
    /// The project billed for the job.
    public var project: String
    /// The location of the job.
    public var location: String?
    /// The job ID.
    public var jobID: String?
    /// The table that was exported; `nil` for a query.
    public var sourceTable: String?
    /// Bytes processed by the query, if the service reports them.
    public var bytesProcessed: Int64?
    /// Bytes billed, if the service reports them; 0 for a table.
    public var bytesBilled: Int64?
    /// The warnings, in order.
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
