/// What the runs of one setting took.
public struct BenchmarkResult: Sendable, Codable, Hashable {
    /// How the rows were fetched.
    public let setting: BenchmarkSetting
    /// The run that stands for all of them: the one in the middle by its time, of an even number the slower one.
    public let median: BenchmarkMeasurement
    /// What limited that run.
    public let limitedBy: LimitingFactor
    /// Every run, in the order in which they were made.
    public let measurements: [BenchmarkMeasurement]

    /// Judges the runs of a setting.
    ///
    /// - Parameters:
    ///   - measurements: at least one.
    ///   - processors: those that the process may use.
    init(_ setting: BenchmarkSetting, _ measurements: [BenchmarkMeasurement], processors: Int) {
        self.setting = setting
        self.measurements = measurements
        median = measurements.sorted { $0.seconds < $1.seconds }[measurements.count / 2]
        limitedBy = LimitingFactor(median.detailedDurations, seconds: median.seconds, processors: processors)
    }
}
