/// The progress of a benchmark.
public struct BenchmarkProgress: Sendable {
    /// The setting being measured; `nil` before the first run.
    public var setting: BenchmarkSetting?
    /// The current run, counted from 1; 0 before the first one.
    public var run: Int
    /// The number of runs of all settings.
    public var runs: Int
    /// The progress of the current run, or of the query.
    public var pull: PullProgress
}
