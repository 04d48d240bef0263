import SQLiteStaging

/// What a benchmark fetches again and again, in the way of the pull that it measures.
protocol BenchmarkSource {
    /// What the record of a run in a staging database says.
    ///
    /// Its configuration is one that no pull understands, so that none goes on with the run.
    func intent() throws -> StagingIntent

    /// Fetches the rows once and delivers them.
    ///
    /// - Parameter run: where they are staged; `nil` drops them.
    func measure(
        _ setting: BenchmarkSetting, into run: StagingRun?, onProgress: @escaping @Sendable (PullProgress) -> Void
    ) async throws -> PullReport
}

extension BenchmarkSource {
    static var configuration: String { #"{"benchmark":true}"# }
}

extension PullError {
    static let nothingToMeasure = PullError(
        code: .nothingToMeasure, message: "there are no rows, so that nothing can be measured",
        hint: "choose a query or a table with some 100,000 rows")
}
