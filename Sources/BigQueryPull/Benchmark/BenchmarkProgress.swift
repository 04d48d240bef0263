/// How far a benchmark is.
public struct BenchmarkProgress: Sendable {
    /// What is measured now; `nil` before the first run.
    public var setting: BenchmarkSetting?
    /// The run that is going on, counted from 1; 0 before the first one.
    public var run: Int
    /// The runs of all settings.
    public var runs: Int
    /// How far that run is, or the query.
    public var pull: PullProgress
}
