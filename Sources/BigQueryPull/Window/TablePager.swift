import BigQuery
import BigQueryRows

/// Which page of a table to fetch next, and whether a page that came can be that one: the decisions of a reading,
/// without its actions.
///
/// Pages follow one another by their tokens. All have arrived when as many rows came as BigQuery promised, or as were
/// asked for.
struct TablePager {
    /// A page to fetch.
    struct Request: Sendable {
        var position: TablePosition
        var maximumRows: Int
    }

    private static let anewHint = "run the same command again, which reads the table anew"
    /// The pages without rows that may follow one another.
    private static let emptyPages = 100

    private let table: Table
    private let limit: Int64?
    private let earlierPromise: Int64?
    private var sizing: PageSizing
    private var position: TablePosition?
    /// Hashes of the tokens so far, since there may be a great many.
    private var tokens: Set<Int> = []
    private var totalRows: Int64?
    private var emptyPagesInARow = 0
    private var lastContent: Int?
    /// The rows that have arrived, those of earlier processes among them.
    private(set) var rows: Int64

    /// Begins a reading, or goes on with one.
    ///
    /// - Parameters:
    ///   - table: what is read. Its number of rows counts those of a streaming buffer only later.
    ///   - limit: the most rows that are wanted.
    ///   - rows: those that have arrived before.
    ///   - token: what the last of them came with; `nil` if nothing is behind them.
    ///   - promisedRows: what ``exactRows`` was then.
    init(
        _ table: Table, limit: Int64?, limits: PullLimits, rows: Int64 = 0, token: String? = nil,
        promisedRows: Int64? = nil
    ) {
        self.table = table
        self.limit = limit
        earlierPromise = promisedRows
        self.rows = rows
        sizing = PageSizing(limits)
        position = rows == 0 ? .row(0) : token.map { .token($0, row: rows) }
        if let token { tokens.insert(token.hashValue) }
    }

    /// The page to fetch next; `nil` if all have arrived.
    var next: Request? {
        guard let position else { return nil }
        let missing = limit.map { $0 - rows } ?? .max
        guard missing > 0 else { return nil }
        return Request(position: position, maximumRows: Int(min(Int64(sizing.rowsPerPage), missing)))
    }

    /// The token of the next page; `nil` if there is none.
    var token: String? {
        if case .token(let token, _)? = position { token } else { nil }
    }

    /// The rows that are to arrive, if that is known; there may be more if rows are being streamed in.
    var promisedRows: Int64? {
        [table.rowCount, totalRows, earlierPromise].compactMap(\.self).max().map { min($0, limit ?? .max) }
    }

    /// The rows that are to arrive, if their number cannot be another.
    var exactRows: Int64? { table.hasStreamingBuffer ? nil : promisedRows }

    /// Goes on by the place of the next row, for a service that does not take the token any more.
    mutating func forgetToken() {
        position = .row(rows)
    }

    /// Takes the page that ``next`` asked for. It may have fewer rows, or none.
    ///
    /// - Parameter content: the hash of its rows.
    /// - Returns: whether it has the same rows as the page before it.
    /// - Throws: ``PullError`` if the pages do not go together, `RowsError` if they do not end.
    mutating func take(_ page: ResultPage, content: Int) throws -> Bool {
        if let total = page.totalRows {
            guard totalRows == nil || totalRows == total else { throw PullError.changed(table.reference) }
            totalRows = total
        }
        let count = page.rows.rowCount
        rows += Int64(count)
        sizing.note(page)
        emptyPagesInARow = count == 0 ? emptyPagesInARow + 1 : 0
        position = try nextToken(page).map { .token($0, row: rows) }
        try check()
        guard count > 0 else { return false }
        defer { lastContent = content }
        return lastContent == content
    }

    /// The token of a page, if it has one that leads on.
    private mutating func nextToken(_ page: ResultPage) throws(RowsError) -> String? {
        guard let token = page.pageToken, !token.isEmpty else { return nil }
        let problem: String? =
            if !tokens.insert(token.hashValue).inserted {
                "the same page token came again"
            } else if emptyPagesInARow > Self.emptyPages {
                "\(emptyPagesInARow) pages came without any"
            } else {
                nil
            }
        guard let problem else { return token }
        throw RowsError(
            code: .inconsistentPage,
            message: "the table \(table.reference) does not end: after \(rows) rows, \(problem)")
    }

    /// Throws ``PullError`` if there are more rows than there can be, or fewer and no page is left.
    func check() throws(PullError) {
        guard let promised = promisedRows else {
            throw PullError(
                code: .inconsistentResult,
                message: "the table \(table.reference) came without a number of rows, so that none may be missing",
                hint: Self.anewHint)
        }
        let isTooMany = rows > promised && !table.hasStreamingBuffer
        guard isTooMany || next == nil && rows < promised else { return }
        throw PullError(
            code: .inconsistentResult,
            message:
                "the table \(table.reference) was to have \(promised) rows, but \(isTooMany ? "more" : "\(rows)") came",
            hint: Self.anewHint)
    }
}
