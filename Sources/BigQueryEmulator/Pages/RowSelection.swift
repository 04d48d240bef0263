/// Which rows a page is to hold, and how they are written.
struct RowSelection: Sendable {
    let source: any RowSource
    let start: Int64
    /// The most rows that the page may hold, no more than there are.
    let rowLimit: Int64
    /// The most that the page may hold by BigQuery's own row size; a page has at least one row.
    let byteLimit: Int
    let timestamps: RowEncoder.TimestampFormat

    /// Reads the rows and writes them.
    func encode() async throws -> EncodedRows {
        let encoder = RowEncoder(fields: source.fields, timestamps: timestamps)
        let page = RowCollector(encoder: encoder, rowLimit: rowLimit, byteLimit: byteLimit)
        let filled = try await source.fill(page, from: start)
        return EncodedRows(rowCount: filled.rowCount, json: filled.finish())
    }
}

/// The rows of a page as a compact JSON array.
struct EncodedRows: Sendable {
    let rowCount: Int
    let json: [UInt8]
}
