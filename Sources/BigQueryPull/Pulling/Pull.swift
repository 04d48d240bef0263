public import BigQueryRows
public import SQLiteStaging

/// What brings rows from BigQuery into a staging table or any other sink: ``QueryPull`` and ``TablePull``.
public protocol Pull: Sendable {
    /// How much is in memory and on its way at a time.
    var limits: PullLimits { get set }
    /// Whether rows that an earlier run of the same command left are dropped instead of continued. Defaults to `false`.
    var startsAnew: Bool { get set }
    /// Whether an existing database is checked as a whole before rows go into it. Defaults to `false`.
    var checksDatabase: Bool { get set }
    /// Told how far the pull is, at every page and while waiting. Must return at once.
    var onProgress: @Sendable (PullProgress) -> Void { get set }
    /// Told at once of each warning that will be in the report. Must return at once.
    var onWarning: @Sendable (PullWarning) -> Void { get set }
    /// Measures durations for the report.
    var clock: any Clock<Duration> { get }

    /// Stages the rows in a table of a local SQLite database, where an interrupted pull can be continued.
    func stage(into target: StagingTarget) async throws -> PullReport

    /// Delivers the rows to a sink of any kind.
    func run(into sink: some RowSink) async throws -> PullReport
}
