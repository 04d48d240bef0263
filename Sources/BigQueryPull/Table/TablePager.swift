import BigQuery
import BigQueryRows

/// Decides which page of a table to fetch next, and checks each page that arrives. Performs no I/O.
///
/// Pages are linked by tokens. The table is complete when as many rows have arrived as BigQuery reports, or as were
/// requested.
struct TablePager {
    /// A page to fetch.
    struct Request: Sendable {
        var position: TablePosition
        var maximumRows: Int
    }

    /// The maximum number of consecutive pages without rows.
    private static let maxEmptyPages = 100

    private let table: Table
    private let limit: Int64?
    private let earlierTotal: Int64?
    private var sizing: PageSizing
    private var position: TablePosition?
    /// Hashes of the tokens so far, to save memory.
    private var tokens: Set<Int> = []
    private var totalRows: Int64?
    private var consecutiveEmptyPages = 0
    private var lastContent: Int?
    /// The rows that have arrived, including those of earlier processes.
    private(set) var rows: Int64

    /// Starts reading a table, or continues after rows that arrived before.
    ///
    /// - Parameters:
    ///   - table: the table; its row count excludes a streaming buffer.
    ///   - limit: the maximum number of rows; `nil` for all.
    ///   - limits: the page size.
    ///   - rows: the number of rows that arrived before.
    ///   - token: the page token of the last page; `nil` if no page follows.
    ///   - totalRows: ``exactRows`` at that time.
    init(
        _ table: Table, limit: Int64?, limits: PullLimits, rows: Int64 = 0, token: String? = nil,
        totalRows: Int64? = nil
    ) {
        self.table = table
        self.limit = limit
        earlierTotal = totalRows
        self.rows = rows
        sizing = PageSizing(limits)
        position = rows == 0 ? .row(0) : token.map { .token($0, row: rows) }
        if let token { tokens.insert(token.hashValue) }
    }

    /// The page to fetch next; `nil` after the last one.
    var next: Request? {
        guard let position else { return nil }
        let missing = limit.map { $0 - rows } ?? .max
        guard missing > 0 else { return nil }
        return Request(position: position, maximumRows: Int(min(Int64(sizing.rowsPerPage), missing)))
    }

    /// The token of the next page, if that is fetched by token.
    var token: String? {
        if case .token(let token, _)? = position { token } else { nil }
    }

    /// The number of rows to expect, if known; more can arrive from a streaming buffer.
    var expectedRows: Int64? {
        [table.rowCount, totalRows, earlierTotal].compactMap(\.self).max().map { min($0, limit ?? .max) }
    }

    /// The number of rows to expect, if it is known exactly.
    var exactRows: Int64? { table.hasStreamingBuffer ? nil : expectedRows }

    /// Continues by row number, for a service that no longer accepts the token.
    mutating func forgetToken() {
        position = .row(rows)
    }

    /// Takes the page for the last ``next``, which can have fewer rows, or none. `content` is the hash of its rows.
    ///
    /// Returns whether it has the same rows as the page before it. Throws ``PullError`` if the pages do not form one
    /// table, `RowsError` if paging does not terminate.
    mutating func take(_ page: ResultPage, content: Int) throws -> Bool {
        if let total = page.totalRows {
            guard totalRows == nil || totalRows == total else { throw PullError.changed(table.reference) }
            totalRows = total
        }
        let count = page.rows.rowCount
        rows += Int64(count)
        sizing.note(page)
        consecutiveEmptyPages = count == 0 ? consecutiveEmptyPages + 1 : 0
        position = try nextToken(page).map { .token($0, row: rows) }
        try check()
        guard count > 0 else { return false }
        defer { lastContent = content }
        return lastContent == content
    }

    /// The token of the page after this one, if there is one.
    private mutating func nextToken(_ page: ResultPage) throws(RowsError) -> String? {
        guard let token = page.pageToken, !token.isEmpty else { return nil }
        let problem: String? =
            if !tokens.insert(token.hashValue).inserted {
                "a page token repeats"
            } else if consecutiveEmptyPages > Self.maxEmptyPages {
                "\(consecutiveEmptyPages) consecutive pages have no rows"
            } else {
                nil
            }
        guard let problem else { return token }
        throw RowsError(
            code: .inconsistentPage,
            message: "paging of the table \(table.reference) does not terminate: after \(rows) rows, \(problem)")
    }

    /// Throws ``PullError`` if more rows arrived than expected, or fewer after the last page.
    func check() throws(PullError) {
        guard let expectedRows else {
            throw PullError(
                code: .inconsistentResult,
                message:
                    "the response for table \(table.reference) has no row count, so completeness cannot be verified")
        }
        let isTooMany = rows > expectedRows && !table.hasStreamingBuffer
        guard isTooMany || next == nil && rows < expectedRows else { return }
        throw PullError(
            code: .inconsistentResult,
            message:
                "expected \(expectedRows) rows of table \(table.reference), got \(isTooMany ? "more" : "\(rows)")")
    }
}
