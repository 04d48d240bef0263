import SQLiteStaging

/// A pull whose rows are published, and whose report the caller has yet to acknowledge.
///
/// Until ``acknowledge()``, the table stays locked for this process. If the process ends before, the same pull reports
/// this run instead of pulling again, within ``Pull/retryWindow``.
///
/// ```swift
/// import BigQueryPull
/// import SQLiteStaging
///
/// func stage(_ pull: QueryPull, into target: StagingTarget, sending send: (PullReport) async throws -> Void) async throws {
///     let published = try await pull.publish(into: target)
///     try await send(published.report)
///     try await published.acknowledge()
/// }
/// ```
public struct PublishedPull: Sendable {
    /// The report of the pull.
    public package(set) var report: PullReport
    private let database: StagingDatabase
    private let runID: String

    init(_ report: PullReport, runID: String, in database: StagingDatabase) {
        self.report = report
        self.runID = runID
        self.database = database
    }

    /// Records that the caller has the report, and unlocks the table. Waits at most two seconds for a lock.
    ///
    /// - Throws: `StagingError` if that cannot be recorded, or `CancellationError`. The rows stay published, and the
    ///   database is closed even then.
    public func acknowledge() async throws {
        do {
            try await database.acknowledge(runID)
        } catch {
            // Reports the first error.
            try? await database.close()
            throw error
        }
        try await database.close()
    }
}
