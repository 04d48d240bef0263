/// Consecutive rows: one byte buffer, and one fixed-size reference per cell.
///
/// Cells are in row order, `columnCount` per row. Values have their stored form (the value map in <doc:ValueMap>): text
/// and blobs are ranges of ``bytes``, other values are in the reference itself. Text is valid UTF-8.
///
/// ``subscript(_:_:)`` copies one value. Code that visits every row reads ``cells`` instead:
///
/// ```swift
/// import BigQueryRows
///
/// /// The length in bytes of the longest text in a column.
/// func longestText(in column: Int, of page: RowPage) -> Int {
///     var longest = 0
///     for place in stride(from: column, to: page.cells.count, by: page.columnCount) {
///         let cell = page.cells[place]
///         if cell.kind == .text { longest = max(longest, cell.range.count) }
///     }
///     return longest
/// }
/// ```
public struct RowPage: Sendable {
    /// The index of the first row in the whole result, from 0.
    public let firstRow: Int64
    /// The number of rows; can be 0.
    public let rowCount: Int
    /// The number of cells in a row.
    public let columnCount: Int
    /// The bytes of text and blobs. Bytes outside the references' ranges have no meaning.
    public let bytes: [UInt8]
    /// `rowCount * columnCount` references, in row order.
    public let cells: [CellReference]

    /// Creates a page, for example to test a sink.
    ///
    /// ```swift
    /// import BigQueryRows
    ///
    /// /// The rows (1, "Ada") and (2, NULL).
    /// func samplePage() -> RowPage {
    ///     RowPage(
    ///         firstRow: 0, columnCount: 2, bytes: Array("Ada".utf8),
    ///         cells: [.integer(1), .text(offset: 0, length: 3), .integer(2), .null])
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - firstRow: the index of the first row in the whole result, from 0.
    ///   - columnCount: the number of cells in a row.
    ///   - bytes: the bytes of text and blobs. Text must be valid UTF-8.
    ///   - cells: the cells, in row order.
    /// - Precondition: every text and blob reference is within `bytes`, and the cells fill whole rows.
    public init(firstRow: Int64, columnCount: Int, bytes: [UInt8], cells: [CellReference]) {
        precondition(columnCount > 0 ? cells.count % columnCount == 0 : cells.isEmpty)
        self.firstRow = firstRow
        self.rowCount = columnCount > 0 ? cells.count / columnCount : 0
        self.columnCount = columnCount
        self.bytes = bytes
        self.cells = cells
    }

    /// The size of the page in memory, in bytes.
    package var byteCount: Int {
        bytes.count + cells.count * MemoryLayout<CellReference>.stride
    }

    /// The value of one cell. Copies the value, so not for hot paths.
    ///
    /// - Parameters:
    ///   - row: the row, from 0 in this page.
    ///   - column: the column, from 0.
    /// - Precondition: `row` and `column` are inside the page.
    public subscript(row: Int, column: Int) -> CellValue {
        precondition(row < rowCount && column < columnCount)
        let cell = cells[row * columnCount + column]
        switch cell.kind {
        case .null: return .null
        case .integer: return .integer(cell.integer)
        case .double: return .double(cell.double)
        case .text: return .text(String(decoding: bytes[cell.range], as: UTF8.self))
        case .blob: return .blob(Array(bytes[cell.range]))
        }
    }
}

/// The value of one cell, or its range of ``RowPage/bytes``. Takes 16 bytes.
public struct CellReference: Sendable, Hashable {
    /// The storage class of a cell.
    public enum Kind: UInt8, Sendable {
        case null, integer, double, text, blob
    }

    /// The storage class.
    public let kind: Kind
    private let length: UInt32
    private let payload: UInt64

    private init(kind: Kind, length: UInt32, payload: UInt64) {
        self.kind = kind
        self.length = length
        self.payload = payload
    }

    /// NULL.
    public static let null = CellReference(kind: .null, length: 0, payload: 0)

    /// A 64-bit integer.
    public static func integer(_ value: Int64) -> CellReference {
        CellReference(kind: .integer, length: 0, payload: UInt64(bitPattern: value))
    }

    /// A binary64 number, infinities included. NaN is stored as text.
    public static func double(_ value: Double) -> CellReference {
        CellReference(kind: .double, length: 0, payload: value.bitPattern)
    }

    /// UTF-8 text in ``RowPage/bytes``.
    ///
    /// - Parameters:
    ///   - offset: the index of the first byte.
    ///   - length: the number of bytes, below 2³².
    /// - Returns: the reference.
    public static func text(offset: Int, length: Int) -> CellReference {
        CellReference(kind: .text, length: UInt32(length), payload: UInt64(offset))
    }

    /// A blob in ``RowPage/bytes``.
    ///
    /// - Parameters:
    ///   - offset: the index of the first byte.
    ///   - length: the number of bytes, below 2³².
    /// - Returns: the reference.
    public static func blob(offset: Int, length: Int) -> CellReference {
        CellReference(kind: .blob, length: UInt32(length), payload: UInt64(offset))
    }

    /// The value of an `integer` cell.
    public var integer: Int64 { Int64(bitPattern: payload) }

    /// The value of a `double` cell.
    public var double: Double { Double(bitPattern: payload) }

    /// The range of a `text` or `blob` cell in ``RowPage/bytes``.
    public var range: Range<Int> { Int(payload)..<Int(payload) + Int(length) }
}

/// The value of one cell, in the form in which it is stored.
public enum CellValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case double(Double)
    case text(String)
    case blob([UInt8])
}
