public import BigQuery
import TextSupport

/// Has BigQuery write a table to files in Cloud Storage, by an extract job, which costs nothing.
///
/// Files of the same names are replaced. Rows that are being streamed into the table may be missing.
public struct TableExport: Sendable {
    /// The table, or a partition of one.
    public var table: TableReference
    /// The files.
    public var destination: ExportDestination
    /// Where to run; `nil` takes where the table is.
    public var location: String?
    /// Labels of the job.
    public var labels: [String: String] = [:]
    /// How often the table is exported again under a new id when the service fails to do it. Defaults to 2.
    public var jobRetries = 2
    /// Told how far the export is. Must return at once.
    public var onProgress: @Sendable (ExportProgress) -> Void = { _ in }
    /// Told what became of a job that was running when the export was cancelled.
    public var onInterruptedJob: @Sendable (InterruptedJob) -> Void = { _ in }

    let client: BigQueryClient
    let clock: any Clock<Duration>

    /// Makes an export.
    ///
    /// - Parameter clock: measures durations for the report.
    public init(
        _ table: TableReference, to destination: ExportDestination, client: BigQueryClient,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.table = table
        self.destination = destination
        self.client = client
        self.clock = clock
    }

    /// Runs the export to its end.
    ///
    /// Files that were written before an error, or before the task was cancelled, stay.
    /// - Throws: `BigQueryError` (`notATable` for a view), `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    public func run() async throws -> ExportReport {
        let session = ExportSession(
            to: destination, client: client, clock: clock, onProgress: onProgress, onInterruptedJob: onInterruptedJob)
        session.notify(.planning)
        let found = try await session.client.fetchTable(table)
        try requireRows(found)
        try destination.require(found.schema)
        session.report.sourceTable = "\(table)"
        session.report.bytesBilled = 0
        if found.hasStreamingBuffer {
            session.report.warnings.append(
                PullWarning(
                    code: .streamingBuffer,
                    message: "rows are being streamed into the table \(table); the latest of them are not exported"))
        }
        var request = ExtractRequest(table, to: destination)
        request.location = location ?? found.location
        request.labels = labels
        return try await session.run(in: request.location, repetitions: jobRetries) { [request] job in
            try await session.client.insertJob(request, as: job)
        }
    }

    /// Refuses what only a query can read, and says which one.
    private func requireRows(_ found: Table) throws(BigQueryError) {
        guard let what = found.kindWithoutRows else { return }
        throw BigQueryError(
            code: .notATable, message: "\(table) is \(what), whose rows only a query can read",
            detail: .readableByQuery(sql: "SELECT * FROM `\(table)`", exportURI: destination.uri))
    }
}
