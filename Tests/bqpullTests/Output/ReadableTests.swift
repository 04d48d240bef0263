import Testing

@testable import BQPullCommands

@Suite struct ReadableTests {
    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"), (999_999, "1.0 MB"),
        (340_123_456, "340 MB"),
        (5_000_000_000_000, "5.0 TB"),
    ])
    func bytesHaveUnits(value: Int64, text: String) {
        #expect(Readable.bytes(value) == text)
    }

    @Test(arguments: [(123, "0.12 s"), (12_340, "12.3 s"), (125_400, "2 min 5 s"), (3_725_000, "1 h 2 min")])
    func durationsHaveUnits(milliseconds: Int, text: String) {
        #expect(Readable.duration(.milliseconds(milliseconds)) == text)
    }

    @Test(arguments: [(0, "0 rows"), (1, "1 row"), (1_234_567, "1,234,567 rows")])
    func rowsAreGrouped(value: Int64, text: String) {
        #expect(Readable.rows(value) == text)
    }

    @Test(arguments: [(999, "999"), (1000, "1.0 k"), (340_400, "340 k"), (1_234_567, "1.2 M"), (999_600, "1.0 M")])
    func shortensCounts(value: Int64, text: String) {
        #expect(Readable.shortCount(value) == text)
    }

    @Test(arguments: [
        (0.004, "less than $0.01"), (0.0149, "about $0.01"), (9.384, "about $9.38"), (12_345.6, "about $12,346"),
    ])
    func dollarsAreRounded(value: Double, text: String) {
        #expect(Readable.dollars(value) == text)
    }

    @Test(arguments: [
        (4_100_000, 14_230_000, "4.1→14.2 MB/s"), (990, 2_000, "1.0→2.0 kB/s"), (123e6, 1.2e9, "0.1→1.2 GB/s"),
        (120e6, 400e6, "120→400 MB/s"),
    ])
    func byteRatesHaveOneUnit(before: Double, after: Double, text: String) {
        #expect(Readable.byteRates(before, after) == text)
    }
}
