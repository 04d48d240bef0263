/// Decodes the `rows` of a page to cells.
struct RowReader {
    /// The decoded rows.
    struct Output {
        /// The references, row by row.
        var cells: [CellReference] = []
        /// Converted text. References count its bytes from ``RowReader/tailStart``.
        var tail: [UInt8] = []
        /// The number of rows.
        var rowCount = 0
        /// The columns of mode REQUIRED that contain NULLs.
        var nullsInRequired: [Int] = []
    }

    var scanner: JSONScanner
    var output = Output()
    let plan: DecodingPlan
    /// The offset of ``Output/tail`` after the JSON text.
    let tailStart: Int

    /// The maximum size of converted text, in bytes. Field names are sent once and written repeatedly, so that the
    /// limit of the body does not bound it.
    static let tailLimit = BodyLimits.page.inflatedBytes

    /// Reads the array of rows. `firstRow` is the index of the first one in the whole result, from 0.
    mutating func readRows(firstRow: Int64) throws(PageFault) {
        if plan.growsText { output.tail.reserveCapacity(scanner.count / 4) }
        // Appending once per row is faster than once per cell.
        let cells = UnsafeMutableBufferPointer<CellReference>.allocate(capacity: plan.columnCount)
        cells.initialize(repeating: .null)
        defer { cells.deallocate() }

        var row = firstRow
        var hasNext = try scanner.beginArray()
        while hasNext {
            do throws(PageFault) {
                try readRow(into: cells)
            } catch {
                var fault = error
                fault.row = row &+ 1
                throw fault
            }
            guard output.tail.count <= Self.tailLimit else { throw Self.tooMuchText() }
            output.cells.append(contentsOf: cells)
            row &+= 1
            output.rowCount += 1
            hasNext = try scanner.continueArray()
        }
    }

    private mutating func readRow(into cells: UnsafeMutableBufferPointer<CellReference>) throws(PageFault) {
        try scanner.enterObject(member: UInt8(ascii: "f"))
        var column = 0
        var hasNext = try scanner.beginArray()
        while hasNext {
            guard column < cells.count else { throw Self.tooManyCells(cells.count) }
            do throws(PageFault) {
                cells[column] = try readCell(column)
            } catch {
                throw error.inside(member: plan.columnName(column))
            }
            column += 1
            hasNext = try scanner.continueArray()
        }
        guard column == cells.count, column > 0 else { throw Self.tooFewCells(column, expected: cells.count) }
        try scanner.leaveObject(member: UInt8(ascii: "f"))
    }

    @inline(__always)
    private mutating func readCell(_ column: Int) throws(PageFault) -> CellReference {
        let node = plan.nodes[column]
        try scanner.enterObject(member: UInt8(ascii: "v"))
        let cell = try node.isNested ? readNestedCell(node) : readScalarCell(node)
        if cell.kind == .null, node.isRequired, !output.nullsInRequired.contains(column) {
            output.nullsInRequired.append(column)
        }
        try scanner.leaveObject(member: UInt8(ascii: "v"))
        return cell
    }

    private mutating func readNestedCell(_ node: DecodingPlan.Node) throws(PageFault) -> CellReference {
        guard scanner.next != UInt8(ascii: "n") else {
            _ = try scanner.readBareScalar()
            return .null
        }
        let start = output.tail.count
        try appendValue(node)
        return .text(offset: tailStart + start, length: output.tail.count - start)
    }

    @inline(__always)
    private mutating func readScalarCell(_ node: DecodingPlan.Node) throws(PageFault) -> CellReference {
        let scalar = try readScalar()
        guard scalar.kind != .null else { return .null }
        do throws(CellConversionError) {
            return try convert(scalar, node.conversion)
        } catch {
            throw invalidCell(scalar, error)
        }
    }

    /// Converts a value that is neither NULL nor nested.
    @inline(__always)
    private mutating func convert(
        _ scalar: JSONScalar, _ conversion: DecodingPlan.Conversion
    ) throws(CellConversionError) -> CellReference {
        let text = scanner.bytes(scalar.range)
        switch conversion {
        case .int64:
            guard let value = Int64(digits: text.span) else { throw CellConversionError("is not an INT64") }
            return .integer(value)
        case .float64:
            let value = try Double(cell: text.span)
            return value.isNaN ? appended("NaN") : .double(value)
        case .bool:
            return .integer(try Bool(cell: text.span) ? 1 : 0)
        case .timestamp:
            let start = output.tail.count
            try Timestamp(cell: text.span).append(to: &output.tail)
            return .text(offset: tailStart + start, length: Timestamp.textLength)
        case .bytes:
            return .blob(offset: scalar.range.lowerBound, length: try decodeBase64(scalar))
        case .text where scalar.kind == .boolean:
            throw CellConversionError("is a boolean, but the column is not of type BOOL")
        case .json:
            try requireJSON(scalar)
            return .text(offset: scalar.range.lowerBound, length: scalar.range.count)
        case .text, .unknown, .structure:
            return .text(offset: scalar.range.lowerBound, length: scalar.range.count)
        }
    }

    private mutating func appended(_ text: StaticString) -> CellReference {
        let start = output.tail.count
        JSONWriter.append(text, to: &output.tail)
        return .text(offset: tailStart + start, length: text.utf8CodeUnitCount)
    }

    /// Decodes in place.
    mutating func decodeBase64(_ scalar: JSONScalar) throws(CellConversionError) -> Int {
        guard scalar.kind == .string else { throw CellConversionError("is not a string of base64") }
        var text = UnsafeMutableBufferPointer(mutating: scanner.bytes(scalar.range)).mutableSpan
        return try Base64.decode(inPlace: &text)
    }

    /// Reads a value other than an object or an array.
    @inline(__always)
    mutating func readScalar() throws(PageFault) -> JSONScalar {
        guard !scanner.isAtContainer else { throw try misplacedContainer() }
        return try scanner.readScalar()
    }

    // MARK: Faults

    @inline(never)
    func invalidCell(_ scalar: JSONScalar, _ error: CellConversionError) -> PageFault {
        let text = excerpt(scanner.bytes(scalar.range).dropFirst(error.offset))
        let place = error.offset > 0 ? "at byte \(error.offset): " : ""
        return PageFault(.invalidCell, "\(place)\(text) \(error.reason)")
    }

    /// The fault for a value of another kind than the column's.
    func misplacedValue(_ expected: StaticString) throws(PageFault) -> PageFault {
        var end = scanner
        try end.skipValue()
        let text = excerpt(scanner.bytes(scanner.position..<end.position))
        return PageFault(.invalidCell, "expected \(expected), found \(text)")
    }

    @inline(never)
    private func misplacedContainer() throws(PageFault) -> PageFault {
        try misplacedValue("a single value")
    }

    @inline(never)
    static func tooManyCells(_ expected: Int) -> PageFault {
        PageFault(.inconsistentPage, "more cells than the \(expected) columns of the schema")
    }

    @inline(never)
    static func tooFewCells(_ count: Int, expected: Int) -> PageFault {
        PageFault(.inconsistentPage, "\(count) cells, but the schema has \(expected) columns")
    }

    @inline(never)
    static func tooMuchText() -> PageFault {
        PageFault(.bodyTooLarge, "nested values have more than \(tailLimit) bytes when written by field name")
    }
}
