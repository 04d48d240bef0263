import Testing

@testable import BQPullCommands
@testable import BigQueryPull

@Suite struct BenchmarkTextTests {
    private func report() -> BenchmarkReport {
        var pull = PullReport(project: "demo")
        pull.rowsRead = 100_000
        pull.pages = 7
        pull.retries = 2
        pull.dataRead = 4_000_000
        pull.dataInflated = 20_000_000
        pull.copyDuration = .milliseconds(500)
        pull.detailedDurations.timeToFirstByte = .microseconds(400)
        pull.detailedDurations.transfer = .milliseconds(900)
        pull.detailedDurations.waitForWriter = .milliseconds(250)
        let first = BenchmarkMeasurement(pull)
        pull.copyDuration = .milliseconds(1250)
        pull.detailedDurations.insert = .seconds(1)
        pull.detailedDurations.commit = .milliseconds(125)
        let second = BenchmarkMeasurement(pull)
        pull.bytesBilled = 10_000_000
        pull.jobID = "job_1"
        return BenchmarkReport(
            pull,
            [
                BenchmarkResult(BenchmarkSetting(pageRows: 12_345, parallelPages: 8), [first], processors: 2),
                BenchmarkResult(BenchmarkSetting(gzip: false), [second], processors: 2),
            ])
    }

    @Test func alignsColumns() {
        #expect(
            BenchmarkText.table(report()) == """
                rows/page  parallel  gzip   rows/s  wire MB/s  JSON MB/s  ratio  pages  requests  retries  seconds
                   12,345         8    on  200,000       8.00      40.00   5.00      7         9        2    0.500
                     auto      auto   off   80,000       3.20      16.00   5.00      7         9        2    1.250

                seconds, summed over all pages
                rows/page  parallel  gzip  first byte  transfer  inflate  decode  wait for writer  insert  commit  limited by
                   12,345         8    on       0.000     0.900    0.000   0.000            0.250   0.000   0.000     network
                     auto      auto   off       0.000     0.900    0.000   0.000            0.250   1.000   0.125        disk

                """)
    }

    @Test func theVerdictNamesTheBestAndItsLimit() {
        #expect(
            BenchmarkText.verdict(report()) == """
                best    8 pages of 12,345 rows at a time, gzip on: 200,000 rows/s (100,000 rows, the median of 1 run)
                limit   network: fetching mostly waits for the rest of a page
                query   10.0 MB billed

                """)
    }

    @Test(arguments: [
        (BenchmarkSetting(), "pages of about 8 MB, automatic parallelism, gzip on"),
        (BenchmarkSetting(pageRows: 1, parallelPages: 1, gzip: false), "one page of 1 row at a time, gzip off"),
    ])
    func namesASetting(_ setting: BenchmarkSetting, name: String) {
        #expect(BenchmarkText.name(setting) == name)
    }

    @Test(arguments: LimitingFactor.allCases)
    func everyLimitIsExplained(factor: LimitingFactor) {
        #expect(!BenchmarkText.explanation(factor).isEmpty)
    }

    @Test func progressNamesTheRun() {
        var progress = BenchmarkProgress(
            setting: nil, run: 0, runs: 12, pull: PullProgress(phase: .planning, elapsed: .zero))
        #expect(ProgressText.line(progress) == "planning the pull …")
        progress.run = 3
        progress.pull.rows = 25_000
        progress.pull.totalRows = 100_000
        #expect(ProgressText.line(progress) == "run 3 of 12: 25.0 k rows (25 %)")
        progress.pull.totalRows = nil
        #expect(ProgressText.line(progress) == "run 3 of 12: 25.0 k rows")
    }
}
