import BigQuery
import BigQueryRows
import Foundation

/// Decides which rows to fetch, which to read, and which page to deliver next. Performs no I/O.
///
/// Pages are delivered in row order, one at a time. Ranges are requested in row order, except that the missing rows of
/// a short page come first. A response is read when there is space for its rows, measured from the next row to deliver:
/// the page with that row never waits, and a page larger than the whole space is read alone.
struct PullWindow {
    private let totalRows: Int64
    private let limits: PullLimits
    /// The missing rows of short pages.
    private var missing: [RowRange] = []
    private var nextStart: Int64
    private var fetching: [Int64: Int] = [:]
    private var waiting: [Int64: ResultPage] = [:]
    private var isDelivering = false
    private var deliveringBytes = 0
    /// The memory of the pages that have arrived, including the one being delivered.
    private var arrivedBytes = 0
    private var sizing: PageSizing
    private var parallelism: PageParallelism
    /// The number of delivered rows, which is the next row to deliver.
    private(set) var deliveredRows: Int64

    /// Starts with a page of a result of `totalRows` rows; the rows before it have been delivered.
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

    /// The number of pages being fetched.
    var pagesInFlight: Int { fetching.count }

    /// The maximum number of pages read ahead of the writer. Decoding more would take processor time from the writer.
    static let pagesAhead = max(3, ProcessInfo.processInfo.activeProcessorCount + 1)

    /// The row up to which responses can be read now. The next page to deliver can be read in any case.
    ///
    /// Estimated with the average row so far. If rows become longer, nothing more is read until pages are delivered.
    var readableEnd: Int64 {
        guard arrivedBytes < limits.memory else { return deliveredRows }
        let space = min(limits.memory / max(1, sizing.bytesPerRow), (Self.pagesAhead + 1) * sizing.rowsPerPage)
        return deliveredRows + Int64(space)
    }

    /// The next rows to fetch; `nil` if enough pages are in flight.
    mutating func nextFetch() -> RowRange? {
        // Regardless of the limit, since pages in flight can be waiting for this one.
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

    /// Takes the page of a range that ``nextFetch()`` returned. It can have fewer rows, but at least one.
    mutating func fetched(_ page: ResultPage, of range: RowRange) {
        let count = page.rows.rowCount
        // A shorter page has a lower latency.
        let isFull = count >= sizing.rowsPerPage / 2
        parallelism.arrived(page.timing, isFull: isFull, inFlight: fetching.count)
        fetching[range.start] = nil
        if count < range.count {
            let rest = RowRange(start: range.start + Int64(count), count: range.count - count)
            missing.insert(rest, at: missing.firstIndex { $0.start > rest.start } ?? missing.endIndex)
        }
        admit(page)
    }

    /// Records that the service throttled a request for a page, or failed.
    mutating func throttled() {
        parallelism.throttled(inFlight: fetching.count)
    }

    /// The page to deliver now; `nil` if it has not arrived, or another one is being delivered.
    mutating func nextDelivery() -> ResultPage? {
        guard !isDelivering, let page = waiting.removeValue(forKey: deliveredRows) else { return nil }
        isDelivering = true
        deliveringBytes = page.rows.byteCount
        return page
    }

    /// Records that a page has been delivered.
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
