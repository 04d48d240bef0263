package import BigQueryRows
import GoogleHTTP

/// The start of a page of a table.
package enum TablePosition: Sendable, Hashable {
    /// A row, counted from 0.
    case row(Int64)
    /// The page after the one with this token. `row` is its first row, counted from 0.
    case token(String, row: Int64)

    /// The first row, counted from 0.
    package var row: Int64 {
        switch self {
        case .row(let row), .token(_, let row): row
        }
    }
}

extension BigQueryClient {
    /// Fetches a page of a table without a query, at no cost. The page can have fewer rows than requested, or none.
    ///
    /// A table can change between two pages, which its etag shows. Views have no rows of their own: the error has the
    /// code `notATable`.
    ///
    /// - Parameters:
    ///   - table: the table.
    ///   - schema: the columns as ``fetchTable(_:)`` returns them. The response has no schema.
    ///   - selectedFields: the columns to fetch, in any order; `nil` for all. The page has them in the table's order.
    ///   - position: the start of the page.
    ///   - maximumRows: the maximum number of rows.
    ///   - memory: recycles the memory of earlier pages.
    /// - Returns: the page.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    package func fetchTablePage(
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
        return try await PageRequest(
            source: .table, range: RowRange(start: position.row, count: maximumRows), request: request,
            schema: columns, memory: memory
        ).send(with: self)
    }
}
