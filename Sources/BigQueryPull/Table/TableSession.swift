import BigQuery
import BigQueryRows
import SQLiteStaging

/// One read of a table: looks it up, transfers its pages, and checks that it did not change meanwhile.
///
/// It belongs to the task that runs the pull.
struct TableSession {
    /// The table as it was before the first page.
    let table: Table
    /// The columns to read.
    let columns: TableSchema
    private let client: BigQueryClient
    private let pull: TablePull
    private let reporter: PullReporter
    private let pages: TablePages

    /// Looks the table up. Rejects views, and columns that cannot be staged exactly.
    init(_ pull: TablePull, _ client: BigQueryClient, _ reporter: PullReporter) async throws {
        reporter.notify(.planning)
        table = try await client.fetchTable(pull.table)
        try table.requireRows(columns: pull.columns, limit: pull.maximumRows)
        columns = try pull.columns.map(table.schema.selecting) ?? table.schema
        try columns.requireExactTypes()
        for message in columns.unknownTypes { reporter.warn(.unknownType, message) }
        if table.hasStreamingBuffer {
            reporter.warn(
                .streamingBuffer, "the table \(pull.table) has a streaming buffer; its latest rows may be missing")
        }
        reporter.report.location = table.location
        reporter.report.sourceTable = "\(pull.table)"
        reporter.report.bytesBilled = 0
        self.client = client
        self.pull = pull
        self.reporter = reporter
        pages = TablePages(client: client, table: table, columns: pull.columns)
    }

    /// The version of the table that is read.
    var version: TableConfiguration.Version { TableConfiguration.Version(table) }

    /// Delivers all rows, and finishes the sink. Throws ``PullError`` with code `tableChanges` if the table changed
    /// meanwhile.
    func transfer(
        to sink: some RowSink, willDeliver: @escaping (StagingStatistics) -> Void = { _ in }
    ) async throws {
        let pager = TablePager(table, limit: pull.maximumRows, limits: pull.limits)
        try await transfer(pager, startingWith: { try await pages.fetch(pager.next) }, to: sink, willDeliver)
    }

    /// Delivers the rows after those that are staged; `false` if those are not the rows of this table.
    ///
    /// If the service no longer accepts the page token, continues by row number, provided that the last staged row is
    /// still in its place.
    func transfer(continuing run: StagingRun) async throws -> Bool {
        let recorded = run.recorded
        var pager = TablePager(
            table, limit: pull.maximumRows, limits: pull.limits, rows: recorded.rows,
            token: recorded.statistics.pageToken, totalRows: recorded.statistics.totalRows)
        let page: TablePages.Page?
        do {
            page = try await pages.fetch(pager.next)
        } catch let error as BigQueryError where error.status == 400 && pager.token != nil {
            guard try await pages.row(recorded.rows - 1) == run.lastRow() else { return false }
            pager.forgetToken()
            page = try await pages.fetch(pager.next)
        }
        try await transfer(pager, startingWith: { page }, to: run, run.record)
        return true
    }

    private func transfer(
        _ pager: TablePager, startingWith firstPage: () async throws -> TablePages.Page?, to sink: some RowSink,
        _ willDeliver: @escaping (StagingStatistics) -> Void
    ) async throws {
        var pager = pager
        let transfer = PageTransfer(
            sink: sink, schema: columns, limits: pull.limits, memory: pages.memory, reporter: reporter,
            willDeliver: willDeliver)
        do {
            try await transfer.run(&pager, startingWith: try await firstPage(), from: pages)
            try pager.check()
        } catch {
            // Pages of two versions of the table do not fit together. If the lookup fails too, reports the first error.
            if Self.canResultFromChange(error), (try? await isUnchanged()) == false {
                throw PullError.changed(pull.table)
            }
            throw error
        }
        guard try await isUnchanged() else { throw PullError.changed(pull.table) }
        try await transfer.finish(totalRows: pager.rows)
    }

    private func isUnchanged() async throws -> Bool {
        TableConfiguration.Version(try await client.fetchTable(pull.table)) == version
    }

    private static func canResultFromChange(_ error: any Error) -> Bool {
        switch error {
        case is RowsError: true
        case let error as PullError: error.code == .inconsistentResult
        case let error as BigQueryError: error.status == 400
        default: false
        }
    }
}

/// Fetches the pages of a table, from any task.
struct TablePages: Sendable {
    struct Page: Sendable {
        var page: ResultPage
        /// The hash of the rows.
        var content: Int
    }

    let client: BigQueryClient
    let table: Table
    let columns: [String]?
    let memory = PageMemory()

    func fetch(_ request: TablePager.Request?) async throws -> Page? {
        guard let request else { return nil }
        let page = try await ResultPage.halvedIfTooLarge(request.maximumRows) { rows in
            try await fetch(request.position, rows)
        }
        return Page(page: page, content: page.rows.contentHash)
    }

    /// The values of one row; `nil` if the table has no such row.
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
    /// Rejects a table that has no rows of its own, so that only a query can read it.
    ///
    /// Snapshots have rows, and kinds unknown to this version can have some.
    func requireRows(
        columns: [String]? = nil, limit: Int64? = nil, exportURI: String? = nil
    ) throws(BigQueryError) {
        let kind: String
        switch self.kind {
        case .view: kind = "a view"
        case .materializedView: kind = "a materialized view"
        case .external: kind = "an external table"
        case .table, .snapshot, .unknown: return
        }
        let list = columns.map { $0.map { "`\($0)`" }.joined(separator: ", ") } ?? "*"
        let sql = "SELECT \(list) FROM `\(reference)`" + (limit.map { " LIMIT \($0)" } ?? "")
        throw BigQueryError(
            code: .notATable, message: "\(reference) is \(kind), which only a query can read",
            detail: .readableByQuery(sql: sql, exportURI: exportURI))
    }
}

extension PullError {
    static func changed(_ table: TableReference) -> PullError {
        PullError(code: .tableChanges, message: "the table \(table) changed while it was read")
    }
}
