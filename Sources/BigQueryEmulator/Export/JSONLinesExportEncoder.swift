/// Encodes rows as JSON lines. 64-bit integers and decimals are strings; NULLs are omitted.
struct JSONLinesExportEncoder: RowEncoding {
    private let fields: [SchemaField]
    private var bytes: [UInt8] = []
    private(set) var rowCount = 0

    init(fields: [SchemaField]) {
        self.fields = fields
    }

    mutating func append(_ row: [SQLValue], byteLimit: Int) -> Int? {
        append(members: row, fields)
        bytes.append(UInt8(ascii: "\n"))
        rowCount += 1
        return 0
    }

    mutating func finish() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    private mutating func append(members: [SQLValue], _ fields: [SchemaField]) {
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for (value, field) in zip(members, fields) where value != .null || field.mode == .repeated {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            bytes.appendJSONString(field.name, escapesHTML: true)
            bytes.append(UInt8(ascii: ":"))
            append(value, field)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func append(_ value: SQLValue, _ field: SchemaField) {
        switch value {
        case .structure(let members): append(members: members, field.fields)
        case .list(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(element, field.element)
            }
            bytes.append(UInt8(ascii: "]"))
        case .null: bytes.append(contentsOf: "[]".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .double(let number) where number.isFinite: bytes.append(contentsOf: RESTRowEncoder.text(of: number).utf8)
        case .text(let text) where field.type == .json:
            // Compact, to stay on one line. Text that is not JSON is exported as a string.
            let json = try? JSONParser.parse(Array(text.utf8))
            (json ?? .string(text)).write(to: &bytes)
        default: bytes.appendJSONString(value.exportText(field) ?? "", escapesHTML: true)
        }
    }
}
