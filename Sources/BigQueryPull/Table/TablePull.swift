public import BigQuery
public import BigQueryRows
import Foundation
public import SQLiteStaging

/// Pulls a table without a query, which is free.
///
/// Pages are read in sequence, by page tokens, since a table can change at any time, and with it the positions of its
/// rows. The table is looked up before and after: it is complete if it did not change, and as many rows were delivered
/// as BigQuery reports.
///
/// ```swift
/// import BigQuery
/// import BigQueryPull
/// import SQLiteStaging
///
/// func stage(_ table: TableReference, with client: BigQueryClient) async throws -> PullReport {
///     var pull = TablePull(table, client: client)
///     pull.columns = ["order_id", "amount"]
///     return try await pull.stage(into: StagingTarget(path: "staging.db"))
/// }
/// ```
public struct TablePull: Pull {
    /// The table.
    public let table: TableReference
    /// The columns to read, in any order; rows have them in the table's order. `nil`, the default, reads all.
    public var columns: [String]?
    /// The maximum number of rows to read, at least 1, from the first in BigQuery's order. `nil`, the default, reads
    /// all.
    public var maximumRows: Int64?
    /// The name of the load, for a table that several loads share. Defaults to `nil`: no load.
    public var load: String?
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
    /// The limits of memory: at most two pages, regardless of `parallelPages`.
    public var limits = PullLimits()
    /// Called with the progress of the pull.
    public var onProgress: @Sendable (PullProgress) -> Void = { _ in }
    /// Called with each warning as it occurs.
    public var onWarning: @Sendable (PullWarning) -> Void = { _ in }

    let client: BigQueryClient
    /// Measures durations for the report.
    public let clock: any Clock<Duration>
    /// The run to continue, even if another pull started it.
    let continuedRun: RecordedRun?

    /// Creates a pull of a table.
    ///
    /// - Parameters:
    ///   - table: the table.
    ///   - client: the client that reads it.
    ///   - clock: measures durations for the report; a `ContinuousClock` by default.
    public init(_ table: TableReference, client: BigQueryClient, clock: any Clock<Duration> = ContinuousClock()) {
        self.table = table
        self.client = client
        self.clock = clock
        continuedRun = nil
    }

    /// Creates a pull that continues a run, to be staged into the run's own target.
    ///
    /// - Parameters:
    ///   - run: a run of a table that is unfinished, or published and not acknowledged.
    ///   - client: the client that reads the table.
    ///   - clock: measures durations for the report; a `ContinuousClock` by default.
    /// - Throws: ``PullError`` with code `notContinuable` if the run is not one of a table.
    public init(
        continuing run: RecordedRun, client: BigQueryClient, clock: any Clock<Duration> = ContinuousClock()
    ) throws {
        guard run.intent.jobID == nil,
            // Other kinds of runs have another configuration.
            let configuration = try? JSONDecoder().decode(
                TableConfiguration.self, from: Data(run.intent.configuration.utf8))
        else {
            throw PullError(code: .notContinuable, message: "the run \(run.intent.runID) is not one of a table")
        }
        table = configuration.table
        columns = configuration.columns
        maximumRows = configuration.rows
        load = run.intent.load?.name
        self.client = client
        self.clock = clock
        continuedRun = run
    }

    /// Reads the table and delivers its rows to any sink.
    ///
    /// A sink takes rows once, so a table that changes while it is read is an error.
    ///
    /// - Parameter sink: the destination of the rows.
    /// - Returns: the report.
    /// - Throws: ``PullError`` (`tableChanges` if the table changed), `BigQueryError` (`notATable` for a view),
    ///   `RowsError`, `HTTPError`, `OAuthError`, the errors of the sink, or `CancellationError`.
    public func run(into sink: some RowSink) async throws -> PullReport {
        let (client, reporter) = reporting()
        try await TableSession(self, client, reporter).transfer(to: sink)
        return reporter.finishedReport()
    }

    /// A client whose retries are counted, and the reporter that counts them.
    func reporting() -> (BigQueryClient, PullReporter) {
        let (client, retries) = RetryCount.counting(client)
        return (client, PullReporter(self, project: table.project, retries: retries))
    }
}
