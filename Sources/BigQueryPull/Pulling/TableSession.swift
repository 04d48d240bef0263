import BigQuery
import BigQueryRows
import SQLiteStaging
import TextSupport

/// One reading of a table: what it was before, its pages one after another, and whether it still is that afterwards.
///
/// It belongs to the task that runs the pull; only fetching happens in child tasks.
struct TableSession {
    /// The table as it was before its first page.
    let table: Table
    /// The columns that are read.
    let columns: TableSchema
    private let pull: TablePull
    private let meter: PullReporter
    private let pages: TablePages

    /// Looks the table up, and refuses what has no rows of its own and columns that cannot be kept exactly.
    init(_ pull: TablePull, _ meter: PullReporter) async throws {
        meter.notify(.planning)
        table = try await meter.client.fetchTable(pull.table)
        try table.requireRows(columns: pull.columns, limit: pull.maximumRows)
        columns = try pull.columns.map(table.schema.selecting) ?? table.schema
        do {
            try PullPlan.check(columns)
        } catch var error {
            error.hint = "leave the column out with --columns, or read the table with a query: \(error.hint ?? "")"
            throw error
        }
        for message in columns.unknownTypes { meter.warn(.unknownType, message) }
        if table.hasStreamingBuffer {
            meter.warn(
                .streamingBuffer,
                "rows are being streamed into the table \(pull.table); the latest of them may be missing")
        }
        meter.report.location = table.location
        meter.report.sourceTable = "\(pull.table)"
        meter.report.bytesBilled = 0
        self.pull = pull
        self.meter = meter
        pages = TablePages(client: meter.client, table: table, columns: pull.columns)
    }

    /// What the reading is of.
    var version: TableConfiguration.Version { TableConfiguration.Version(table) }

    /// Delivers all rows; the sink has finished afterwards.
    ///
    /// - Parameter willDeliver: called before each page is delivered, with what is known then.
    /// - Throws: ``PullError`` with code `tableChanges` if the table was changed meanwhile.
    func transfer(to sink: some RowSink, willDeliver: (StagingStatistics) -> Void = { _ in }) async throws {
        let chain = TablePager(table, limit: pull.maximumRows, limits: pull.limits)
        try await transfer(chain, firstPage: { try await pages.fetch(chain.next) }, to: sink, willDeliver)
    }

    /// Delivers the rows behind those that are staged; `false` if those are not the table's.
    ///
    /// A service that does not take the token any more is asked by the place of the row, if the last row that is staged
    /// is still where it was.
    func transfer(continuing run: StagingRun) async throws -> Bool {
        let recorded = run.recorded
        var chain = TablePager(
            table, limit: pull.maximumRows, limits: pull.limits, rows: recorded.rows,
            token: recorded.statistics.pageToken, promisedRows: recorded.statistics.totalRows)
        let page: TablePages.Page?
        do {
            page = try await pages.fetch(chain.next)
        } catch let error as BigQueryError where error.status == 400 && chain.token != nil {
            guard try await pages.row(recorded.rows - 1) == run.lastRow() else { return false }
            chain.forgetToken()
            page = try await pages.fetch(chain.next)
        }
        try await transfer(chain, firstPage: { page }, to: run, run.record)
        return true
    }

    private func transfer(
        _ chain: TablePager, firstPage: () async throws -> TablePages.Page?, to sink: some RowSink,
        _ willDeliver: (StagingStatistics) -> Void
    ) async throws {
        var chain = chain
        do {
            try await deliver(&chain, try await firstPage(), to: sink, willDeliver)
            try chain.check()
        } catch {
            // Pages that do not go together may be those of two versions.
            if Self.mayComeOfAChange(error), (try? await isUnchanged()) == false {
                throw PullError.changed(pull.table)
            }
            throw error
        }
        guard try await isUnchanged() else { throw PullError.changed(pull.table) }
        meter.notify(.publishing)
        willDeliver(StagingStatistics(meter.report, totalRows: chain.rows))
        try await sink.finish()
    }

    /// Delivers pages one after another; while one is written, the next is fetched if there is room for both.
    private func deliver(
        _ chain: inout TablePager, _ firstPage: TablePages.Page?, to sink: some RowSink,
        _ willDeliver: (StagingStatistics) -> Void
    ) async throws {
        let pages = pages
        try await sink.begin(columns)
        var arrived = firstPage
        var isBegun = false
        while let (page, content) = arrived.map({ ($0.page, $0.content) }) {
            if try chain.take(page, content: content) {
                meter.warn(
                    .repeatedPage, "two pages of the table came with the same rows, up to row \(chain.rows)")
            }
            if !isBegun { meter.beginTransfer(totalRows: chain.promisedRows) }
            isBegun = true
            meter.arrived(page)
            meter.note(page, of: columns)
            let next = chain.next
            let hasRoom = page.rows.byteCount <= pull.limits.memory / 2
            async let ahead = pages.fetch(hasRoom ? next : nil)
            if page.rows.rowCount > 0 {
                willDeliver(StagingStatistics(meter.report, totalRows: chain.exactRows, pageToken: chain.token))
                try await sink.append(page.rows)
                pages.memory.recycle(page.rows)
                meter.delivered(rowCount: page.rows.rowCount, pagesInFlight: next != nil && hasRoom ? 1 : 0)
            }
            arrived = try await ahead
            if !hasRoom { arrived = try await pages.fetch(next) }
        }
    }

    private func isUnchanged() async throws -> Bool {
        TableConfiguration.Version(try await meter.client.fetchTable(pull.table)) == version
    }

    private static func mayComeOfAChange(_ error: any Error) -> Bool {
        switch error {
        case is RowsError: true
        case let error as PullError: error.code == .inconsistentResult
        case let error as BigQueryError: error.status == 400
        default: false
        }
    }
}

/// Fetches pages of a table, in any task.
private struct TablePages: Sendable {
    struct Page: Sendable {
        var page: ResultPage
        /// The hash of its rows.
        var content: Int
    }

    let client: BigQueryClient
    let table: Table
    let columns: [String]?
    let memory = PageMemory()

    func fetch(_ request: TablePager.Request?) async throws -> Page? {
        guard let request else { return nil }
        let page = try await PageSizing.halvingOnce(request.maximumRows) { rows in
            try await fetch(request.position, rows)
        }
        return Page(page: page, content: page.rows.contentHash)
    }

    /// The values of one row; `nil` if it is not there.
    func row(_ row: Int64) async throws -> [CellValue]? {
        let page = try await fetch(.row(row), 1).rows
        return page.rowCount == 1 ? (0..<page.columnCount).map { page[0, $0] } : nil
    }

    private func fetch(_ position: TablePosition, _ maximumRows: Int) async throws -> ResultPage {
        try await client.fetchTablePage(
            of: table.reference, schema: table.schema, selectedFields: columns, from: position,
            maximumRows: maximumRows, memory: memory)
    }
}

extension Table {
    /// What it is called if it has no rows of its own, so that only a query can read it; `nil` if it has.
    ///
    /// Snapshots have rows, and kinds that are not known yet may have some.
    var kindWithoutRows: String? {
        switch kind {
        case .view: "a view"
        case .materializedView: "a materialized view"
        case .external: "an external table"
        case .table, .snapshot, .unknown: nil
        }
    }

    /// Refuses what only a query can read, and says which one.
    fileprivate func requireRows(columns: [String]?, limit: Int64?) throws(BigQueryError) {
        guard let what = kindWithoutRows else { return }
        let list = columns.map { $0.map { "`\($0)`" }.joined(separator: ", ") } ?? "*"
        let sql = "SELECT \(list) FROM `\(reference)`" + (limit.map { " LIMIT \($0)" } ?? "")
        throw BigQueryError(
            code: .notATable, message: "\(reference) is \(what), whose rows only a query can read",
            detail: .readableByQuery(sql: sql, exportURI: nil))
    }
}

extension PullError {
    /// The error for a table that did not stay as it was.
    static func changed(_ table: TableReference) -> PullError {
        PullError(
            code: .tableChanges, message: "the table \(table) changed while it was read",
            hint: "run the same command again later, or read the table with a query, which sees one version of it")
    }
}
