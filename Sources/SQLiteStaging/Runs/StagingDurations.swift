/// Where the time of writing pages went.
public struct StagingDurations: Sendable, Hashable {
    /// Putting rows into the table.
    public var insert: Duration = .zero
    /// Beginning and committing transactions, and writing the log back into the file.
    public var commit: Duration = .zero

    /// Nothing written.
    public init() {}
}
