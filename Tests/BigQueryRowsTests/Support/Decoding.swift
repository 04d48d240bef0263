import BigQueryRows
import Testing

/// Decodes the JSON text of a page.
func decodePage(
    _ json: some Sequence<UInt8>, schema: TableSchema? = nil, firstRow: Int64 = 0
) throws(RowsError) -> ResultPage {
    let bytes = Array(json)
    return try PageDecoder(schema: schema)
        .decode(InflatedBody(bytes: bytes, wireByteCount: bytes.count), firstRow: firstRow)
}

/// Decodes the JSON text of a page.
func decodePage(
    _ json: String, schema: TableSchema? = nil, firstRow: Int64 = 0
) throws(RowsError) -> ResultPage {
    try decodePage(json.utf8, schema: schema, firstRow: firstRow)
}

/// Decodes one cell, given as JSON, as the only one of a page.
func decodeCell(_ field: TableSchema.Field, _ json: String) throws(RowsError) -> StoredForm {
    let page = try decodePage(
        #"{"rows":[{"f":[{"v":\#(json)}]}]}"#, schema: TableSchema(fields: [field]))
    return StoredForm(page.rows, row: 0, column: 0)
}

/// Decodes one cell of a plain nullable column named `c`.
func decodeCell(_ type: String, _ json: String) throws(RowsError) -> StoredForm {
    try decodeCell(TableSchema.Field(name: "c", type: FieldType(name: type)), json)
}

/// Runs a body that must fail, and returns the error.
func rowsError(
    _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) throws -> RowsError {
    let error = #expect(throws: RowsError.self, comment, sourceLocation: sourceLocation) { try body() }
    return try #require(error, sourceLocation: sourceLocation)
}
