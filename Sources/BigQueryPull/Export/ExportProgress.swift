/// How far an export is. BigQuery does not tell how many files it has written.
public struct ExportProgress: Sendable {
    /// What an export does at a time.
    public enum Phase: Sendable {
        /// Asks what there is to export.
        case planning
        /// Waits for BigQuery to begin.
        case waiting
        /// Waits for BigQuery to end.
        case running
    }

    /// What it does now.
    public var phase: Phase
    /// Time since the export began.
    public var elapsed: Duration
}
