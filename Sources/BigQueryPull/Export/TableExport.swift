public import BigQuery

/// Exports a table to files in Cloud Storage, with an extract job, which is free.
///
/// Files of the same names are replaced. Rows of a streaming buffer may be missing.
///
/// ```swift
/// import BigQuery
/// import BigQueryPull
///
/// func export(_ table: TableReference, with client: BigQueryClient) async throws -> ExportReport {
///     let files = try ExportDestination(uri: "gs://my-bucket/orders-*.parquet", compression: .zstd)
///     return try await TableExport(table, to: files, client: client).run()
/// }
/// ```
public struct TableExport: Sendable {
    /// The table, or a partition of one.
    public var table: TableReference
    /// The files.
    public var destination: ExportDestination
    /// The location of the job; `nil`, the default, for the location of the table.
    public var location: String?
    /// The labels of the job. Defaults to none.
    public var labels: [String: String] = [:]
    /// How many times the export is retried with a new job if the service fails to run it. Defaults to 2.
    public var jobRetries = 2
    /// Called with the progress. Must not block.
    public var onProgress: @Sendable (ExportProgress) -> Void = { _ in }
    /// Called after an attempt to cancel the job, if the export is cancelled while the job runs.
    public var onInterruptedJob: @Sendable (InterruptedJob) -> Void = { _ in }

    let client: BigQueryClient
    let clock: any Clock<Duration>

    /// Creates an export of a table.
    ///
    /// - Parameters:
    ///   - table: the table, or a partition of one.
    ///   - destination: the files.
    ///   - client: the client that runs the job.
    ///   - clock: measures durations for the report; a `ContinuousClock` by default.
    public init(
        _ table: TableReference, to destination: ExportDestination, client: BigQueryClient,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.table = table
        self.destination = destination
        self.client = client
        self.clock = clock
    }

    /// Runs the export, and waits until it is done.
    ///
    /// Files written before an error, or before the task is cancelled, remain.
    ///
    /// - Returns: the report.
    /// - Throws: `BigQueryError` (`notATable` for a view), `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    public func run() async throws -> ExportReport {
        let session = ExportSession(
            to: destination, client: client, clock: clock, onProgress: onProgress, onInterruptedJob: onInterruptedJob)
        session.notify(.planning)
        let found = try await session.client.fetchTable(table)
        try found.requireRows(exportURI: destination.uri)
        try destination.require(found.schema)
        session.report.sourceTable = "\(table)"
        session.report.bytesBilled = 0
        if found.hasStreamingBuffer {
            session.report.warnings.append(
                PullWarning(
                    code: .streamingBuffer,
                    message: "the table \(table) has a streaming buffer; its latest rows are not exported"))
        }
        var request = ExtractRequest(table, to: destination)
        request.location = location ?? found.location
        request.labels = labels
        return try await session.run(in: request.location, maxRetries: jobRetries) { [request] job in
            try await session.client.insertJob(request, as: job)
        }
    }
}
