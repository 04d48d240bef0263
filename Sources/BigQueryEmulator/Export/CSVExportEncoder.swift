/// Encodes rows as CSV. NULL is an empty cell, an empty string is `""`.
struct CSVExportEncoder: RowEncoding {
    private let fields: [SchemaField]
    private let delimiter: UInt8
    private var bytes: [UInt8] = []
    private(set) var rowCount = 0

    /// Creates an encoder whose delimiter is a single byte.
    init(fields: [SchemaField], delimiter: String, hasHeader: Bool) {
        self.fields = fields
        self.delimiter = delimiter.utf8.first ?? UInt8(ascii: ",")
        if hasHeader { append(line: fields.map(\.name)) }
    }

    mutating func append(_ row: [SQLValue], byteLimit: Int) -> Int? {
        append(line: zip(row, fields).map { $0.exportText($1) })
        rowCount += 1
        return 0
    }

    mutating func finish() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    private mutating func append(line: [String?]) {
        for (index, text) in line.enumerated() {
            if index > 0 { bytes.append(delimiter) }
            if let text { append(text) }
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    private mutating func append(_ text: String) {
        let quote = UInt8(ascii: "\"")
        let needsQuotes =
            text.isEmpty || text.utf8.contains { $0 == delimiter || $0 == quote || $0 == 0x0A || $0 == 0x0D }
        guard needsQuotes else { return bytes.append(contentsOf: text.utf8) }
        bytes.append(quote)
        for byte in text.utf8 {
            if byte == quote { bytes.append(quote) }
            bytes.append(byte)
        }
        bytes.append(quote)
    }
}

extension SQLValue {
    /// The value in an exported file; `nil` for NULL.
    ///
    /// STRUCT and ARRAY are JSON, since CSV exports cannot contain them.
    func exportText(_ field: SchemaField) -> String? {
        switch self {
        case .null: return nil
        case .bool(let value): return value ? "true" : "false"
        case .double(let value): return RESTRowEncoder.text(of: value)
        case .integer(let value) where field.type == .timestamp:
            return CivilTime.timestampText(microseconds: value) + " UTC"
        case .integer(let value): return String(value)
        case .text(let text): return text
        case .bytes(let bytes):
            var text: [UInt8] = []
            text.appendBase64(bytes)
            return String(decoding: text, as: UTF8.self)
        case .structure, .list: return storedJSON(field).text
        }
    }
}
