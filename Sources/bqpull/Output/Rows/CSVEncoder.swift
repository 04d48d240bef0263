import BigQueryRows
import Foundation

/// Comma-separated values as RFC 4180 has them, with lines that end in LF.
///
/// NULL is nothing between two commas, an empty text is `""`. BYTES are base64, BOOL `true` and `false`.
struct CSVEncoder: RowEncoder {
    private var isBool: [Bool] = []

    mutating func begin(_ schema: TableSchema) -> [UInt8] {
        isBool = schema.fields.map { $0.type == .bool && $0.mode != .repeated }
        var line: [UInt8] = []
        for (column, field) in schema.fields.enumerated() {
            if column > 0 { line.append(UInt8(ascii: ",")) }
            Self.append(Array(field.name.utf8)[...], to: &line)
        }
        return line + [UInt8(ascii: "\n")]
    }

    mutating func encode(_ page: RowPage) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(page.bytes.count + page.cells.count * 4)
        for row in 0..<page.rowCount {
            for (column, cell) in page.row(row).enumerated() {
                if column > 0 { text.append(UInt8(ascii: ",")) }
                append(cell, column, of: page, to: &text)
            }
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }

    private func append(_ cell: CellReference, _ column: Int, of page: RowPage, to text: inout [UInt8]) {
        switch cell.kind {
        case .null: break
        case .integer where isBool[column]: text += (cell.integer != 0 ? "true" : "false").utf8
        case .integer, .double: text += cell.numberText.utf8
        case .text: Self.append(page.bytes[cell.range], to: &text)
        case .blob where cell.range.isEmpty: text += "\"\"".utf8
        case .blob: text += Data(page.bytes[cell.range]).base64EncodedData()
        }
    }

    private static func append(_ value: ArraySlice<UInt8>, to text: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        guard value.isEmpty || value.contains(where: { [quote, 0x2C, 0x0A, 0x0D].contains($0) }) else {
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
}
