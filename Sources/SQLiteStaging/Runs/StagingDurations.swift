/// The time spent on writing pages.
public struct StagingDurations: Sendable, Hashable {
    /// Inserting rows.
    public var insert: Duration = .zero
    /// Beginning and committing transactions, and writing the log back into the file.
    public var commit: Duration = .zero

    /// Zero durations.
    public init() {}
}
