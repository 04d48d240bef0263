public import BigQuery
public import BigQueryRows

/// One query, from the dry run to the last row.
///
/// A dry run comes first, then a job under an id of our own, then pages by their first row, several at a time,
/// delivered in order. A result is complete when as many rows were delivered as BigQuery promised.
public struct QueryPull: Sendable {
    /// The query.
    public var query: QueryRequest
    /// How much is in memory and on its way at a time.
    public var limits = PullLimits()
    /// How often the query is run again under a new id when the service fails to run it. Defaults to 2.
    public var jobRepetitions = 2
    /// Told how far the pull is, at every page and while waiting. Must return at once.
    public var onProgress: @Sendable (PullProgress) -> Void = { _ in }

    /// Told what became of a job that was running when the pull was cancelled.
    public var onInterruptedJob: @Sendable (InterruptedJob) -> Void = { _ in }

    let client: BigQueryClient
    let clock: any Clock<Duration>

    /// Makes a pull.
    ///
    /// - Parameter clock: measures durations for the report.
    public init(_ query: QueryRequest, client: BigQueryClient, clock: any Clock<Duration> = ContinuousClock()) {
        self.query = query
        self.client = client
        self.clock = clock
    }

    /// Runs the query and delivers its rows to a sink of any kind.
    ///
    /// - Throws: ``PullError``, `BigQueryError`, `RowsError`, `HTTPError`, `OAuthError`, what the sink throws, or
    ///   `CancellationError`.
    public func run(into sink: some RowSink) async throws -> PullReport {
        let session = PullSession(self)
        let plan = try await session.plan()
        let result = try await session.repeatingFailedJobs { job in try await session.start(plan, as: job) }
        try await session.transfer(result, to: sink)
        return session.finishedReport()
    }
}
