/// The progress of an export. BigQuery does not report the files written so far.
public struct ExportProgress: Sendable {
    /// A phase of an export.
    public enum Phase: Sendable {
        /// Looking up the table, or dry-running the query.
        case planning
        /// Waiting for the job to start.
        case waiting
        /// Waiting for the job to finish.
        case running
    }

    /// The current phase.
    public let phase: Phase
    /// Time since the export started.
    public package(set) var elapsed: Duration
}
