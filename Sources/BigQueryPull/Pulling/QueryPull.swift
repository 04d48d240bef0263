public import BigQuery
public import BigQueryRows
public import SQLiteStaging

/// One query, from the dry run to the last row.
///
/// A dry run comes first, then a job under an id of our own, then pages by their first row, several at a time,
/// delivered in order. A result is complete when as many rows were delivered as BigQuery promised.
public struct QueryPull: Pull {
    /// The query.
    public var query: QueryRequest
    /// The column of which every run into a table takes only the values above the highest one staged so far; `nil`,
    /// the default, takes all rows every time.
    ///
    /// INT64, DATE, DATETIME or TIMESTAMP. The first run takes all rows, those without a value too.
    public var incrementalColumn: String?
    /// Whether the rows of an earlier run are dropped instead of continued.
    public var startsAnew = false
    /// How old an interrupted run can be to be continued. Defaults to 12 hours.
    public var continueWithin: Duration = .seconds(12 * 3600)
    /// How long the same command reports a run that is not acknowledged. Defaults to 10 minutes.
    public var retryWindow: Duration = .seconds(600)
    /// How the staging database is opened and used.
    public var staging = StagingOptions()
    /// Called if a result seems to need more disk space than is free. Stops the pull by default.
    public var onDiskSpaceShortage: @Sendable (DiskSpaceShortage) async throws -> Void = { throw $0.error }
    /// How much is in memory and on its way at a time.
    public var limits = PullLimits()
    /// How often the query is run again under a new id when the service fails to run it. Defaults to 2.
    public var jobRetries = 2
    /// Told what the query will read, before it runs; an error that it throws stops the pull, and nothing is billed.
    ///
    /// Not called by a pull that goes on with a job which has run already.
    public var onEstimate: @Sendable (QueryEstimate) async throws -> Void = { _ in }
    /// Told how far the pull is.
    public var onProgress: @Sendable (PullProgress) -> Void = { _ in }
    /// Told at once of each warning.
    public var onWarning: @Sendable (PullWarning) -> Void = { _ in }

    /// Told what became of a job that was running when the pull was cancelled.
    public var onInterruptedJob: @Sendable (InterruptedJob) -> Void = { _ in }

    let client: BigQueryClient
    /// Measures durations for the report.
    public let clock: any Clock<Duration>
    /// The run that is to be continued, whatever the command.
    let continuedRun: RecordedRun?

    /// Makes a pull.
    ///
    /// - Parameter clock: measures durations for the report.
    public init(_ query: QueryRequest, client: BigQueryClient, clock: any Clock<Duration> = ContinuousClock()) {
        self.query = query
        self.client = client
        self.clock = clock
        continuedRun = nil
    }

    /// Makes a pull that continues a run, to be staged into the run's own target.
    ///
    /// - Parameters:
    ///   - run: a run of a query that is unfinished, or published and not acknowledged.
    ///   - client: a client of the run's project.
    /// - Throws: ``PullError`` with code `notContinuable` if the run is none of a query, or of another project.
    public init(continuing run: RecordedRun, client: BigQueryClient, clock: any Clock<Duration> = ContinuousClock())
        throws
    {
        guard run.intent.jobID != nil, run.intent.project == client.configuration.project,
            let query = try? QueryRequest(
                jobConfiguration: run.intent.configuration, location: run.intent.location)
        else {
            throw PullError(
                code: .notContinuable,
                message:
                    "the run \(run.intent.runID) is not one of a query in the project \(client.configuration.project)",
                hint: "run its own command again")
        }
        self.query = Incremental.unwrapped(query, run.intent.sql)
        self.client = client
        self.clock = clock
        incrementalColumn = run.intent.incrementalColumn
        continuedRun = run
    }

    /// Asks what the query would read and return, without running it.
    ///
    /// - Throws: ``PullError`` for what is no query, `BigQueryError`, `HTTPError`, `OAuthError` or `CancellationError`.
    public func estimate() async throws -> QueryEstimate {
        QueryEstimate(try await QuerySession(self).plan(query))
    }

    /// Runs the query and delivers its rows to a sink of any kind.
    ///
    /// - Throws: ``PullError``, `BigQueryError`, `RowsError`, `HTTPError`, `OAuthError`, what the sink or ``onEstimate``
    ///   throws, or `CancellationError`.
    public func run(into sink: some RowSink) async throws -> PullReport {
        let session = QuerySession(self)
        let plan = try await session.plan(query)
        try await onEstimate(QueryEstimate(plan))
        let result = try await session.repeatingFailedJobs { job in try await session.start(plan, as: job) }
        try await session.transfer(result, to: sink)
        return session.finishedReport()
    }
}
