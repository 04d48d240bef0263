/// How far a pull is.
public struct PullProgress: Sendable {
    /// What a pull does at a time.
    public enum Phase: Sendable {
        /// Asks what there is to read.
        case planning
        /// Waits for BigQuery to run it.
        case running
        /// Fetches and delivers rows.
        case transferring
        /// All rows have arrived.
        case publishing
    }

    /// What it does now.
    public var phase: Phase
    /// The run in the staging database, once it is recorded.
    public var runID: String?
    /// Rows delivered so far.
    public var rows: Int64 = 0
    /// Those of them that were there before, in a run that is continued.
    public var rowsContinued: Int64 = 0
    /// Rows of the whole result, known from the first page on.
    public var totalRows: Int64?
    /// Bytes of the pages that came so far, compressed, in this process.
    public var dataRead: Int64 = 0
    /// Bytes of the same pages inflated.
    public var dataInflated: Int64 = 0
    /// Pages that are being fetched.
    public var pagesInFlight = 0
    /// Requests that had to be repeated so far.
    public var retries: Int64 = 0
    /// Time since the pull began.
    public var elapsed: Duration
    /// Time since the first page arrived.
    public var transferElapsed: Duration = .zero
}
