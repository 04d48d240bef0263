public import BigQuery

/// A job that was running, or being inserted, when its pull was cancelled.
public struct InterruptedJob: Sendable {
    /// The job.
    public let reference: JobReference
    /// Whether BigQuery accepted the cancellation. If not, the job can continue and be billed.
    public let isCancelled: Bool
}
