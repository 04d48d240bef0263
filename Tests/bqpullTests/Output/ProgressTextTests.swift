import Testing

@testable import BQPullCommands
@testable import BigQueryPull

@Suite struct ProgressTextTests {
    private static let progress: PullProgress = {
        var progress = PullProgress(phase: .transferring, elapsed: .seconds(11))
        progress.rows = 1_250_000
        progress.totalRows = 5_000_000
        progress.dataRead = 41_000_000
        progress.dataInflated = 142_000_000
        progress.pagesInFlight = 12
        progress.transferElapsed = .seconds(10)
        return progress
    }()

    @Test func showsRowsShareRateTimeLeftBytesAndPages() {
        #expect(
            ProgressText.line(Self.progress)
                == "1.2 M of 5.0 M rows (25 %) · 125 k/s · 30.0 s left · 4.1→14.2 MB/s · 12 pages")
    }

    /// Retries take precedence over pages in flight.
    @Test func omitsPartsThatDoNotFit() {
        var progress = Self.progress
        progress.retries = 3
        #expect(
            ProgressText.line(progress)
                == "1.2 M of 5.0 M rows (25 %) · 125 k/s · 30.0 s left · 4.1→14.2 MB/s · 3 retries")
    }

    @Test func excludesRowsOfAnEarlierRunFromTheRate() {
        var progress = Self.progress
        progress.rowsContinued = 1_000_000
        #expect(ProgressText.line(progress).contains("· 25.0 k/s · 2 min 30 s left ·"))
    }

    @Test func withoutTimeOrRowsThereIsNoRate() {
        var progress = PullProgress(phase: .transferring, elapsed: .zero)
        progress.totalRows = 1_000_000
        #expect(ProgressText.line(progress) == "0 of 1.0 M rows (0 %) · 0/s")
        progress.totalRows = 0
        #expect(ProgressText.line(progress) == "0 rows")
    }

    /// Row counts of the service can be any number.
    @Test(arguments: [
        (Int64(1), Int64.max), (.max, .max), (.max, 1), (.max - 1, .max), (100_000_000_000_000_000, .max),
    ])
    func formatsEveryNumberOfRows(rows: Int64, total: Int64) {
        var progress = Self.progress
        (progress.rows, progress.totalRows) = (rows, total)
        for elapsed in [Duration.zero, .nanoseconds(1), .seconds(100_000)] {
            progress.transferElapsed = elapsed
            #expect(ProgressText.line(progress).contains("%)"))
        }
    }

    @Test(arguments: [1, 999, 123_456, 87_654_321, 9_999_999_999_999])
    func fitsAnyTerminalOf80Columns(rows: Int64) {
        var progress = Self.progress
        (progress.rows, progress.totalRows, progress.retries) = (rows, rows * 9, rows)
        (progress.dataRead, progress.dataInflated, progress.pagesInFlight) = (rows * 100, rows * 1000, 32)
        for phase in [PullProgress.Phase.planning, .running, .transferring, .publishing] {
            progress.phase = phase
            #expect(TextWidth.of(ProgressText.line(progress)) <= 79)
        }
    }
}
