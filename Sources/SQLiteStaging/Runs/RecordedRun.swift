public import Foundation

/// A run as the database remembers it.
public struct RecordedRun: Sendable {
    /// What became of a run.
    public enum State: String, Sendable, CaseIterable {
        /// It is going on, or its process exited unexpectedly; either way its rows can be continued.
        case running
        /// It stopped with an error or a signal; its rows can be continued.
        case interrupted
        /// Its rows are in the table.
        case published
        /// Its job failed or its result contradicts itself; the same command starts another run.
        case failed
        /// Its rows were dropped on purpose.
        case discarded
        /// Another run published the same table, and its rows were dropped.
        case superseded

        /// Whether a run in this state can be continued.
        public var isUnfinished: Bool { self == .running || self == .interrupted }
    }

    /// What it was going to do.
    public var intent: StagingIntent
    /// Where its rows go.
    public var target: StagingTarget
    /// What became of it.
    public var state: State
    /// The process that is carrying it out now; 0 if that cannot be named, `nil` if there is none.
    public var process: Int32?
    /// The rows that are staged.
    public var rows: Int64
    /// The bytes of data in their cells.
    public var dataWritten: Int64
    /// What was known beyond that at the last checkpoint.
    public var statistics: StagingStatistics
    /// When the record was last changed.
    public var updatedAt: Date
    /// When the run ended for good.
    public var finishedAt: Date?
    /// What stopped it.
    public var error: String?
    /// Whether its hidden table is there.
    public var hasTable: Bool
    /// Whether its caller has the report, if it is published. If not, the same command reports it instead of running.
    public var isAcknowledged: Bool
    /// The rows of the whole table when the run was published; `nil` if it is not, or if 0.1.0 published it.
    public var tableRows: Int64?

    /// Whether it is published, and its caller may not have the report.
    public var awaitsAcknowledgement: Bool { state == .published && !isAcknowledged }
}
