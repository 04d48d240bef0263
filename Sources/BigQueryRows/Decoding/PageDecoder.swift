/// Decodes an answer of `jobs.getQueryResults` or `tabledata.list` in one pass over its bytes.
///
/// The whole text must be one JSON object by RFC 8259, in UTF-8, without a byte order mark; keys may come in
/// any order, unknown ones are passed. Rows are counted from 1 in messages, across the whole result.
public struct PageDecoder: Sendable {
    private let schema: TableSchema?
    private let memory: PageMemory
    private let rowCount: Int

    /// Prepares for a page.
    ///
    /// - Parameters:
    ///   - schema: the columns by which to decode; `nil` to take those that the page itself has.
    ///   - memory: where the memory for the cells is taken from.
    ///   - rowCount: the rows that are expected, if any are.
    public init(schema: TableSchema?, memory: PageMemory = PageMemory(), rowCount: Int = 0) {
        self.schema = schema
        self.memory = memory
        // More do not fit into a body.
        self.rowCount = min(rowCount, BodyLimits.page.inflatedBytes / 8)
    }

    /// Decodes a body, whose memory becomes the page's.
    ///
    /// - Parameter firstRow: the place of the page's first row in the whole result, counted from 0.
    /// - Throws: `malformedJSON`, also for characters that are half of a pair; `inconsistentPage` for parts
    ///   that are missing, doubled or contradict each other; `schemaChanged` for a schema other than the
    ///   expected one; `invalidCell` for a value that does not fit its column; `bodyTooLarge` for values that take more
    ///   than the limit of a body when they are written by field name.
    public func decode(
        _ body: consuming InflatedBody, firstRow: Int64
    ) throws(RowsError) -> ResultPage {
        let wireByteCount = body.wireByteCount
        var bytes: [UInt8] = []
        swap(&bytes, &body.bytes)
        let count = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: JSONScanner.padding))

        let content: PageReader.Content
        do throws(PageFault) {
            content = try read(&bytes, count: count, firstRow: firstRow)
        } catch {
            throw error.error
        }
        bytes.append(contentsOf: content.rows.tail)
        memory.recycle(tail: content.rows.tail)

        memory.note(rowCount: content.rows.rowCount, byteCount: bytes.count)
        let columnCount = (schema ?? content.schema)?.fields.count ?? 0
        return ResultPage(
            jobComplete: content.jobComplete, schema: content.schema, totalRows: content.totalRows,
            pageToken: content.pageToken,
            rows: RowPage(
                firstRow: firstRow, columnCount: columnCount, bytes: bytes, cells: content.rows.cells),
            nullsInRequired: content.rows.nullsInRequired,
            inflatedByteCount: count, wireByteCount: wireByteCount)
    }

    /// Reads the first `count` bytes, behind which is the scanner's padding.
    private func read(
        _ bytes: inout [UInt8], count: Int, firstRow: Int64
    ) throws(PageFault) -> PageReader.Content {
        try bytes.withUnsafeMutableBufferPointer { (buffer) throws(PageFault) -> PageReader.Content in
            guard let base = buffer.baseAddress else {
                throw PageFault(.malformedJSON, "the body is empty")
            }
            var reader = PageReader(
                scanner: JSONScanner(base: base, count: count), expected: schema, firstRow: firstRow,
                memory: memory, rowCount: rowCount)
            try reader.read()
            return reader.content
        }
    }
}
