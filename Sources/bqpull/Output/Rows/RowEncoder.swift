import BigQueryRows

/// Writes rows in one form. Values are those of the value map, so that none loses a digit; columns are named as SQLite's
/// are, so that no two have one name.
protocol RowEncoder: Sendable {
    /// What comes before the first row.
    mutating func begin(_ schema: TableSchema) -> [UInt8]

    /// The rows of a page.
    ///
    /// - Throws: ``CommandError`` for a row that the form has no text for.
    mutating func encode(_ page: RowPage) throws -> [UInt8]

    /// What is left when all rows have come.
    mutating func finish() -> [UInt8]

    /// What the user should know of what was left out, at the end.
    var omission: String? { get }
}

extension RowEncoder {
    /// Nothing.
    mutating func finish() -> [UInt8] { [] }

    /// Nothing was left out.
    var omission: String? { nil }
}

extension RowPage {
    /// The references of one row.
    func row(_ row: Int) -> ArraySlice<CellReference> {
        cells[row * columnCount..<(row + 1) * columnCount]
    }
}

extension CellReference {
    /// The shortest text that is read back as the same number; `Inf` and `-Inf` as the value map has them.
    var numberText: String {
        guard kind == .double else { return String(integer) }
        return double.isInfinite ? (double < 0 ? "-Inf" : "Inf") : "\(double)"
    }
}
