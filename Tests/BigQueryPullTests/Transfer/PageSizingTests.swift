import BigQueryRows
import Testing

@testable import BigQueryPull

@Suite struct PageSizingTests {
    /// A page of rows with these sizes in bytes, as JSON and in memory; the latter is at least 16.
    private static func page(rows: Int, inflated: Int, memory: Int) -> ResultPage {
        ResultPage(
            rows: RowPage(
                firstRow: 0, columnCount: 1, bytes: Array(repeating: 0, count: rows * (memory - 16)),
                cells: Array(repeating: .null, count: rows)),
            inflatedByteCount: rows * inflated)
    }

    @Test(arguments: [
        // 8 MB of JSON.
        (inflated: 300, memory: 316, limit: 128_000_000, rows: 26000),
        (inflated: 150_000, memory: 150_016, limit: 1_280_000_000, rows: 53),
        // Rounded down to two digits.
        (inflated: 997, memory: 1000, limit: 128_000_000, rows: 8000),
        // The share of one page in the memory.
        (inflated: 300, memory: 600, limit: 6_000_000 * (PullWindow.pagesAhead + 1), rows: 10000),
        // At least 1 MB of JSON.
        (inflated: 300, memory: 600, limit: 1_000_000, rows: 3300),
        // At least one row.
        (inflated: 9_000_000, memory: 9_000_016, limit: 128_000_000, rows: 1),
    ])
    func aimsAtPageBytes(inflated: Int, memory: Int, limit: Int, rows: Int) {
        var limits = PullLimits()
        limits.memory = limit
        var sizing = PageSizing(limits)
        sizing.note(Self.page(rows: 2, inflated: inflated, memory: memory))
        #expect(sizing.rowsPerPage == rows)
    }

    /// A result is split at mostly the same rows whichever page arrives first.
    @Test(arguments: [(inflated: 1100, rows: 8000), (inflated: 2000, rows: 4000)])
    func ignoresSmallChangesOfTheAverage(inflated: Int, rows: Int) {
        var sizing = PageSizing(PullLimits())
        sizing.note(Self.page(rows: 10, inflated: 1000, memory: 1016))
        #expect(sizing.rowsPerPage == 8000)
        sizing.note(Self.page(rows: 10_000, inflated: inflated, memory: 1016))
        #expect(sizing.rowsPerPage == rows)
    }

    @Test func startsWithTenThousandRows() {
        #expect(PageSizing(PullLimits()).rowsPerPage == 10_000)
    }

    @Test func keepsAFixedNumberOfRows() {
        var limits = PullLimits()
        limits.pageRows = 123_456
        var sizing = PageSizing(limits)
        sizing.note(Self.page(rows: 2, inflated: 9_000_000, memory: 9_000_016))
        #expect(sizing.rowsPerPage == 123_456)
    }
}
