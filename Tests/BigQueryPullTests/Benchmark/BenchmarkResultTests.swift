import Testing

@testable import BigQueryPull

@Suite struct BenchmarkResultTests {
    private func measurement(_ duration: Duration, rows: Int64 = 100) -> BenchmarkMeasurement {
        var report = PullReport(project: "demo")
        report.rowsRead = rows
        report.copyDuration = duration
        report.pages = 4
        report.retries = 1
        report.dataRead = 1000
        report.dataInflated = 5000
        report.detailedDurations.transfer = duration
        return BenchmarkMeasurement(report)
    }

    private func result(_ pages: Int, seconds: [Double]) -> BenchmarkResult {
        BenchmarkResult(
            BenchmarkSetting(parallelPages: pages), seconds.map { measurement(.seconds($0)) }, processors: 2)
    }

    @Test func derivesRates() {
        let measurement = measurement(.seconds(2))
        #expect(measurement.rowsPerSecond == 50)
        #expect(measurement.wireBytesPerSecond == 500)
        #expect(measurement.inflatedBytesPerSecond == 2500)
        #expect(measurement.compressionRatio == 5)
        #expect(measurement.requests == 5)
    }

    @Test(arguments: [([3, 1, 2], 2), ([5], 5), ([4, 1, 3, 2], 3), ([1, 9, 9], 9)] as [([Double], Double)])
    func takesTheMedianRun(seconds: [Double], median: Double) {
        let result = result(1, seconds: seconds)
        #expect(result.median.duration == .seconds(median))
        #expect(result.measurements.map(\.duration) == seconds.map { .seconds($0) })
        #expect(result.limitedBy == .network)
    }

    /// By the median, not by the best run; the first of equal settings.
    @Test func theBestSettingHasTheMostRowsPerSecond() {
        let results = [
            result(1, seconds: [3, 3, 3]), result(2, seconds: [2, 2, 2]), result(4, seconds: [1, 3, 3]),
            result(8, seconds: [2, 2, 2]),
        ]
        var pull = PullReport(project: "demo")
        pull.rowsRead = 100
        let report = BenchmarkReport(pull, results)
        #expect(report.best.parallelPages == 2)
        #expect(report.bestResult == results[1])
        #expect(report.limitedBy == .network)
    }

    @Test func combinesEveryDistinctValue() {
        let settings = BenchmarkSetting.combinations(
            gzip: [true, false], pageRows: [nil, 10], parallelPages: [1, 2, 1])
        #expect(
            settings == [
                .init(parallelPages: 1), .init(parallelPages: 2), .init(pageRows: 10, parallelPages: 1),
                .init(pageRows: 10, parallelPages: 2), .init(parallelPages: 1, gzip: false),
                .init(parallelPages: 2, gzip: false), .init(pageRows: 10, parallelPages: 1, gzip: false),
                .init(pageRows: 10, parallelPages: 2, gzip: false),
            ])
    }
}
