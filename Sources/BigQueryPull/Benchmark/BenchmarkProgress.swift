/// The progress of a benchmark.
package struct BenchmarkProgress: Sendable {
    /// The setting being measured; `nil` before the first run.
    package var setting: BenchmarkSetting?
    /// The current run, counted from 1; 0 before the first one.
    package var run: Int
    /// The number of runs of all settings.
    package var runs: Int
    /// The progress of the current run, or of the query.
    package var pull: PullProgress
}
