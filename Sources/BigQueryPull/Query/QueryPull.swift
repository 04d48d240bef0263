public import BigQuery
public import BigQueryRows
public import SQLiteStaging

/// Pulls the result of one query.
///
/// A dry run comes first, then a job with a new ID, then pages by row number, several at a time, delivered in
/// order. A result is complete when as many rows have been delivered as BigQuery reports.
///
/// ```swift
/// import BigQuery
/// import BigQueryPull
/// import SQLiteStaging
///
/// func stage(_ sql: String, with client: BigQueryClient) async throws -> PullReport {
///     var pull = QueryPull(QueryRequest(sql), client: client)
///     pull.onProgress = { progress in print(progress.rows) }
///     return try await pull.stage(into: StagingTarget(path: "staging.db"))
/// }
/// ```
public struct QueryPull: Pull {
    /// The query.
    public var query: QueryRequest
    /// The column of an incremental load: each run pulls the rows from the highest published value on. `nil`, the
    /// default, pulls all rows each time.
    ///
    /// INT64, DATE, DATETIME or TIMESTAMP. The first run pulls all rows, including those whose value is NULL. The lower
    /// bound is inclusive: an append adds a row at the bound only if it was not published before. A query that contains
    /// `@bqpull_watermark` is sent as it is, with the bound as that parameter; it must include the bound (`>=`).
    public var incrementalColumn: String?
    /// The name of the load. Defaults to `nil`: an incremental load has the name of the table, any other pull none.
    ///
    /// The name identifies the load in the database, in any case of ASCII letters. A load with an explicit name accepts
    /// a changed query.
    public var load: String?
    /// Whether a load without an explicit name continues at its mark although its query has changed. Defaults to `false`.
    public var continuesChangedQuery = false
    /// The lower bound of this run, inclusive, instead of the high-water mark. Defaults to `nil`.
    public var since: LowerBound?
    /// The upper bound of this run, exclusive, in the type of the incremental column. Defaults to `nil`: no bound.
    public var until: String?
    /// How far below the high-water mark the run reads again, for rows that arrive late. Defaults to `nil`: not at all.
    public var lookback: Lookback?
    /// Whether a run with a lower bound also counts the rows without a value in the incremental column, which it does
    /// not pull, with a second query. Defaults to `false`.
    ///
    /// The second query is part of the estimate and of the limit of billed bytes. If it fails, the report has a warning.
    /// A run that is continued does not send it.
    public var countsNulls = false
    /// Whether to drop the rows of an earlier run instead of continuing it. Defaults to `false`.
    public var restarts = false
    /// The maximum age of an interrupted run to continue. Defaults to 12 hours.
    public var continueWithin: Duration = .seconds(12 * 3600)
    /// How long the same pull reports a run that is not acknowledged. Defaults to 10 minutes.
    public var retryWindow: Duration = .seconds(600)
    /// How the staging database is opened and used.
    public var staging = StagingOptions()
    /// Called if the rows seem to need more disk space than is free. Stops the pull by default.
    public var onDiskSpaceShortage: @Sendable (DiskSpaceShortage) async throws -> Void = { throw $0.error }
    /// The limits of memory and parallelism.
    public var limits = PullLimits()
    /// How many times the query is retried with a new job if the service fails to run it. Defaults to 2.
    public var jobRetries = 2
    /// Called with the estimate before the query runs. An error that it throws stops the pull, and nothing is billed.
    ///
    /// Not called by a pull that continues a job.
    public var onEstimate: @Sendable (QueryEstimate) async throws -> Void = { _ in }
    /// Called with the progress of the pull.
    public var onProgress: @Sendable (PullProgress) -> Void = { _ in }
    /// Called with each warning as it occurs.
    public var onWarning: @Sendable (PullWarning) -> Void = { _ in }
    /// Called after an attempt to cancel the job, if the pull is cancelled while the job runs.
    public var onInterruptedJob: @Sendable (InterruptedJob) -> Void = { _ in }

    let client: BigQueryClient
    /// Measures durations for the report.
    public let clock: any Clock<Duration>
    /// The run to continue, even if another pull started it.
    let continuedRun: RecordedRun?

    /// Creates a pull of a query.
    ///
    /// - Parameters:
    ///   - query: the query.
    ///   - client: the client that runs it.
    ///   - clock: measures durations for the report; a `ContinuousClock` by default.
    public init(_ query: QueryRequest, client: BigQueryClient, clock: any Clock<Duration> = ContinuousClock()) {
        self.query = query
        self.client = client
        self.clock = clock
        continuedRun = nil
    }

    /// Creates a pull that continues a run, to be staged into the run's own target.
    ///
    /// - Parameters:
    ///   - run: a run of a query that is unfinished, or published and not acknowledged.
    ///   - client: a client of the run's project.
    ///   - clock: measures durations for the report; a `ContinuousClock` by default.
    /// - Throws: ``PullError`` with code `notContinuable` if the run is not one of a query, or belongs to another project.
    public init(
        continuing run: RecordedRun, client: BigQueryClient, clock: any Clock<Duration> = ContinuousClock()
    ) throws {
        let project = client.configuration.project
        guard run.intent.jobID != nil, run.intent.project == project,
            // Other kinds of runs have another configuration.
            let query = try? QueryRequest(
                jobConfiguration: run.intent.configuration, location: run.intent.location)
        else {
            throw PullError(
                code: .notContinuable,
                message: "the run \(run.intent.runID) is not one of a query in the project \(project)")
        }
        self.query = IncrementalQuery.unwrapped(query, run.intent.sql)
        self.client = client
        self.clock = clock
        continuedRun = run
        incrementalColumn = run.intent.incrementalColumn
        load = run.intent.load?.name
        // Another run of the load with another query would have dropped this one.
        continuesChangedQuery = true
        if let command = QueryCommand(text: run.intent.command) {
            since = command.since.map(LowerBound.init(recorded:))
            until = command.until
            lookback = command.lookback?.value
        }
    }

    /// Estimates the query without running it.
    ///
    /// - Returns: the bytes it would process, and its columns.
    /// - Throws: ``PullError`` if the statement cannot be pulled, `BigQueryError`, `RowsError`, `HTTPError`, `OAuthError`
    ///   or `CancellationError`.
    public func estimate() async throws -> QueryEstimate {
        QueryEstimate(try await QuerySession(self).plan(query))
    }

    /// Runs the query and delivers its rows to any sink.
    ///
    /// - Parameter sink: the destination of the rows.
    /// - Returns: the report.
    /// - Throws: ``PullError``, `BigQueryError`, `RowsError`, `HTTPError`, `OAuthError`, the errors of the sink and of
    ///   ``onEstimate``, or `CancellationError`.
    public func run(into sink: some RowSink) async throws -> PullReport {
        let session = QuerySession(self)
        let plan = try await session.plan(query)
        try await onEstimate(QueryEstimate(plan))
        let result = try await session.retryingFailedJobs { job in try await session.start(plan, as: job) }
        try await session.transfer(result, to: sink)
        return session.reporter.finishedReport()
    }
}
