import BigQuery
import BigQueryRows
import TestSupport
import Testing

@testable import BigQueryPull

@Suite struct PullWindowTests {
    /// A page of one column, with 1,000 bytes of memory per row.
    private static func page(_ start: Int64, _ count: Int, _ timing: PageTiming = PageTiming()) -> ResultPage {
        let bytes = [UInt8](unsafeUninitializedCapacity: count * (1000 - 16)) { _, initialized in
            initialized = count * (1000 - 16)
        }
        var cells = [CellReference]()
        cells.reserveCapacity(count)
        for row in 0..<count { cells.append(.integer(start + Int64(row))) }
        var page = ResultPage(
            jobComplete: true, totalRows: nil,
            rows: RowPage(firstRow: start, columnCount: 1, bytes: bytes, cells: cells),
            inflatedByteCount: count * 1000, wireByteCount: count * 100
        )
        page.timing = timing
        return page
    }

    private static func limits(pageRows: Int? = nil, inFlight: Int? = 3, memory: Int = 1_000_000) -> PullLimits {
        var limits = PullLimits()
        limits.pageRows = pageRows
        limits.parallelPages = inFlight
        limits.memory = memory
        return limits
    }

    /// Drives a window with pages that arrive in random order and with random lengths.
    @Test(arguments: 0..<200)
    func deliversEveryRowOnceAndInOrder(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let total = Int64.random(in: 0...2000, using: &generator)
        let limits = Self.limits(
            pageRows: Bool.random(using: &generator) ? Int.random(in: 1...300, using: &generator) : nil,
            inFlight: Bool.random(using: &generator) ? Int.random(in: 1...6, using: &generator) : nil,
            memory: Int.random(in: 1...900_000, using: &generator)
        )
        let first = Int(min(total, Int64.random(in: 1...100, using: &generator)))
        var window = PullWindow(firstPage: Self.page(0, first), totalRows: total, limits: limits)
        var inFlight: [RowRange] = []
        var delivering: ResultPage?
        var expected: Int64 = 0
        var steps = 0
        var readable: Int64 = 0
        while !window.isFinished {
            steps += 1
            #expect(steps < 20_000)
            while let range = window.nextFetch() {
                #expect(
                    !inFlight.contains {
                        $0.start < range.start + Int64(range.count) && range.start < $0.start + Int64($0.count)
                    })
                inFlight.append(range)
            }
            #expect(inFlight.count <= limits.parallelPages ?? PageParallelism.maximum)
            if Int.random(in: 0..<20, using: &generator) == 0 { window.throttled() }
            readable = window.readableEnd
            let arriving = inFlight.indices.filter { index in
                let range = inFlight[index]
                return range.start <= window.deliveredRows || range.start + Int64(range.count) <= readable
            }
            if delivering == nil { delivering = window.nextDelivery() }
            if let page = delivering, arriving.isEmpty || Bool.random(using: &generator) {
                #expect(page.rows.firstRow == expected)
                expected += Int64(page.rows.rowCount)
                window.delivered(rowCount: page.rows.rowCount)
                delivering = nil
            } else if let index = arriving.randomElement(using: &generator) {
                let range = inFlight.remove(at: index)
                let count = Int.random(in: 1...range.count, using: &generator)
                let timing = PageTiming(
                    held: .seconds(Int.random(in: 0...3, using: &generator)),
                    transfer: .seconds(Int.random(in: 1...3, using: &generator)))
                window.fetched(Self.page(range.start, count, timing), of: range)
            } else if delivering == nil {
                Issue.record("nothing to do, but not finished")
                return
            }
        }
        #expect(expected == total)
        #expect(inFlight.isEmpty)
    }

    /// Requests as many pages as the parallelism allows, and reads those that there is space for.
    @Test func readsAsMuchAsTheMemoryAllows() {
        var window = PullWindow(
            firstPage: Self.page(0, 100), totalRows: 10_000,
            limits: Self.limits(pageRows: 200, inFlight: 10, memory: 650_000)
        )
        for start in stride(from: Int64(100), to: 2100, by: 200) {
            #expect(window.nextFetch() == RowRange(start: start, count: 200))
        }
        #expect(window.nextFetch() == nil)
        #expect(window.readableEnd == 650)
        _ = window.nextDelivery()
        #expect(window.readableEnd == 650)
        window.delivered(rowCount: 100)
        #expect(window.readableEnd == 750)
    }

    /// If rows become longer than the average, nothing is read until pages are delivered.
    @Test func readsNothingWhileTheMemoryIsFull() {
        var window = PullWindow(
            firstPage: Self.page(0, 1000), totalRows: 10_000, limits: Self.limits(pageRows: 200, memory: 1_000_000))
        #expect(window.readableEnd == 0)
        _ = window.nextDelivery()
        #expect(window.readableEnd == 0)
        window.delivered(rowCount: 1000)
        #expect(window.readableEnd > 1000)
    }

    /// Pages in flight can be waiting for the missing rows.
    @Test func fetchesMissingRowsRegardlessOfTheLimit() {
        var window = PullWindow(
            firstPage: Self.page(0, 10), totalRows: 10_000, limits: Self.limits(pageRows: 100, inFlight: nil))
        for _ in 0..<12 { #expect(window.nextFetch() != nil) }
        window.throttled()
        window.fetched(Self.page(10, 30), of: RowRange(start: 10, count: 100))
        #expect(window.nextFetch() == RowRange(start: 40, count: 70))
        #expect(window.nextFetch() == nil)
    }

    /// Decodes no more pages ahead than keep the writer busy, even with spare memory.
    @Test func readsNoMoreThanKeepsTheWriterBusy() {
        let window = PullWindow(
            firstPage: Self.page(0, 100), totalRows: 10_000, limits: Self.limits(pageRows: 200, memory: 1_000_000_000))
        #expect(window.readableEnd == Int64(200 * (PullWindow.pagesAhead + 1)))
        #expect(PullWindow.pagesAhead >= 3)
    }

    @Test func fetchesTheMissingRowsOfAShortPageFirst() {
        var window = PullWindow(
            firstPage: Self.page(0, 10), totalRows: 1000, limits: Self.limits(pageRows: 100, inFlight: 2)
        )
        let first = window.nextFetch()
        _ = window.nextFetch()
        #expect(first == RowRange(start: 10, count: 100))
        window.fetched(Self.page(10, 30), of: RowRange(start: 10, count: 100))
        #expect(window.nextFetch() == RowRange(start: 40, count: 70))
    }

    /// A page that waited to be read reduces the parallelism, unless it is much shorter than others.
    @Test(arguments: [(rows: 50, asMany: false), (rows: 49, asMany: true)])
    func ignoresTheTimingOfAShortPage(rows: Int, asMany: Bool) {
        var window = PullWindow(
            firstPage: Self.page(0, 10), totalRows: 10_000, limits: Self.limits(pageRows: 100, inFlight: nil))
        for _ in 0..<12 { #expect(window.nextFetch() != nil) }
        let timing = PageTiming(held: .seconds(2), transfer: .seconds(1))
        window.fetched(Self.page(10, rows, timing), of: RowRange(start: 10, count: 100))
        #expect(window.nextFetch()?.start == 10 + Int64(rows))
        window.fetched(Self.page(110, 100), of: RowRange(start: 110, count: 100))
        #expect((window.nextFetch() != nil) == asMany)
    }

    @Test func aimsAtPageBytes() {
        var limits = Self.limits()
        limits.pageBytes = 250_000
        var window = PullWindow(firstPage: Self.page(0, 10), totalRows: 1000, limits: limits)
        #expect(window.nextFetch() == RowRange(start: 10, count: 250))
    }

    @Test func anEmptyResultIsFinished() {
        var window = PullWindow(firstPage: Self.page(0, 0), totalRows: 0, limits: Self.limits())
        #expect(window.isFinished)
        #expect(window.nextFetch() == nil)
        #expect(window.nextDelivery() == nil)
    }
}
