public import BigQueryRows
import GoogleHTTP

extension BigQueryClient {
    /// Fetches rows of a table without a query, which costs nothing. The page may have fewer rows than asked for.
    ///
    /// A table may change between two pages; its etag tells. Only tables have rows of their own: for a view the error
    /// has the code `notATable`.
    ///
    /// - Parameters:
    ///   - schema: the columns as ``fetchTable(_:)`` tells them; the answer names none.
    ///   - selectedFields: the columns to fetch, in any order; `nil` for all. The page has them in the table's order.
    ///   - position: where to begin.
    ///   - maximumRows: the most rows that the page may have.
    ///   - memory: where the page's memory is taken from.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    public func fetchRows(
        of table: TableReference, schema: TableSchema, selectedFields: [String]? = nil, from position: TablePosition,
        maximumRows: Int, memory: PageMemory = PageMemory()
    ) async throws -> ResultPage {
        let columns = try selectedFields.map { try schema.selecting($0) } ?? schema
        var (start, token): (String?, String?) = (nil, nil)
        switch position {
        case .row(let row): start = String(row)
        case .token(let text, _): token = text
        }
        let request = HTTPRequest(
            .get,
            url(
                ["datasets", table.dataset, "tables", table.table, "data"],
                [
                    "startIndex": start,
                    "pageToken": token,
                    "maxResults": String(maximumRows),
                    "selectedFields": selectedFields == nil ? nil : columns.fields.map(\.name).joined(separator: ","),
                    "formatOptions.useInt64Timestamp": "true",
                    "prettyPrint": "false",
                    "fields": "totalRows,pageToken,rows",
                ], project: table.project
            )
        )
        let page = try await Self.explainingNotFound {
            try await sendForPage(
                request, schema: columns, firstRow: position.row, rowCount: maximumRows, memory: memory)
        }
        guard page.rows.rowCount <= maximumRows else {
            throw RowsError(
                code: .inconsistentPage,
                message:
                    "the page from row \(position.row &+ 1) has \(page.rows.rowCount) rows, asked for were \(maximumRows)"
            )
        }
        return page
    }
}
