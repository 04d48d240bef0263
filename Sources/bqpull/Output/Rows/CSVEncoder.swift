import BigQueryRows
import Foundation

/// Comma-separated values as RFC 4180 has them, with lines that end in LF.
///
/// NULL is a text without quotes, by default nothing between two commas. A value of the same text is quoted, so that an
/// empty text is `""`. BYTES are base64, BOOL `true` and `false`.
struct CSVEncoder: RowEncoder {
    private let null: [UInt8]
    private var isBool: [Bool] = []

    /// - Parameter null: the text of NULL, one that ``needsQuotes(_:)`` does not hold for.
    init(null: String) {
        self.null = Array(null.utf8)
    }

    /// Whether a value of this text stands in quotes for the characters in it.
    static func needsQuotes(_ value: some Collection<UInt8>) -> Bool {
        value.contains {
            $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r")
        }
    }

    mutating func begin(_ schema: TableSchema) -> [UInt8] {
        isBool = schema.fields.map { $0.type == .bool && $0.mode != .repeated }
        var line: [UInt8] = []
        for (column, name) in schema.fields.distinctNames.enumerated() {
            if column > 0 { line.append(UInt8(ascii: ",")) }
            append(name.utf8, to: &line)
        }
        return line + [UInt8(ascii: "\n")]
    }

    mutating func encode(_ page: RowPage) throws(CommandError) -> [UInt8] {
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

    private static func emptyLine(row: Int64) -> CommandError {
        CommandError(
            identifier: "emptyLine",
            message: "row \(row): NULL in the only column is an empty line in CSV, which readers of CSV skip",
            exitStatus: .badData, hint: "name a text for NULL with --null TEXT, or write --format jsonl")
    }
}
