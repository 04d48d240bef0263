public import BigQuery

/// Exports the rows of a query to files in Cloud Storage, with an EXPORT DATA statement.
///
/// Dry runs come first, then a job with a new ID.
///
/// ```swift
/// import BigQuery
/// import BigQueryPull
///
/// func export(_ sql: String, with client: BigQueryClient) async throws -> ExportReport {
///     let files = try ExportDestination(uri: "gs://my-bucket/orders-*.csv")
///     var export = QueryExport(QueryRequest(sql), to: files, client: client)
///     export.overwrites = true
///     return try await export.run()
/// }
/// ```
public struct QueryExport: Sendable {
    /// The query.
    public var query: QueryRequest
    /// The files.
    public var destination: ExportDestination
    /// Whether files of the same names are replaced. Defaults to `false`: BigQuery rejects a prefix that has files.
    public var overwrites = false
    /// How many times the query is retried with a new job if the service fails to run it. Defaults to 2. Without
    /// ``overwrites`` there are no retries, since files of the failed job can be in the way.
    public var jobRetries = 2
    /// Called with the progress. Must not block.
    public var onProgress: @Sendable (ExportProgress) -> Void = { _ in }
    /// Called with the estimate before the query runs. An error that it throws stops the export, and nothing is billed.
    public var onEstimate: @Sendable (QueryEstimate) async throws -> Void = { _ in }
    /// Called after an attempt to cancel the job, if the export is cancelled while the job runs.
    public var onInterruptedJob: @Sendable (InterruptedJob) -> Void = { _ in }

    let client: BigQueryClient
    let clock: any Clock<Duration>

    /// Creates an export of a query.
    ///
    /// - Parameters:
    ///   - query: the query.
    ///   - destination: the files.
    ///   - client: the client that runs the job.
    ///   - clock: measures durations for the report; a `ContinuousClock` by default.
    public init(
        _ query: QueryRequest, to destination: ExportDestination, client: BigQueryClient,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.query = query
        self.destination = destination
        self.client = client
        self.clock = clock
    }

    /// Runs the export, and waits until it is done.
    ///
    /// Files written before an error, or before the task is cancelled, remain.
    ///
    /// - Returns: the report.
    /// - Throws: ``PullError`` with code `notAQuery`, `BigQueryError`, `RowsError`, `HTTPError`, `OAuthError`, the errors
    ///   of ``onEstimate``, or `CancellationError`.
    public func run() async throws -> ExportReport {
        var statement = try query.exporting(to: destination, overwriting: overwrites)
        let session = ExportSession(
            to: destination, client: client, clock: clock, onProgress: onProgress, onInterruptedJob: onInterruptedJob)
        session.notify(.planning)
        // On its own first, so that errors refer to the lines of the query.
        let dryRun = try await BigQueryError.ofExportJob { try await session.client.dryRun(query) }
        try dryRun.requireSelect()
        if let schema = dryRun.schema { try destination.require(schema) }
        statement.location = query.location ?? dryRun.reference.location
        try await check(statement, session)
        session.report.bytesProcessed = dryRun.bytesProcessed
        try await onEstimate(QueryEstimate(dryRun, location: statement.location))
        return try await session.run(in: statement.location, maxRetries: overwrites ? jobRetries : 0) { job in
            try await session.client.insertJob(statement, as: job)
        }
    }

    /// Rejects a query that returns rows, but cannot be used in an EXPORT DATA statement.
    private func check(_ statement: QueryRequest, _ session: ExportSession) async throws {
        do {
            _ = try await session.client.dryRun(statement)
        } catch var error as BigQueryError where error.code == .queryFailed {
            error.message = "the query cannot be used in EXPORT DATA … AS: \(error.message)"
            error.detail = .notExportable
            throw error
        }
    }
}
