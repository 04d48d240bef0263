import BigQueryRows

/// The stored form of a cell, compared by storage class and bytes, unlike `String` (canonical equivalence) and `Double`
/// (signed zeros).
enum StoredForm: Hashable, CustomStringConvertible {
    case null
    case integer(Int64)
    case double(bits: UInt64)
    case text([UInt8])
    case blob([UInt8])

    static func double(_ value: Double) -> StoredForm { .double(bits: value.bitPattern) }
    static func text(_ value: String) -> StoredForm { .text(Array(value.utf8)) }

    init(_ page: RowPage, row: Int, column: Int) {
        let cell = page.cells[row * page.columnCount + column]
        switch cell.kind {
        case .null: self = .null
        case .integer: self = .integer(cell.integer)
        case .double: self = .double(cell.double)
        case .text: self = .text(Array(page.bytes[cell.range]))
        case .blob: self = .blob(Array(page.bytes[cell.range]))
        }
    }

    var description: String {
        switch self {
        case .null: "NULL"
        case .integer(let value): "INTEGER \(value)"
        case .double(let bits): "REAL \(Double(bitPattern: bits))"
        case .text(let bytes): "TEXT \(String(decoding: bytes, as: UTF8.self).debugDescription)"
        case .blob(let bytes): "BLOB \(bytes)"
        }
    }
}
