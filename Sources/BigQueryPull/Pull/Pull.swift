public import BigQueryRows
public import SQLiteStaging

/// A transfer of rows from BigQuery into a staging table or any other sink: ``QueryPull`` or ``TablePull``.
public protocol Pull: Sendable {
    /// The limits of memory and parallelism.
    var limits: PullLimits { get set }
    /// Whether to drop the rows of an earlier run of the same pull instead of continuing it, and to pull again instead
    /// of reporting a published one. Defaults to `false`.
    var restarts: Bool { get set }
    /// The maximum age of an interrupted run to continue, counted from its start by wall-clock time. Defaults to 12
    /// hours.
    ///
    /// An older run, or one with a start in the future, is dropped when its successor starts.
    var continueWithin: Duration { get set }
    /// How long after its publication a run that is not acknowledged is reported by the same pull instead of run again.
    /// `.zero` turns that off. Defaults to 10 minutes.
    var retryWindow: Duration { get set }
    /// How the staging database is opened and used. ``clock`` replaces its clock.
    var staging: StagingOptions { get set }
    /// Called if the rows seem to need more disk space than is free. If it throws, the pull stops; otherwise rows are
    /// written until the disk is full. Throws ``DiskSpaceShortage/error`` by default. Not called if ``staging`` ignores
    /// disk space.
    var onDiskSpaceShortage: @Sendable (DiskSpaceShortage) async throws -> Void { get set }
    /// Called with the progress, at every page and while waiting. Must not block.
    var onProgress: @Sendable (PullProgress) -> Void { get set }
    /// Called with each warning of the report as it occurs. Must not block.
    var onWarning: @Sendable (PullWarning) -> Void { get set }
    /// Measures durations for the report.
    var clock: any Clock<Duration> { get }

    /// Stages and publishes the rows in a table of a local SQLite database, where an interrupted pull can be continued.
    /// The caller acknowledges the report.
    ///
    /// - Parameter target: the table of a local database.
    /// - Returns: the published rows, to be acknowledged.
    /// - Throws: ``PullError``, `StagingError`, `BigQueryError`, `RowsError`, `HTTPError`, `OAuthError`, the errors of
    ///   the callbacks, or `CancellationError`.
    func publish(into target: StagingTarget) async throws -> PublishedPull

    /// Delivers the rows to any sink.
    ///
    /// - Parameter sink: the destination of the rows.
    /// - Returns: the report.
    /// - Throws: ``PullError``, `BigQueryError`, `RowsError`, `HTTPError`, `OAuthError`, the errors of the sink and the
    ///   callbacks, or `CancellationError`.
    func run(into sink: some RowSink) async throws -> PullReport
}

extension Pull {
    /// Stages and publishes the rows in a table of a local SQLite database, and acknowledges the run.
    ///
    /// A caller that passes the report on, and needs the same pull to report it again if that fails, uses
    /// ``publish(into:)`` instead. A failed acknowledgement is a warning in the report.
    ///
    /// - Parameter target: the table of a local database.
    /// - Returns: the report.
    /// - Throws: ``PullError``, `StagingError`, `BigQueryError`, `RowsError`, `HTTPError`, `OAuthError`, the errors of
    ///   the callbacks, or `CancellationError`.
    public func stage(into target: StagingTarget) async throws -> PullReport {
        let published = try await publish(into: target)
        var report = published.report
        do {
            try await published.acknowledge()
        } catch {
            let warning = PullWarning(code: .notAcknowledged, message: "the run could not be acknowledged: \(error)")
            onWarning(warning)
            report.warnings.append(warning)
        }
        return report
    }
}
