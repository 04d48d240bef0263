public import BigQuery

/// A job that was running, or about to, when its pull was cancelled.
public struct InterruptedJob: Sendable {
    /// The job.
    public var reference: JobReference
    /// Whether BigQuery was told to stop it. If not, it may go on and cost.
    public var isCancelled: Bool
}
