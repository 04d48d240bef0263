import GRDBSQLite

/// The stored form of values in SQLite: numbers, text and blobs as such, BOOL as 0 or 1, a TIMESTAMP as text that
/// SQLite's date functions accept, STRUCT and ARRAY as JSON. NaN is the text `NaN`, because SQLite would convert it to
/// NULL.
extension SQLValue {
    /// Reads a column of the current row.
    init(_ statement: OpaquePointer?, column: Int32, field: SchemaField) throws {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER:
            let number = sqlite3_column_int64(statement, column)
            switch field.type {
            case .int64: self = .integer(number)
            case .bool: self = .bool(number != 0)
            case .float64: self = .double(Double(number))
            default: self = .text(String(number))
            }
        case SQLITE_FLOAT:
            let number = sqlite3_column_double(statement, column)
            self = field.type == .float64 ? .double(number) : .text(number.description)
        case SQLITE_TEXT:
            let text = String(decoding: Self.bytes(statement, column), as: UTF8.self)
            self = try SQLValue(stored: text, field: field)
        case SQLITE_BLOB:
            let bytes = Self.bytes(statement, column)
            self = field.type == .bytes ? .bytes(Array(bytes)) : .text(String(decoding: bytes, as: UTF8.self))
        default: self = .null
        }
    }

    private init(stored text: String, field: SchemaField) throws {
        if field.mode == .repeated || field.type == .structure {
            self = try SQLValue(json: JSONParser.parse(Array(text.utf8)), field: field)
        } else if field.type == .timestamp || field.type == .float64 {
            self = try SQLValue(text: text, field: field)
        } else {
            self = field.type == .bytes ? .bytes(Array(text.utf8)) : .text(text)
        }
    }

    private static func bytes(_ statement: OpaquePointer?, _ column: Int32) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(statement, column)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))
    }

    /// Binds the stored form to a parameter, numbered from 1.
    func bind(to statement: OpaquePointer?, at index: Int32, field: SchemaField) {
        switch self {
        case .null: sqlite3_bind_null(statement, index)
        case .bool(let value): sqlite3_bind_int64(statement, index, value ? 1 : 0)
        case .double(let value) where !value.isNaN: sqlite3_bind_double(statement, index, value)
        case .double: Self.bind("NaN", to: statement, at: index)
        case .integer(let value) where field.type == .timestamp:
            Self.bind(CivilTime.timestampText(microseconds: value), to: statement, at: index)
        case .integer(let value): sqlite3_bind_int64(statement, index, value)
        case .text(let value): Self.bind(value, to: statement, at: index)
        case .bytes(let value):
            sqlite3_bind_blob64(statement, index, value, sqlite3_uint64(value.count), Self.transient)
        case .structure, .list: Self.bind(storedJSON(field).text, to: statement, at: index)
        }
    }

    private static func bind(_ text: String, to statement: OpaquePointer?, at index: Int32) {
        var text = text
        text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { characters in
                _ = sqlite3_bind_text64(
                    statement, index, characters.baseAddress, sqlite3_uint64(characters.count), transient,
                    UInt8(SQLITE_UTF8))
            }
        }
    }

    /// `SQLITE_TRANSIENT`, which Swift does not import: SQLite copies the bytes.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
