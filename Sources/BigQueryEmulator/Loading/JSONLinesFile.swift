/// A file with one JSON object per line, whose members are the columns. A missing member is NULL.
struct JSONLinesFile: TableFile {
    let path: String

    func guessFields() throws -> [SchemaField] {
        var guess = FieldGuess()
        try readLines { line, object in
            do {
                try guess.add(.object(object))
            } catch let error as ValueError {
                throw EmulatorError.invalidData(path, line: line, error.description)
            }
        }
        let fields = guess.field(name: "").fields
        guard !fields.isEmpty else { throw EmulatorError.invalidData(path, "the file has no columns") }
        return fields
    }

    func readRows(_ fields: [SchemaField], _ body: ([SQLValue]) throws -> Void) throws {
        let row = SchemaField(name: "row", type: .structure, fields: fields)
        try readLines { line, object in
            do {
                guard case .structure(let values) = try SQLValue(json: .object(object), field: row) else { return }
                try body(values)
            } catch let error as ValueError {
                throw EmulatorError.invalidData(path, line: line, error.description)
            }
        }
    }

    private func readLines(_ body: (Int, JSONObject) throws -> Void) throws {
        let bytes = try FileBytes(path: path)
        while try bytes.peek() != nil {
            let number = bytes.line
            var line: [UInt8] = []
            while let byte = try bytes.next(), byte != UInt8(ascii: "\n") { line.append(byte) }
            if line.allSatisfy({ " \t\r".utf8.contains($0) }) { continue }
            do {
                guard let object = try JSONParser.parse(line).object else {
                    throw JSONError(message: "expected an object", offset: 0)
                }
                try body(number, object)
            } catch let error as JSONError {
                throw EmulatorError.invalidData(path, line: number, error.description)
            }
        }
    }
}

/// The type of a member, inferred from its values.
private struct FieldGuess {
    private var scalar = TypeGuess()
    private var scalarCount = 0
    private var hasBooleans = false
    private var isRepeated = false
    private var members: [(name: String, guess: FieldGuess)] = []

    mutating func add(_ json: JSON) throws {
        switch json {
        case .null, .encoded, .prepared: return
        case .array(let elements):
            isRepeated = true
            for element in elements {
                if element.array != nil || element == .null { throw ValueError("an array contains null or an array") }
                try add(element)
            }
        case .object(let object):
            for member in object.members {
                let index = members.firstIndex { $0.name == member.name } ?? members.count
                if index == members.count { members.append((member.name, FieldGuess())) }
                try members[index].guess.add(member.value)
            }
        case .bool, .number, .string:
            hasBooleans = hasBooleans || json.isBoolean
            scalarCount += 1
            scalar.add(json.string ?? json.text)
        }
        let isMixed = scalarCount > 0 && !members.isEmpty || hasBooleans && scalar.type != .bool
        if isMixed { throw ValueError("a member has values of different types") }
    }

    func field(name: String) -> SchemaField {
        let fields = members.map { $0.guess.field(name: $0.name) }
        let type = fields.isEmpty ? scalar.type : .structure
        return SchemaField(name: name, type: type, mode: isRepeated ? .repeated : .nullable, fields: fields)
    }
}

extension JSON {
    fileprivate var isBoolean: Bool {
        if case .bool = self { true } else { false }
    }
}
