public import BigQueryRows
import Foundation

/// Comma-separated values (RFC 4180) in UTF-8 with a header line; lines end in LF.
///
/// - NULL is a text without quotes, by default the empty one. A value that equals this text is quoted, and the empty
///   text always is: `""`.
/// - A value is also quoted if it contains a comma, a quote or a line break. Quotes in it are doubled.
/// - BYTES are base64, BOOL is `true` or `false`, FLOAT64 is the shortest text that reads back as the same number, or
///   `NaN`, `Inf` or `-Inf`. STRUCT and ARRAY are JSON. Other values have the form of the value map in BigQueryRows.
///
/// ```swift
/// import RowFormats
///
/// func sink(for path: String) throws -> EncodedRowSink {
///     try EncodedRowSink(CSVEncoder(null: "NULL"), path: path)
/// }
/// ```
public struct CSVEncoder: RowEncoder {
    private let null: [UInt8]
    private var isBool: [Bool] = []

    /// Creates an encoder that writes NULL as an empty text.
    public init() { null = [] }

    /// Creates an encoder.
    ///
    /// - Parameter null: the text of NULL.
    /// - Throws: ``RowFormatError/Code/invalidNull`` if the text needs quotes.
    public init(null: String) throws(RowFormatError) {
        guard !Self.needsQuotes(null.utf8) else {
            throw RowFormatError(
                code: .invalidNull, message: "the text of NULL has a comma, a quote or a line break")
        }
        self.null = Array(null.utf8)
    }

    /// Whether a value contains a quote, a comma or a line break.
    private static func needsQuotes(_ value: some Collection<UInt8>) -> Bool {
        value.contains {
            $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r")
        }
    }

    /// The header line.
    public mutating func begin(_ schema: TableSchema) -> [UInt8] {
        isBool = schema.fields.map { $0.type == .bool && $0.mode != .repeated }
        var line: [UInt8] = []
        for (column, name) in schema.fields.distinctNames.enumerated() {
            if column > 0 { line.append(UInt8(ascii: ",")) }
            append(name.utf8, to: &line)
        }
        return line + [UInt8(ascii: "\n")]
    }

    /// One line per row.
    ///
    /// - Throws: ``RowFormatError`` with code `emptyLine` if the only column of a row is NULL and NULL is the empty
    ///   text, or `outOfOrder` if the page has other columns than ``begin(_:)`` got.
    public mutating func encode(_ page: RowPage) throws -> [UInt8] {
        try page.check(columnCount: isBool.count)
        var text: [UInt8] = []
        text.reserveCapacity(page.bytes.count + page.cells.count * 4)
        for row in 0..<page.rowCount {
            let start = text.count
            for (column, cell) in page.row(row).enumerated() {
                if column > 0 { text.append(UInt8(ascii: ",")) }
                append(cell, column, of: page, to: &text)
            }
            guard text.count > start else { throw Self.emptyLine(row: page.firstRow + Int64(row) + 1) }
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }

    private func append(_ cell: CellReference, _ column: Int, of page: RowPage, to text: inout [UInt8]) {
        switch cell.kind {
        case .null: text += null
        case .integer where isBool[column]: append((cell.integer != 0 ? "true" : "false").utf8, to: &text)
        case .integer, .double: append(cell.numberText.utf8, to: &text)
        case .text: append(page.bytes[cell.range], to: &text)
        case .blob: append(Data(page.bytes[cell.range]).base64EncodedData(), to: &text)
        }
    }

    /// Appends a value that is not NULL.
    private func append(_ value: some Collection<UInt8>, to text: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        guard value.isEmpty || Self.needsQuotes(value) || value.elementsEqual(null) else {
            text += value
            return
        }
        text.append(quote)
        for byte in value {
            if byte == quote { text.append(quote) }
            text.append(byte)
        }
        text.append(quote)
    }

    private static func emptyLine(row: Int64) -> RowFormatError {
        RowFormatError(
            code: .emptyLine,
            message: "row \(row): NULL in the only column is an empty line in CSV, which CSV readers skip")
    }
}
