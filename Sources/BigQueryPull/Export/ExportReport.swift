public import BigQuery

/// The report of an export. Its JSON uses the member names of ``PullReport`` where they exist.
public struct ExportReport: Sendable, Encodable {
    /// The URI of the files, with `*` for their number.
    public let destination: String
    /// Their format.
    public let format: ExportFormat
    /// Their compression.
    public let compression: ExportCompression
    /// The number of files, if the service reports it.
    public internal(set) var filesWritten: Int64?
    /// The number of rows, if the service reports it, as for a query.
    public internal(set) var rowsCopied: Int64?
    /// The logical bytes of the rows, not of the files, if the service reports them, as for a table.
    public internal(set) var dataExported: Int64?
    /// From the start to the end; seconds in JSON.
    public internal(set) var copyDuration: Duration = .zero
    /// Retries of requests and jobs.
    public internal(set) var retries: Int64 = 0
    /// The project billed for the job.
    public let project: String
    /// The location of the job.
    public internal(set) var location: String?
    /// The job ID.
    public internal(set) var jobID: String?
    /// The table that was exported; `nil` for a query.
    public internal(set) var sourceTable: String?
    /// Bytes processed by the query, if the service reports them.
    public internal(set) var bytesProcessed: Int64?
    /// Bytes billed, if the service reports them; 0 for a table.
    public internal(set) var bytesBilled: Int64?
    /// The warnings, in order.
    public package(set) var warnings: [PullWarning] = []

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
