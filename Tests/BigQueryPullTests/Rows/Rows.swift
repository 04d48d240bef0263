import BigQueryPull
import BigQueryRows
import Testing

typealias Field = TableSchema.Field

/// A row with these cells, the 17th of its result.
func row(_ columns: [(field: Field, value: CellValue)]) -> BigQueryRow {
    var bytes: [UInt8] = []
    let cells = columns.map { column -> CellReference in
        let start = bytes.count
        switch column.value {
        case .null: return .null
        case .integer(let value): return .integer(value)
        case .double(let value): return .double(value)
        case .text(let text):
            bytes += text.utf8
            return .text(offset: start, length: bytes.count - start)
        case .blob(let blob):
            bytes += blob
            return .blob(offset: start, length: blob.count)
        }
    }
    let page = RowPage(firstRow: 16, columnCount: columns.count, bytes: bytes, cells: cells)
    return BigQueryRow(
        batch: RowBatch(page: page, columns: RowColumns(TableSchema(fields: columns.map(\.field)))), position: 0)
}

/// A row with one column, named `c`.
func row(_ type: FieldType, _ value: CellValue) -> BigQueryRow {
    row([(Field(name: "c", type: type), value)])
}

/// The only row of a page of the REST API, the 17th of its result. `cells` are the values in JSON.
func restRow(_ fields: [Field], _ cells: String...) throws -> BigQueryRow {
    let body = Array(#"{"rows":[{"f":[\#(cells.map { #"{"v":\#($0)}"# }.joined(separator: ","))]}]}"#.utf8)
    let schema = TableSchema(fields: fields)
    let page = try PageDecoder(schema: schema)
        .decode(InflatedBody(bytes: body, wireByteCount: body.count), firstRow: 16)
    return BigQueryRow(batch: RowBatch(page: page.rows, columns: RowColumns(schema)), position: 0)
}

/// Expects an error with this code and message, and returns it.
@discardableResult
func expectError(
    _ code: PullError.Code, _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) -> PullError? {
    let error = #expect(throws: PullError.self, sourceLocation: sourceLocation) { try body() }
    #expect(error?.code == code, sourceLocation: sourceLocation)
    #expect(error?.message == message, sourceLocation: sourceLocation)
    return error
}
