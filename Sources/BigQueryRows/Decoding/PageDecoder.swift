/// Decodes a response of `jobs.getQueryResults` or `tabledata.list` in one pass over its bytes.
///
/// The text must be one JSON object by RFC 8259, in UTF-8, without a byte order mark. Keys can have any order; unknown
/// ones are skipped. Messages count rows from 1, in the whole result.
package struct PageDecoder: Sendable {
    private let schema: TableSchema?
    private let memory: PageMemory
    private let rowCount: Int

    /// Creates a decoder.
    ///
    /// - Parameters:
    ///   - schema: the columns; `nil` for those of the page.
    ///   - memory: recycles the memory of earlier pages.
    ///   - rowCount: the number of requested rows, by which memory is reserved. Defaults to 0, for no reservation.
    package init(schema: TableSchema?, memory: PageMemory = PageMemory(), rowCount: Int = 0) {
        self.schema = schema
        self.memory = memory
        // More rows do not fit into a body.
        self.rowCount = min(rowCount, BodyLimits.page.inflatedBytes / 8)
    }

    /// Decodes a body, whose memory the page takes over.
    ///
    /// - Parameters:
    ///   - body: the body.
    ///   - firstRow: the index of the page's first row in the whole result, from 0.
    /// - Returns: the page.
    /// - Throws: ``RowsError`` with code `malformedJSON`, also for unpaired surrogates; `inconsistentPage` for missing
    ///   or contradictory members; `schemaChanged` for another schema than the expected one; `invalidCell` for a value
    ///   that does not match its column; `bodyTooLarge` if nested values exceed the limit of a body when written by
    ///   field name.
    package func decode(
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

    /// Reads the first `count` bytes, which the scanner's padding follows.
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

/// Reads the envelope of a page, and its rows with a ``RowReader``.
private struct PageReader {
    /// The members of a page.
    struct Content {
        var jobComplete: Bool?
        var schema: TableSchema?
        var totalRows: Int64?
        var pageToken: String?
        var rows: RowReader.Output
    }

    private(set) var content: Content

    private var scanner: JSONScanner
    private let expected: TableSchema?
    private let firstRow: Int64
    private let memory: PageMemory
    private let rowCount: Int
    /// The offset of rows that precede the schema, which decodes them.
    private var postponedRows: Int?
    private var seenKeys: Set<String> = []

    /// The maximum length of a page token, in bytes. Real ones have less than a hundred.
    private static let tokenLimit = 64 << 10

    init(scanner: JSONScanner, expected: TableSchema?, firstRow: Int64, memory: PageMemory, rowCount: Int) {
        self.scanner = scanner
        self.expected = expected
        self.firstRow = firstRow
        self.memory = memory
        self.rowCount = rowCount
        content = Content(rows: RowReader.Output())
    }

    /// Reads the whole text.
    mutating func read() throws(PageFault) {
        if let offset = UTF8Check.firstFault(in: scanner.base, count: scanner.count) {
            throw scanner.malformed("invalid UTF-8", at: offset)
        }
        var hasNext = try scanner.beginObject()
        while hasNext {
            try readMember()
            hasNext = try scanner.continueObject()
        }
        try scanner.requireEnd()
        try readPostponedRows()
    }

    private mutating func readMember() throws(PageFault) {
        let key = scanner.readText(try scanner.readKey())
        switch key {
        case "jobComplete", "schema", "totalRows", "pageToken", "rows":
            guard seenKeys.insert(key).inserted else {
                throw scanner.malformed("duplicate '\(key)'", at: scanner.position)
            }
            guard scanner.next != UInt8(ascii: "n") else { return try scanner.skipValue() }
        default:
            return try scanner.skipValue()
        }
        switch key {
        case "jobComplete": content.jobComplete = try readFlag()
        case "schema": try readSchema()
        case "totalRows": content.totalRows = try readCount()
        case "pageToken": content.pageToken = try readToken()
        default: try readRows()
        }
    }

    private mutating func readFlag() throws(PageFault) -> Bool {
        let scalar = try readScalar(of: "jobComplete")
        guard scalar.kind == .boolean else {
            throw PageFault(.inconsistentPage, "'jobComplete' is neither true nor false")
        }
        return scanner.readText(scalar.range) == "true"
    }

    private mutating func readCount() throws(PageFault) -> Int64 {
        let scalar = try readScalar(of: "totalRows")
        guard let count = Int64(digits: scanner.bytes(scalar.range).span), count >= 0 else {
            throw PageFault(
                .inconsistentPage,
                "'totalRows' is not a number of rows: \(excerpt(scanner.bytes(scalar.range)))")
        }
        return count
    }

    private mutating func readToken() throws(PageFault) -> String? {
        let scalar = try readScalar(of: "pageToken")
        guard scalar.kind == .string, scalar.range.count <= Self.tokenLimit else {
            throw PageFault(
                .inconsistentPage, "'pageToken' is not a string of at most \(Self.tokenLimit) bytes")
        }
        return scalar.range.isEmpty ? nil : scanner.readText(scalar.range)
    }

    private mutating func readScalar(of key: StaticString) throws(PageFault) -> JSONScalar {
        guard !scanner.isAtContainer else {
            throw PageFault(.inconsistentPage, "'\(key)' is an object or a list")
        }
        return try scanner.readScalar()
    }

    private mutating func readSchema() throws(PageFault) {
        let schema = try scanner.readSchema()
        content.schema = schema
        if let difference = expected?.firstDifference(to: schema) {
            throw PageFault(.schemaChanged, "the schema changed between pages: \(difference)")
        }
    }

    private mutating func readRows() throws(PageFault) {
        guard let schema = expected ?? content.schema else {
            postponedRows = scanner.position
            return try scanner.skipValue()
        }
        var reader = RowReader(
            scanner: scanner, plan: DecodingPlan(schema), tailStart: scanner.count + JSONScanner.padding)
        reader.output.cells = memory.takeCells(count: rowCount * schema.fields.count)
        reader.output.tail = memory.takeTail()
        try reader.readRows(firstRow: firstRow)
        content.rows = reader.output
        scanner = reader.scanner
    }

    private mutating func readPostponedRows() throws(PageFault) {
        guard let postponedRows else { return }
        scanner.position = postponedRows
        if content.schema == nil {
            guard try !scanner.beginArray() else {
                throw PageFault(.inconsistentPage, "the page has rows, but no schema")
            }
            return
        }
        try readRows()
    }
}
