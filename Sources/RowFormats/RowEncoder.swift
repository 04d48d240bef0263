public import BigQueryRows

/// Encodes rows as text.
///
/// Values have the forms of the value map, so that no digit is lost. Columns have the names that they have in a staging
/// table: of two columns with one name, the second gets the suffix `_2`.
///
/// A format of your own goes into an ``EncodedRowSink``, too:
///
/// ```swift
/// import BigQueryRows
/// import RowFormats
///
/// /// The first column, one value per line.
/// struct FirstColumn: RowEncoder {
///     mutating func begin(_ schema: TableSchema) -> [UInt8] { [] }
///
///     mutating func encode(_ page: RowPage) -> [UInt8] {
///         (0..<page.rowCount).flatMap { row -> [UInt8] in
///             if case .text(let text) = page[row, 0] { Array("\(text)\n".utf8) } else { [10] }
///         }
///     }
/// }
/// ```
public protocol RowEncoder: Sendable {
    /// The bytes before the first row.
    mutating func begin(_ schema: TableSchema) -> [UInt8]

    /// The bytes of a page.
    ///
    /// - Throws: an error for a row that the format cannot represent.
    mutating func encode(_ page: RowPage) throws -> [UInt8]

    /// The bytes after the last row.
    mutating func finish() -> [UInt8]
}

extension RowEncoder {
    /// No bytes.
    public mutating func finish() -> [UInt8] { [] }
}

extension RowPage {
    /// The cells of one row.
    package func row(_ row: Int) -> ArraySlice<CellReference> {
        cells[row * columnCount..<(row + 1) * columnCount]
    }

    /// - Throws: ``RowFormatError`` with code `outOfOrder` for another number of columns.
    func check(columnCount expected: Int) throws(RowFormatError) {
        guard columnCount == expected else {
            throw RowFormatError(
                code: .outOfOrder, message: "the page has \(columnCount) columns, the schema \(expected)")
        }
    }
}

extension CellReference {
    /// The shortest text that reads back as the same number; infinities are `Inf` and `-Inf`, as in the value map.
    package var numberText: String {
        guard kind == .double else { return String(integer) }
        return double.isInfinite ? (double < 0 ? "-Inf" : "Inf") : "\(double)"
    }
}
