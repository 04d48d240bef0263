import BigQuery
import BigQueryRows

/// Which rows to fetch next and which page to deliver next: the decisions of a pull, without its actions.
///
/// Pages are delivered in row order, one at a time. What is being fetched, waits, or is being delivered takes
/// room in a window that is measured in bytes; what has not arrived is counted by the size of the rows seen so
/// far. Ranges are begun in row order, and what is missing of a short page goes first and always has room, so
/// that the page which is needed next never waits for it. A range larger than the window is let through alone.
struct PullWindow {
    private let totalRows: Int64
    private let limits: PullLimits
    /// Rows of pages that are to be fetched, because pages came back short.
    private var missing: [RowRange] = []
    private var nextStart: Int64
    private var fetching: [Int64: Int] = [:]
    private var waiting: [Int64: ResultPage] = [:]
    private var waitingBytes = 0
    private var deliveringBytes = 0
    private var isDelivering = false
    private var sizing: PageSizing
    /// Rows that have been delivered.
    private(set) var deliveredRows: Int64

    /// Begins with a page of a result of `totalRows` rows; those before it have been delivered.
    init(firstPage: ResultPage, totalRows: Int64, limits: PullLimits) {
        self.totalRows = totalRows
        self.limits = limits
        sizing = PageSizing(limits)
        deliveredRows = firstPage.rows.firstRow
        nextStart = deliveredRows + Int64(firstPage.rows.rowCount)
        if firstPage.rows.rowCount > 0 { admit(firstPage) }
    }

    /// Whether every row has been delivered.
    var isFinished: Bool { deliveredRows == totalRows && !isDelivering }

    /// The next rows to fetch, if there are any and there is room for them now.
    mutating func nextFetch() -> RowRange? {
        guard fetching.count < limits.pagesInFlight else { return nil }
        if !missing.isEmpty {
            let range = missing.removeFirst()
            fetching[range.start] = range.count
            return range
        }
        guard nextStart < totalRows else { return nil }
        let range = RowRange(start: nextStart, count: Int(min(Int64(sizing.rowsPerPage), totalRows - nextStart)))
        let reserved = fetching.values.reduce(0, +) * sizing.bytesPerRow
        let inUse = reserved + waitingBytes + deliveringBytes
        guard inUse == 0 || inUse + range.count * sizing.bytesPerRow <= limits.memory else { return nil }
        nextStart += Int64(range.count)
        fetching[range.start] = range.count
        return range
    }

    /// Takes the page of a range that ``nextFetch()`` gave out. It may have fewer rows, but at least one.
    mutating func fetched(_ page: ResultPage, of range: RowRange) {
        fetching[range.start] = nil
        let count = page.rows.rowCount
        if count < range.count {
            let rest = RowRange(start: range.start + Int64(count), count: range.count - count)
            missing.insert(rest, at: missing.firstIndex { $0.start > rest.start } ?? missing.endIndex)
        }
        admit(page)
    }

    /// The page to deliver now, if the next one is there and none is being delivered.
    mutating func nextDelivery() -> ResultPage? {
        guard !isDelivering, let page = waiting.removeValue(forKey: deliveredRows) else { return nil }
        waitingBytes -= page.rows.byteCount
        deliveringBytes = page.rows.byteCount
        isDelivering = true
        return page
    }

    /// Notes that a page has been delivered.
    mutating func delivered(rowCount: Int) {
        deliveredRows += Int64(rowCount)
        deliveringBytes = 0
        isDelivering = false
    }

    private mutating func admit(_ page: ResultPage) {
        waiting[page.rows.firstRow] = page
        waitingBytes += page.rows.byteCount
        sizing.note(page)
    }
}
