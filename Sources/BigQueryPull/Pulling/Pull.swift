public import BigQueryRows
public import SQLiteStaging

/// What brings rows from BigQuery into a staging table or any other sink: ``QueryPull`` and ``TablePull``.
public protocol Pull: Sendable {
    /// How much is in memory and on its way at a time.
    var limits: PullLimits { get set }
    /// Whether rows that an earlier run of the same command left are dropped instead of continued, and a run that is
    /// published is not taken for this one. Defaults to `false`.
    var startsAnew: Bool { get set }
    /// How old an interrupted run can be to be continued, counted from its start. An older one is dropped when its
    /// successor begins. Defaults to 12 hours.
    ///
    /// By the time of day; a run that began in the future, after the clock went backwards, counts as older.
    var continueWithin: Duration { get set }
    /// How long after its publication a run that is not acknowledged is reported by the same command instead of run
    /// again. `.zero` turns that off. Defaults to 10 minutes.
    var retryWindow: Duration { get set }
    /// How the staging database is opened and used. ``clock`` takes the place of its clock.
    var staging: StagingOptions { get set }
    /// Called if a result seems to need more disk space than is free; an error that it throws stops the pull,
    /// else rows are written until the disk is full. Throws ``DiskSpaceShortage/error`` by default. Not called if
    /// ``staging`` ignores disk space.
    var onDiskSpaceShortage: @Sendable (DiskSpaceShortage) async throws -> Void { get set }
    /// Told how far the pull is, at every page and while waiting. Must return at once.
    var onProgress: @Sendable (PullProgress) -> Void { get set }
    /// Told at once of each warning that will be in the report. Must return at once.
    var onWarning: @Sendable (PullWarning) -> Void { get set }
    /// Measures durations for the report.
    var clock: any Clock<Duration> { get }

    /// Stages and publishes the rows in a table of a local SQLite database, where an interrupted pull can be continued,
    /// and leaves it to the caller to acknowledge that it has the report.
    func publish(into target: StagingTarget) async throws -> PublishedPull

    /// Delivers the rows to a sink of any kind.
    func run(into sink: some RowSink) async throws -> PullReport
}

extension Pull {
    /// Stages and publishes the rows in a table of a local SQLite database, and acknowledges the run.
    ///
    /// A caller that passes the report on, and wants the same command to repeat it if that fails, uses
    /// ``publish(into:)`` instead. An acknowledgement that fails is a warning in the report.
    ///
    /// Throws what ``publish(into:)`` throws.
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
