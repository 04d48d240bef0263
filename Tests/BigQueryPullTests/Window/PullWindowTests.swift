@testable import BigQueryPull
import BigQuery
import BigQueryRows
import Testing

@Suite struct PullWindowTests {
    /// A page of one column, whose memory is 1,000 bytes a row.
    private static func page(_ start: Int64, _ count: Int) -> ResultPage {
        let bytes = [UInt8](unsafeUninitializedCapacity: count * (1000 - 16)) { _, initialized in initialized = 0 }
        var cells = [CellReference]()
        cells.reserveCapacity(count)
        for row in 0..<count { cells.append(.integer(start + Int64(row))) }
        return ResultPage(
            jobComplete: true, totalRows: nil,
            rows: RowPage(firstRow: start, columnCount: 1, bytes: bytes, cells: cells),
            inflatedByteCount: count * 1000, wireByteCount: count * 100
        )
    }

    private static func limits(pageRows: Int? = nil, inFlight: Int = 3, memory: Int = 1_000_000) -> PullLimits {
        var limits = PullLimits()
        limits.pageRows = pageRows
        limits.pagesInFlight = inFlight
        limits.memory = memory
        return limits
    }

    /// Drives a window with pages that arrive in random order and with random lengths, and checks that all
    /// rows are delivered once and in order, whatever happens.
    @Test(arguments: 0..<200)
    func deliversEveryRowOnceAndInOrder(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        let total = Int64.random(in: 0...2000, using: &generator)
        let limits = Self.limits(
            pageRows: Bool.random(using: &generator) ? Int.random(in: 1...300, using: &generator) : nil,
            inFlight: Int.random(in: 1...6, using: &generator), memory: Int.random(in: 1...900_000, using: &generator)
        )
        let first = Int(min(total, Int64.random(in: 1...100, using: &generator)))
        var window = PullWindow(firstPage: Self.page(0, first), totalRows: total, limits: limits)
        var inFlight: [RowRange] = []
        var delivering: ResultPage?
        var expected: Int64 = 0
        var steps = 0
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
            #expect(inFlight.count <= limits.pagesInFlight)
            if delivering == nil { delivering = window.nextDelivery() }
            if let page = delivering, inFlight.isEmpty || Bool.random(using: &generator) {
                #expect(page.rows.firstRow == expected)
                expected += Int64(page.rows.rowCount)
                window.delivered(rowCount: page.rows.rowCount)
                delivering = nil
            } else if let index = inFlight.indices.randomElement(using: &generator) {
                let range = inFlight.remove(at: index)
                let count = Int.random(in: 1...range.count, using: &generator)
                window.fetched(Self.page(range.start, count), of: range)
            } else if delivering == nil {
                Issue.record("nothing to do, but not finished")
                return
            }
        }
        #expect(expected == total)
        #expect(inFlight.isEmpty)
    }

    @Test func keepsWhatIsOnItsWayBelowTheMemory() {
        var window = PullWindow(
            firstPage: Self.page(0, 100), totalRows: 10_000,
            limits: Self.limits(pageRows: 200, inFlight: 10, memory: 650_000)
        )
        // 100 rows wait, so there is room for two ranges of 200.
        #expect(window.nextFetch() == RowRange(start: 100, count: 200))
        #expect(window.nextFetch() == RowRange(start: 300, count: 200))
        #expect(window.nextFetch() == nil)
        _ = window.nextDelivery()
        #expect(window.nextFetch() == nil)
        window.delivered(rowCount: 100)
        #expect(window.nextFetch() == RowRange(start: 500, count: 200))
    }

    @Test func aRangeLargerThanTheMemoryGoesAlone() {
        var window = PullWindow(
            firstPage: Self.page(0, 1), totalRows: 1000, limits: Self.limits(pageRows: 500, memory: 10_000)
        )
        #expect(window.nextFetch() == nil)
        _ = window.nextDelivery()
        window.delivered(rowCount: 1)
        #expect(window.nextFetch() == RowRange(start: 1, count: 500))
        #expect(window.nextFetch() == nil)
    }

    @Test func whatIsMissingOfAShortPageComesFirst() {
        var window = PullWindow(
            firstPage: Self.page(0, 10), totalRows: 1000, limits: Self.limits(pageRows: 100, inFlight: 2)
        )
        let first = window.nextFetch()
        _ = window.nextFetch()
        #expect(first == RowRange(start: 10, count: 100))
        window.fetched(Self.page(10, 30), of: RowRange(start: 10, count: 100))
        #expect(window.nextFetch() == RowRange(start: 40, count: 70))
    }

    @Test func aimsAtThePageSize() {
        var limits = Self.limits()
        limits.pageBytes = 250_000
        var window = PullWindow(firstPage: Self.page(0, 10), totalRows: 1000, limits: limits)
        #expect(window.nextFetch() == RowRange(start: 10, count: 250))
    }

    @Test func anEmptyResultIsFinishedAtOnce() {
        var window = PullWindow(firstPage: Self.page(0, 0), totalRows: 0, limits: Self.limits())
        #expect(window.isFinished)
        #expect(window.nextFetch() == nil)
        #expect(window.nextDelivery() == nil)
    }
}

/// SplitMix64, so that a failing case can be run again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
