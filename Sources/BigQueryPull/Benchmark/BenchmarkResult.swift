/// The runs of one setting.
public struct BenchmarkResult: Sendable, Codable, Hashable {
    /// The setting.
    public let setting: BenchmarkSetting
    /// The run with the median duration; the slower one of an even number.
    public let median: BenchmarkMeasurement
    /// The factor that limited that run.
    public let limitedBy: LimitingFactor
    /// Every run, in order.
    public let measurements: [BenchmarkMeasurement]

    /// Evaluates the runs of a setting, at least one. `processors` is the number that the process can use.
    init(_ setting: BenchmarkSetting, _ measurements: [BenchmarkMeasurement], processors: Int) {
        self.setting = setting
        self.measurements = measurements
        median = measurements.sorted { $0.seconds < $1.seconds }[measurements.count / 2]
        limitedBy = LimitingFactor(median.detailedDurations, seconds: median.seconds, processors: processors)
    }
}
