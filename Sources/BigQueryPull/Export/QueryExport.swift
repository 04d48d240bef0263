public import BigQuery

/// Has BigQuery write the rows of a query to files in Cloud Storage, by an EXPORT DATA statement.
///
/// Dry runs come first, then a job under an id of our own, which is waited for.
public struct QueryExport: Sendable {
    /// The query.
    public var query: QueryRequest
    /// The files.
    public var destination: ExportDestination
    /// Whether files of the same names are replaced. Defaults to `false`: BigQuery refuses to write beside others.
    public var overwrites = false
    /// How often the query is run again under a new id when the service fails to run it and may have left no files in
    /// the way, because they are overwritten. Defaults to 2.
    public var jobRetries = 2
    /// Told how far the export is. Must return at once.
    public var onProgress: @Sendable (ExportProgress) -> Void = { _ in }
    /// Told what the query will read, before it runs; an error that it throws stops the export, and nothing is billed.
    public var onEstimate: @Sendable (QueryEstimate) async throws -> Void = { _ in }
    /// Told what became of a job that was running when the export was cancelled.
    public var onInterruptedJob: @Sendable (InterruptedJob) -> Void = { _ in }

    let client: BigQueryClient
    let clock: any Clock<Duration>

    /// Makes an export.
    ///
    /// - Parameter clock: measures durations for the report.
    public init(
        _ query: QueryRequest, to destination: ExportDestination, client: BigQueryClient,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.query = query
        self.destination = destination
        self.client = client
        self.clock = clock
    }

    /// Runs the export to its end.
    ///
    /// Files that were written before an error, or before the task was cancelled, stay.
    /// - Throws: ``PullError`` with code `notAQuery`, `BigQueryError`, `RowsError`, `HTTPError`, `OAuthError`, what
    ///   ``onEstimate`` throws, or `CancellationError`.
    public func run() async throws -> ExportReport {
        var statement = try query.exporting(to: destination, overwriting: overwrites)
        let session = ExportSession(
            to: destination, client: client, clock: clock, onProgress: onProgress, onInterruptedJob: onInterruptedJob)
        session.notify(.planning)
        // By itself first, so that errors name the user's own lines.
        let dryRun = try await BigQueryError.explainingExport { try await session.client.dryRun(query) }
        try dryRun.requireSelect()
        if let schema = dryRun.schema { try destination.require(schema) }
        statement.location = query.location ?? dryRun.reference.location
        try await check(statement, session)
        session.report.bytesProcessed = dryRun.bytesProcessed
        try await onEstimate(QueryEstimate(dryRun, location: statement.location))
        return try await session.run(in: statement.location, repetitions: overwrites ? jobRetries : 0) { job in
            try await session.client.insertJob(statement, as: job)
        }
    }

    /// Refuses a query that returns rows, but cannot stand inside a statement.
    private func check(_ statement: QueryRequest, _ session: ExportSession) async throws {
        do {
            _ = try await session.client.dryRun(statement)
        } catch var error as BigQueryError where error.code == .queryFailed {
            error.message = "the query cannot be exported: \(error.message)"
            error.detail = .notExportable
            throw error
        }
    }
}
