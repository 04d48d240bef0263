/// Options for opening and writing a staging database.
///
/// ```swift
/// import SQLiteStaging
///
/// func patientOptions() -> StagingOptions {
///     var options = StagingOptions()
///     options.lockTimeout = .seconds(3600)
///     options.onLockWait = { wait in print("\(wait.path) is locked by", wait.processes) }
///     return options
/// }
/// ```
public struct StagingOptions: Sendable {
    /// The longest wait of a transaction for a lock that another process holds. Defaults to 5 minutes.
    ///
    /// A table that another process is staging into is rejected immediately.
    public var lockTimeout: Duration = .seconds(300)
    /// Called once in every wait of more than a second for a lock. Must not block.
    public var onLockWait: @Sendable (LockWait) -> Void = { _ in }
    /// Whether the whole file is checked for damage, which takes time. Defaults to `false`: only files below 256 MiB are
    /// checked, and only after a process was killed or if there is a journal.
    public var checksEverything = false
    /// Whether pages are written regardless of the disk space. Defaults to `false`: a page is rejected with `io` if less
    /// than 64 MB are free and the rest of the result needs more.
    public var ignoresDiskSpace = false
    /// Measures the durations of writing and the time since the last sync. Defaults to `ContinuousClock`.
    package var clock: any Clock<Duration> = ContinuousClock()

    /// Creates options with the defaults.
    public init() {}
}
