import SQLiteStaging

/// A query result or table that a benchmark fetches repeatedly, as the pull that it measures does.
protocol BenchmarkSource {
    /// The intent to record for a run in a staging database. Its configuration is not valid for a pull, so that no pull
    /// continues the run.
    func intent() throws -> StagingIntent

    /// Fetches the rows once, and stages them in `run`, or discards them if that is `nil`.
    func measure(
        _ setting: BenchmarkSetting, into run: StagingRun?, onProgress: @escaping @Sendable (PullProgress) -> Void
    ) async throws -> PullReport
}

extension BenchmarkSource {
    static var configuration: String { #"{"benchmark":true}"# }
}

extension PullError {
    static let nothingToMeasure = PullError(
        code: .nothingToMeasure, message: "no rows to measure")
}
