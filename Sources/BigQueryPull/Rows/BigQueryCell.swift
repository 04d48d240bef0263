public import BigQueryRows
import TextSupport

/// The value of one column of a row, in the form in which it is stored, before it is read as a Swift type.
public struct BigQueryCell: Sendable {
    /// The BigQuery type, as far as conversions differ.
    @usableFromInline
    enum Kind: Sendable {
        case int64, float64, numeric, bool
        case string, bytes, json
        case date, time, datetime, timestamp
        /// A type that is only read as text.
        case text
        /// A STRUCT or an ARRAY.
        case nested
        /// A number in a JSON value. The cell is its literal.
        case number
    }

    @usableFromInline let kind: Kind
    @usableFromInline let reference: CellReference
    /// The bytes that ``reference`` is a range of.
    @usableFromInline let bytes: [UInt8]

    @inlinable
    init(kind: Kind, reference: CellReference, bytes: [UInt8]) {
        self.kind = kind
        self.reference = reference
        self.bytes = bytes
    }

    /// Whether the value is NULL.
    @inlinable var isNull: Bool { reference.kind == .null }

    /// Whether the cell is the JSON value `null`, the only one that begins with an `n`.
    @inlinable var isJSONNull: Bool {
        kind == .json && reference.kind == .text
            && bytes[reference.range].first { $0 > 0x20 } == UInt8(ascii: "n")
    }

    /// Whether the cell is a JSON column or a number in one, other than NULL.
    var isJSON: Bool { (kind == .json || kind == .number) && reference.kind == .text }

    /// The text of a `text` cell.
    @usableFromInline var text: String { String(decoding: bytes[reference.range], as: UTF8.self) }

    /// The error for a value that a Swift type cannot represent. It does not name the row and the column, which ``BigQueryRow``
    /// adds.
    @usableFromInline
    func mismatch(_ type: Any.Type, _ reason: String? = nil) -> PullError {
        let subject =
            switch (reference.kind, kind) {
            case (.null, _): "NULL "
            case (.integer, .int64): "\(reference.integer) "
            case (.double, _): "\(reference.double) "
            case (.text, .numeric), (.text, .number): "\(printable(text, limit: 100)) "
            default: ""
            }
        let reason = isNull ? nil : reason
        return PullError(
            code: .cellMismatch,
            message: "\(subject)cannot be read as \(type)\(reason.map { ": \($0)" } ?? "")")
    }
}

extension BigQueryCell.Kind {
    init(_ type: FieldType) {
        self =
            switch type {
            case .int64: .int64
            case .float64: .float64
            case .numeric, .bignumeric: .numeric
            case .bool: .bool
            case .string: .string
            case .bytes: .bytes
            case .json: .json
            case .date: .date
            case .time: .time
            case .datetime: .datetime
            case .timestamp: .timestamp
            case .structure: .nested
            case .geography, .interval, .range, .unknown: .text
            }
    }
}
