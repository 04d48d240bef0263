/// STRUCT and ARRAY, written as JSON by field name.
extension RowReader {
    /// Appends the next value as JSON.
    mutating func appendValue(_ node: DecodingPlan.Node) throws(PageFault) {
        guard !node.isRepeated else { return try appendList(node) }
        try appendElement(node)
    }

    private mutating func appendList(_ node: DecodingPlan.Node) throws(PageFault) {
        guard scanner.next == UInt8(ascii: "[") else { return try appendNull(insteadOf: "a list") }
        output.tail.append(UInt8(ascii: "["))
        var index = 0
        var hasNext = try scanner.beginArray()
        while hasNext {
            guard output.tail.count <= Self.tailLimit else { throw Self.tooMuchText() }
            if index > 0 { output.tail.append(UInt8(ascii: ",")) }
            do throws(PageFault) {
                try scanner.enterObject(member: UInt8(ascii: "v"))
                try appendElement(node)
                try scanner.leaveObject(member: UInt8(ascii: "v"))
            } catch {
                throw error.inside(element: index)
            }
            index += 1
            hasNext = try scanner.continueArray()
        }
        output.tail.append(UInt8(ascii: "]"))
    }

    private mutating func appendElement(_ node: DecodingPlan.Node) throws(PageFault) {
        guard node.conversion == .structure else { return try appendScalar(node.conversion) }
        guard scanner.next == UInt8(ascii: "{") else { return try appendNull(insteadOf: "a STRUCT") }
        if node.members.isEmpty { output.tail.append(UInt8(ascii: "{")) }
        try scanner.enterObject(member: UInt8(ascii: "f"))
        var index = node.members.lowerBound
        var hasNext = try scanner.beginArray()
        while hasNext {
            guard index < node.members.upperBound else { throw Self.tooManyCells(node.members.count) }
            do throws(PageFault) {
                try appendMember(plan.nodes[index])
            } catch {
                throw error.inside(member: plan.memberName(index))
            }
            index += 1
            hasNext = try scanner.continueArray()
        }
        guard index == node.members.upperBound else {
            throw Self.tooFewCells(index - node.members.lowerBound, expected: node.members.count)
        }
        try scanner.leaveObject(member: UInt8(ascii: "f"))
        output.tail.append(UInt8(ascii: "}"))
    }

    private mutating func appendMember(_ node: DecodingPlan.Node) throws(PageFault) {
        output.tail.append(contentsOf: plan.keys[node.key])
        try scanner.enterObject(member: UInt8(ascii: "v"))
        try appendValue(node)
        try scanner.leaveObject(member: UInt8(ascii: "v"))
    }

    private mutating func appendNull(insteadOf expected: StaticString) throws(PageFault) {
        guard scanner.next == UInt8(ascii: "n") else { throw try misplacedValue(expected) }
        _ = try scanner.readBareScalar()
        JSONWriter.append("null", to: &output.tail)
    }

    private mutating func appendScalar(_ conversion: DecodingPlan.Conversion) throws(PageFault) {
        let scalar = try readScalar()
        guard scalar.kind != .null else { return JSONWriter.append("null", to: &output.tail) }
        do throws(CellConversionError) {
            try append(scalar, conversion)
        } catch {
            throw invalidCell(scalar, error)
        }
    }

    private mutating func append(
        _ scalar: JSONScalar, _ conversion: DecodingPlan.Conversion
    ) throws(CellConversionError) {
        let text = scanner.bytes(scalar.range)
        switch conversion {
        case .int64:
            guard let value = Int64(digits: text.span) else { throw CellConversionError("is not an INT64") }
            // The cell can have leading zeros, which JSON forbids. The service sends none.
            if text[value < 0 ? 1 : 0] > UInt8(ascii: "0") {
                output.tail.append(contentsOf: text)
            } else {
                output.tail.append(contentsOf: String(value).utf8)
            }
        case .float64:
            let value = try Double(cell: text.span)
            if value.isFinite {
                output.tail.append(contentsOf: text)
            } else {
                JSONWriter.append(
                    value.isNaN ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"", to: &output.tail)
            }
        case .bool:
            JSONWriter.append(try Bool(cell: text.span) ? "true" : "false", to: &output.tail)
        case .timestamp:
            output.tail.append(UInt8(ascii: "\""))
            try Timestamp(cell: text.span).append(to: &output.tail)
            output.tail.append(UInt8(ascii: "\""))
        case .bytes:
            // Decoding overwrites the text. It is only a check here.
            JSONWriter.append(string: text, to: &output.tail)
            _ = try decodeBase64(scalar)
        case .json:
            try requireJSON(scalar)
            output.tail.append(contentsOf: text)
        case .text where scalar.kind == .boolean:
            throw CellConversionError("is a boolean, but the field is not of type BOOL")
        case .text, .unknown, .structure:
            if scalar.kind == .string, scanner.isAsSent(scalar.range) {
                let quoted = scalar.range.lowerBound - 1..<scanner.position
                output.tail.append(contentsOf: scanner.bytes(quoted))
            } else {
                JSONWriter.append(string: text, to: &output.tail)
            }
        }
    }
}

extension RowReader {
    /// Checks that the text of a cell is one JSON value, as any value without quotes is.
    @inline(never)
    func requireJSON(_ scalar: JSONScalar) throws(CellConversionError) {
        guard scalar.kind != .string || scanner.isJSON(contentOf: scalar.range) else {
            throw CellConversionError("is not one JSON value")
        }
    }
}

extension JSONScanner {
    /// Whether the string just read had no escapes, so that its source can be copied.
    fileprivate func isAsSent(_ content: Range<Int>) -> Bool {
        content.upperBound == position - 1
    }

    /// Whether the content of the string just read is one JSON value. Overwrites its closing quote.
    fileprivate func isJSON(contentOf content: Range<Int>) -> Bool {
        base[content.upperBound] = 0
        var scanner = JSONScanner(base: base, count: content.upperBound, position: content.lowerBound)
        do throws(PageFault) {
            try scanner.skipValue()
            try scanner.requireEnd()
            return true
        } catch {
            return false
        }
    }
}
