import SQLiteStaging

/// A pull whose rows are published, and whose caller has yet to acknowledge the report.
///
/// Until ``acknowledge()``, the table stays reserved for this process, and the same command reports this run instead of
/// pulling again, for as long as ``Pull/retryWindow`` says:
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
    /// What the pull did.
    public var report: PullReport
    private let database: StagingDatabase
    private let runID: String

    init(_ report: PullReport, runID: String, in database: StagingDatabase) {
        self.report = report
        self.runID = runID
        self.database = database
    }

    /// Records that the caller has the report, and gives the table back. Waits at most two seconds for a lock.
    ///
    /// Throws `StagingError` if that cannot be recorded; the rows are published all the same.
    public func acknowledge() async throws {
        do {
            try await database.acknowledge(runID)
        } catch {
            try? await database.close()
            throw error
        }
        try await database.close()
    }
}
