public import BigQuery
public import BigQueryRows
import Foundation
public import SQLiteStaging

/// One table, read without a query, which costs nothing.
///
/// Pages come one after another by their tokens, since a table may change at any time, and with it the places of its
/// rows. The table is looked up before and after; it is whole if it was not changed, and as many rows were delivered as
/// BigQuery promised.
public struct TablePull: Pull {
    /// The table.
    public let table: TableReference
    /// The columns to read, in the table's order whatever the order here; `nil`, the default, for all.
    public var columns: [String]?
    /// The most rows to read, at least 1: the first ones, in the order in which BigQuery gives them. `nil`, the default,
    /// for all.
    public var maximumRows: Int64?
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
    /// How much is in memory at a time: two pages, whatever `parallelPages` says.
    public var limits = PullLimits()
    /// Told how far the pull is.
    public var onProgress: @Sendable (PullProgress) -> Void = { _ in }
    /// Told at once of each warning.
    public var onWarning: @Sendable (PullWarning) -> Void = { _ in }

    let client: BigQueryClient
    /// Measures durations for the report.
    public let clock: any Clock<Duration>
    /// The run that is to be continued, whatever the command.
    let continuedRun: RecordedRun?

    /// Makes a pull.
    ///
    /// - Parameter clock: measures durations for the report.
    public init(_ table: TableReference, client: BigQueryClient, clock: any Clock<Duration> = ContinuousClock()) {
        self.table = table
        self.client = client
        self.clock = clock
        continuedRun = nil
    }

    /// Makes a pull that continues a run, to be staged into the run's own target.
    ///
    /// - Parameter run: a run of a table that is unfinished, or published and not acknowledged.
    /// - Throws: ``PullError`` with code `notContinuable` if the run is none of a table.
    public init(continuing run: RecordedRun, client: BigQueryClient, clock: any Clock<Duration> = ContinuousClock())
        throws
    {
        guard run.intent.jobID == nil,
            let configuration = try? JSONDecoder().decode(
                TableConfiguration.self, from: Data(run.intent.configuration.utf8))
        else {
            throw PullError(
                code: .notContinuable, message: "the run \(run.intent.runID) is not one of a table",
                hint: "run its own command again")
        }
        table = configuration.table
        columns = configuration.columns
        maximumRows = configuration.rows
        self.client = client
        self.clock = clock
        continuedRun = run
    }

    /// Reads the table and delivers its rows to a sink of any kind.
    ///
    /// A sink takes rows once, so that a table that is changed meanwhile is an error at once.
    ///
    /// - Throws: ``PullError`` (`tableChanges` if it was changed), `BigQueryError` (`notATable` for a view), `RowsError`,
    ///   `HTTPError`, `OAuthError`, what the sink throws, or `CancellationError`.
    public func run(into sink: some RowSink) async throws -> PullReport {
        let meter = newMeter()
        try await TableSession(self, meter).transfer(to: sink)
        return meter.finishedReport()
    }

    func newMeter() -> PullReporter {
        PullReporter(self, project: table.project, client: client, clock: clock)
    }
}
