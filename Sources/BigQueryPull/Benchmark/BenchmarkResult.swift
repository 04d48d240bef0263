/// The runs of one setting.
package struct BenchmarkResult: Sendable, Encodable, Hashable {
    /// The setting.
    package let setting: BenchmarkSetting
    /// The run with the median duration; the slower one of an even number.
    package let median: BenchmarkMeasurement
    /// The factor that limited that run.
    package let limitedBy: LimitingFactor
    /// Every run, in order.
    package let measurements: [BenchmarkMeasurement]

    /// Evaluates the runs of a setting, at least one. `processors` is the number that the process can use.
    init(_ setting: BenchmarkSetting, _ measurements: [BenchmarkMeasurement], processors: Int) {
        self.setting = setting
        self.measurements = measurements
        median = measurements.sorted { $0.duration < $1.duration }[measurements.count / 2]
        limitedBy = LimitingFactor(median.detailedDurations, elapsed: median.duration, processors: processors)
    }
}
