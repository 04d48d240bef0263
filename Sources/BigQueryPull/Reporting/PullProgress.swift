/// The progress of a pull.
public struct PullProgress: Sendable {
    /// A phase of a pull.
    public enum Phase: Sendable {
        /// Looking up the table, or dry-running the query.
        case planning
        /// Waiting for the query to finish.
        case running
        /// Fetching and delivering rows.
        case transferring
        /// Publishing, after all rows have arrived.
        case publishing
    }

    /// The current phase.
    public internal(set) var phase: Phase
    /// The run in the staging database, once it is recorded.
    public internal(set) var runID: String?
    /// Rows delivered so far, including ``rowsContinued``.
    public internal(set) var rows: Int64 = 0
    /// Rows that earlier processes staged, in a run that is continued.
    public internal(set) var rowsContinued: Int64 = 0
    /// Rows of the whole result, once known.
    public internal(set) var totalRows: Int64?
    /// Bytes of pages read so far by this process, compressed.
    public internal(set) var dataRead: Int64 = 0
    /// Bytes of the same pages, inflated.
    public internal(set) var dataInflated: Int64 = 0
    /// Pages being fetched.
    public internal(set) var pagesInFlight = 0
    /// Retries so far.
    public internal(set) var retries: Int64 = 0
    /// Time since the pull started.
    public package(set) var elapsed: Duration
    /// Time since the first page arrived.
    public package(set) var transferElapsed: Duration = .zero
}
