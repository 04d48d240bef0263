/// Reads the envelope of a page, and has its rows read by a ``RowReader``.
struct PageReader {
    /// What a page holds.
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
    /// Where the rows begin that came before the schema by which to decode them.
    private var postponedRows: Int?
    private var seenKeys: Set<String> = []

    /// The longest page token that is accepted, in bytes; real ones have less than a hundred.
    private static let tokenLimit = 64 << 10

    /// Prepares to read a text, and to decode its rows into memory that is taken from `memory`.
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
                throw scanner.malformed("a second '\(key)'", at: scanner.position)
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
                "'totalRows' is not a number of rows: \(Excerpt.of(scanner.bytes(scalar.range)))")
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
                throw PageFault(.inconsistentPage, "the page has rows, but no schema says what they are")
            }
            return
        }
        try readRows()
    }
}
