import BigQuery
import BigQueryRows
import SQLiteStaging

/// Delivers the pages of one query result or table to a sink, in row order, and reports each.
///
/// It belongs to the task that runs the pull; only fetching and writing run in child tasks.
struct PageTransfer<Sink: RowSink> {
    let sink: Sink
    let schema: TableSchema
    let limits: PullLimits
    let memory: PageMemory
    let reporter: PullReporter
    /// Called before each page is delivered and before the sink finishes, with the statistics up to there.
    let willDeliver: (StagingStatistics) -> Void

    private enum Event: Sendable {
        case fetched(ResultPage, RowRange)
        case delivered(rowCount: Int)
    }

    /// Fetches the rows of a query result, several pages at a time, and delivers them.
    func run(_ result: QueryResult, from client: BigQueryClient) async throws {
        let (sink, memory) = (sink, memory)
        try await sink.begin(schema)
        var window = PullWindow(firstPage: result.firstPage, totalRows: result.wantedRows, limits: limits)
        let gate = PageGate(nextRow: window.deliveredRows)
        try await withThrowingTaskGroup(of: Event.self) { group in
            reporter.beginTransfer(totalRows: result.wantedRows)
            reporter.arrived(result.firstPage)
            // Earlier throttling was not caused by parallel pages.
            _ = reporter.wasThrottled()
            while !window.isFinished {
                gate.open(nextRow: window.deliveredRows, end: window.readableEnd)
                while let range = window.nextFetch() {
                    group.addTask { .fetched(try await result.fetch(range, from: client, memory, gate), range) }
                }
                if let page = window.nextDelivery() {
                    reporter.note(page, of: schema)
                    willDeliver(StagingStatistics(reporter.report, totalRows: result.wantedRows))
                    group.addTask {
                        try await sink.append(page.rows)
                        memory.recycle(page.rows)
                        return .delivered(rowCount: page.rows.rowCount)
                    }
                }
                let event = try await group.next()
                if reporter.wasThrottled() { window.throttled() }
                switch event {
                case .fetched(let page, let range):
                    reporter.arrived(page)
                    window.fetched(page, of: range)
                case .delivered(let rowCount):
                    window.delivered(rowCount: rowCount)
                    reporter.delivered(rowCount: rowCount, pagesInFlight: window.pagesInFlight)
                case nil:
                    throw PullError(
                        code: .inconsistentResult,
                        message: "expected \(result.wantedRows) rows, got \(window.deliveredRows)")
                }
            }
        }
    }

    /// Fetches the pages of a table one after another, and delivers them. While a page is written, the next one is
    /// fetched if the memory can hold both.
    func run(_ pager: inout TablePager, startingWith firstPage: TablePages.Page?, from pages: TablePages) async throws {
        try await sink.begin(schema)
        var arrived = firstPage
        var isBegun = false
        while let (page, content) = arrived.map({ ($0.page, $0.content) }) {
            if try pager.take(page, content: content) {
                reporter.warn(
                    .repeatedPage, "two consecutive pages of the table have the same rows, up to row \(pager.rows)")
            }
            if !isBegun { reporter.beginTransfer(totalRows: pager.expectedRows) }
            isBegun = true
            reporter.arrived(page)
            reporter.note(page, of: schema)
            let next = pager.next
            let fitsTwice = page.rows.byteCount <= limits.memory / 2
            async let ahead = pages.fetch(fitsTwice ? next : nil)
            if page.rows.rowCount > 0 {
                willDeliver(StagingStatistics(reporter.report, totalRows: pager.exactRows, pageToken: pager.token))
                try await sink.append(page.rows)
                memory.recycle(page.rows)
                reporter.delivered(
                    rowCount: page.rows.rowCount, pagesInFlight: next != nil && fitsTwice ? 1 : 0)
            }
            arrived = try await ahead
            if !fitsTwice { arrived = try await pages.fetch(next) }
        }
    }

    /// Reports that all rows have arrived, and finishes the sink.
    func finish(totalRows: Int64) async throws {
        reporter.notify(.publishing)
        willDeliver(StagingStatistics(reporter.report, totalRows: totalRows))
        try await sink.finish()
    }
}

extension QueryResult {
    /// Fetches rows; they are read when the gate lets them pass.
    fileprivate func fetch(
        _ range: RowRange, from client: BigQueryClient, _ memory: PageMemory, _ gate: PageGate
    ) async throws -> ResultPage {
        try await ResultPage.halvedIfTooLarge(range.count) { count in
            let range = RowRange(start: range.start, count: count)
            return try await client.fetchPage(range, of: job, schema: schema, totalRows: totalRows, memory: memory) {
                try await gate.pass(range)
            }
        }
    }
}

extension ResultPage {
    /// Fetches a page of `rowCount` rows; if it is too large, retries once with half as many.
    static func halvedIfTooLarge(
        _ rowCount: Int, _ fetch: (_ rowCount: Int) async throws -> ResultPage
    ) async throws -> ResultPage {
        do {
            return try await fetch(rowCount)
        } catch let error as RowsError where error.code == .bodyTooLarge {
            return try await fetch(max(1, rowCount / 2))
        }
    }
}
