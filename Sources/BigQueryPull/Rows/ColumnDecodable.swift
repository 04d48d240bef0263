public import BigQueryRows

/// A type that one column is read as, without copies other than the value's own.
///
/// | type | columns |
/// |---|---|
/// | integers | INT64 and JSON, in the range of the type |
/// | `Double` | FLOAT64 and JSON |
/// | `Float` | FLOAT64 and JSON, if the value has no more precision than a `Float` |
/// | `Decimal` | NUMERIC, BIGNUMERIC, INT64 and JSON, with up to 38 digits |
/// | `Bool` | BOOL and JSON |
/// | `[UInt8]`, `Data` | BYTES |
/// | `Date` | TIMESTAMP |
/// | `DateComponents` | DATE, TIME and DATETIME |
/// | `UUID`, `URL` | STRING |
/// | `String` | the text of any type but BYTES |
/// | `Optional` | as the wrapped type; NULL is `nil`, and so is the JSON value `null` unless `String` is wrapped |
///
/// The text of a BOOL is `true` or `false`, that of a FLOAT64 the shortest that reads back as the same number, or `NaN`,
/// `Infinity` or `-Infinity`, and that of a STRUCT, an ARRAY or a JSON value is its JSON. Other types have the text of a
/// staging table.
///
/// A type of your own conforms to `Decodable`, which suffices for ``BigQueryRow`` and ``RowDecoder``.
public protocol ColumnDecodable: Decodable {
    /// Reads a value.
    ///
    /// - Parameter cell: the cell of the column.
    /// - Throws: ``PullError`` with code ``PullError/Code-swift.struct/cellMismatch``, which the row completes with its
    ///   number and the column.
    init(cell: BigQueryCell) throws(PullError)
}

extension Optional: ColumnDecodable where Wrapped: ColumnDecodable {
    /// Reads NULL as `nil`, and any other value as the wrapped type. The JSON value `null` is also `nil`, but a `String`
    /// of its text.
    @inlinable
    public init(cell: BigQueryCell) throws(PullError) {
        let isNil = cell.isNull || cell.isJSONNull && Wrapped.self != String.self
        self = isNil ? nil : try Wrapped(cell: cell)
    }
}

// MARK: Numbers

extension ColumnDecodable where Self: FixedWidthInteger {
    /// Reads an INT64, or an integer in JSON.
    @inlinable
    public init(cell: BigQueryCell) throws(PullError) {
        guard cell.kind == .int64, cell.reference.kind == .integer else {
            self = try cell.jsonInteger()
            return
        }
        guard let value = Self(exactly: cell.reference.integer) else { throw cell.mismatch(Self.self) }
        self = value
    }
}

extension Int: ColumnDecodable {}
extension Int8: ColumnDecodable {}
extension Int16: ColumnDecodable {}
extension Int32: ColumnDecodable {}
extension Int64: ColumnDecodable {}
extension Int128: ColumnDecodable {}
extension UInt: ColumnDecodable {}
extension UInt8: ColumnDecodable {}
extension UInt16: ColumnDecodable {}
extension UInt32: ColumnDecodable {}
extension UInt64: ColumnDecodable {}
extension UInt128: ColumnDecodable {}

extension Double: ColumnDecodable {
    /// Reads a FLOAT64, or a number in JSON.
    @inlinable
    public init(cell: BigQueryCell) throws(PullError) {
        self = cell.reference.kind == .double ? cell.reference.double : try cell.textDouble(Self.self)
    }
}

extension Float: ColumnDecodable {
    /// Reads a FLOAT64, or a number in JSON, that a `Float` represents exactly.
    @inlinable
    public init(cell: BigQueryCell) throws(PullError) {
        let double = cell.reference.kind == .double ? cell.reference.double : try cell.textDouble(Self.self)
        self = Float(double)
        guard Double(self) == double || double.isNaN else { throw cell.mismatch(Self.self) }
    }
}

extension BigQueryCell {
    @usableFromInline
    func jsonInteger<Integer: FixedWidthInteger>() throws(PullError) -> Integer {
        guard isJSON, let value = Integer(text) else { throw mismatch(Integer.self) }
        return value
    }

    /// The number of a cell that is text: NaN, or a number in JSON.
    @usableFromInline
    func textDouble(_ type: Any.Type) throws(PullError) -> Double {
        if kind == .float64, reference.kind == .text { return .nan }
        guard isJSON, let value = Double(text), value.isFinite else { throw mismatch(type) }
        return value
    }
}

// MARK: Other types

extension Bool: ColumnDecodable {
    /// Reads a BOOL, or `true` or `false` in JSON.
    @inlinable
    public init(cell: BigQueryCell) throws(PullError) {
        guard cell.kind == .bool, cell.reference.kind == .integer else {
            self = try cell.jsonBool()
            return
        }
        self = cell.reference.integer != 0
    }
}

extension BigQueryCell {
    @usableFromInline
    func jsonBool() throws(PullError) -> Bool {
        guard isJSON, let value = Bool(text) else { throw mismatch(Bool.self) }
        return value
    }
}

extension String: ColumnDecodable {
    /// Reads the text of any type but BYTES.
    @inlinable
    public init(cell: BigQueryCell) throws(PullError) {
        self = cell.reference.kind == .text ? cell.text : try cell.convertedText()
    }
}

extension BigQueryCell {
    /// The text of a cell that is stored as a number.
    @usableFromInline
    func convertedText() throws(PullError) -> String {
        switch (reference.kind, kind) {
        case (.integer, .bool): reference.integer != 0 ? "true" : "false"
        case (.integer, _): "\(reference.integer)"
        case (.double, _) where reference.double.isInfinite: reference.double > 0 ? "Infinity" : "-Infinity"
        case (.double, _): "\(reference.double)"
        case (.blob, _), (.null, _), (.text, _): throw mismatch(String.self)
        }
    }
}

extension Array: ColumnDecodable where Element == UInt8 {
    /// Reads BYTES.
    @inlinable
    public init(cell: BigQueryCell) throws(PullError) {
        guard cell.reference.kind == .blob else { throw cell.mismatch(Self.self) }
        self = Array(cell.bytes[cell.reference.range])
    }
}
