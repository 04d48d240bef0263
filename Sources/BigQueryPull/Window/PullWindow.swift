import BigQuery
import BigQueryRows
import Foundation

/// Which rows to fetch next, which may be read, and which page to deliver next: the decisions of a pull, without its
/// actions.
///
/// Pages are delivered in row order, one at a time. Ranges are begun in row order, and what is missing of a short page
/// goes first. An answer is read when there is room for its rows, which is measured from the row that is delivered next:
/// so the page which is needed next never waits, and one that is larger than all room is let through alone.
struct PullWindow {
    private let totalRows: Int64
    private let limits: PullLimits
    /// Rows of pages that are to be fetched, because pages came back short.
    private var missing: [RowRange] = []
    private var nextStart: Int64
    private var fetching: [Int64: Int] = [:]
    private var waiting: [Int64: ResultPage] = [:]
    private var isDelivering = false
    private var deliveringBytes = 0
    /// The memory of the pages that wait and of the one that is being delivered.
    private var arrivedBytes = 0
    private var sizing: PageSizing
    private var parallelism: PageParallelism
    /// Rows that have been delivered.
    private(set) var deliveredRows: Int64

    /// Begins with a page of a result of `totalRows` rows; those before it have been delivered.
    init(firstPage: ResultPage, totalRows: Int64, limits: PullLimits) {
        self.totalRows = totalRows
        self.limits = limits
        sizing = PageSizing(limits)
        parallelism = PageParallelism(fixed: limits.parallelPages)
        deliveredRows = firstPage.rows.firstRow
        nextStart = deliveredRows + Int64(firstPage.rows.rowCount)
        if firstPage.rows.rowCount > 0 { admit(firstPage) }
    }

    /// Whether every row has been delivered.
    var isFinished: Bool { deliveredRows == totalRows && !isDelivering }

    /// The pages that are being fetched.
    var pagesInFlight: Int { fetching.count }

    /// The pages that are read ahead of the writer at most: while some wait for it, decoding more takes time from it and
    /// memory from everybody.
    static let pagesAhead = max(3, ProcessInfo.processInfo.activeProcessorCount + 1)

    /// The row up to which answers may be read now; what is delivered next may be read in any case.
    ///
    /// Rows that have not arrived are counted by the average so far, so that what has arrived is counted as well: should
    /// rows become longer, no more are read until some have gone.
    var readableEnd: Int64 {
        guard arrivedBytes < limits.memory else { return deliveredRows }
        let room = min(limits.memory / max(1, sizing.bytesPerRow), (Self.pagesAhead + 1) * sizing.rowsPerPage)
        return deliveredRows + Int64(room)
    }

    /// The next rows to fetch, if there are any.
    mutating func nextFetch() -> RowRange? {
        // However few pages may be in flight by now: those that are may be waiting for this one.
        if !missing.isEmpty {
            let range = missing.removeFirst()
            fetching[range.start] = range.count
            return range
        }
        guard fetching.count < parallelism.limit, nextStart < totalRows else { return nil }
        let range = RowRange(start: nextStart, count: Int(min(Int64(sizing.rowsPerPage), totalRows - nextStart)))
        nextStart += Int64(range.count)
        fetching[range.start] = range.count
        return range
    }

    /// Takes the page of a range that ``nextFetch()`` gave out. It may have fewer rows, but at least one.
    mutating func fetched(_ page: ResultPage, of range: RowRange) {
        let count = page.rows.rowCount
        // A page that is shorter than most takes less time.
        let isFull = count >= sizing.rowsPerPage / 2
        parallelism.arrived(page.timing, isFull: isFull, inFlight: fetching.count)
        fetching[range.start] = nil
        if count < range.count {
            let rest = RowRange(start: range.start + Int64(count), count: range.count - count)
            missing.insert(rest, at: missing.firstIndex { $0.start > rest.start } ?? missing.endIndex)
        }
        admit(page)
    }

    /// Notes that the service asked to be spared, or failed, when it was asked for a page.
    mutating func throttled() {
        parallelism.throttled(inFlight: fetching.count)
    }

    /// The page to deliver now, if the next one is there and none is being delivered.
    mutating func nextDelivery() -> ResultPage? {
        guard !isDelivering, let page = waiting.removeValue(forKey: deliveredRows) else { return nil }
        isDelivering = true
        deliveringBytes = page.rows.byteCount
        return page
    }

    /// Notes that a page has been delivered.
    mutating func delivered(rowCount: Int) {
        deliveredRows += Int64(rowCount)
        isDelivering = false
        arrivedBytes -= deliveringBytes
    }

    private mutating func admit(_ page: ResultPage) {
        waiting[page.rows.firstRow] = page
        arrivedBytes += page.rows.byteCount
        sizing.note(page)
    }
}
