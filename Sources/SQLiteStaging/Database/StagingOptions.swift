/// How a staging database is opened and used.
public struct StagingOptions: Sendable {
    /// How long every transaction waits for a lock that another process holds. Defaults to 5 minutes.
    ///
    /// A table that another process is staging into is rejected at once.
    public var lockTimeout: Duration = .seconds(300)
    /// Called when a lock has been waited for longer than a second, once in every wait. Must return at once.
    public var onLockWait: @Sendable (LockWait) -> Void = { _ in }
    /// Whether the whole file is checked for damage. Defaults to `false`.
    ///
    /// That takes time, and happens without this only after a process was killed or next to a journal, for files below
    /// 256 MB.
    public var checksEverything = false
    /// Whether rows are written until the disk is full. Defaults to `false`: a page is rejected with `io` when less than
    /// 64 MB of disk space is free and the rest of the result needs more than that.
    public var ignoresDiskSpace = false
    /// Measures ``StagingRun/durations``, and how long pages stay unsynced.
    public var clock: any Clock<Duration> = ContinuousClock()

    /// The defaults.
    public init() {}
}
