@testable import bqpull
@testable import BigQueryPull
import Testing

@Suite struct ReadableTests {
    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"), (999_999, "1.0 MB"),
        (5_000_000_000_000, "5.0 TB"),
    ])
    func bytesHaveUnits(value: Int64, text: String) {
        #expect(Readable.bytes(value) == text)
    }

    @Test(arguments: [(0.123, "0.12 s"), (12.34, "12.3 s"), (125.4, "2 min 5 s"), (3725, "1 h 2 min")])
    func durationsHaveUnits(value: Double, text: String) {
        #expect(Readable.seconds(value) == text)
    }

    @Test(arguments: [(0, "0 rows"), (1, "1 row"), (1_234_567, "1,234,567 rows")])
    func rowsAreGrouped(value: Int64, text: String) {
        #expect(Readable.rows(value) == text)
    }

    @Test func progressTellsShareRateAndTimeLeft() {
        var progress = PullProgress(
            phase: .transferring, rows: 250_000, totalRows: 1_000_000, elapsed: .seconds(11),
            transferElapsed: .seconds(10))
        #expect(ProgressDisplay.line(progress) == "250,000 rows of 1,000,000 (25 %), 25,000 rows/s, 30.0 s left")
        progress.rows = 0
        progress.transferElapsed = .zero
        #expect(ProgressDisplay.line(progress) == "0 rows of 1,000,000 (0 %), 0 rows/s")
        progress.totalRows = 0
        #expect(ProgressDisplay.line(progress) == "0 rows")
    }
}
