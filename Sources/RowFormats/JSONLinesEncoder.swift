public import BigQueryRows
import Foundation

/// One JSON object per line, in the form of a STRUCT in a staging table. The text is UTF-8; lines end in LF.
///
/// NULL is `null`. INT64 and FLOAT64 are numbers (`"NaN"`, `"Inf"` and `"-Inf"` are strings), BOOL is `true` or
/// `false`, BYTES are base64; STRUCT, ARRAY and JSON are embedded; all other types are strings.
///
/// ```swift
/// import RowFormats
///
/// let sink = EncodedRowSink(JSONLinesEncoder(), path: "orders.jsonl")
/// ```
public struct JSONLinesEncoder: RowEncoder {
    private enum Form {
        case bool, json, text
    }

    /// The name of each column with its punctuation, and the form of its cells.
    private var columns: [(key: [UInt8], form: Form)] = []

    /// Creates an encoder.
    public init() {}

    /// No bytes.
    public mutating func begin(_ schema: TableSchema) -> [UInt8] {
        columns = zip(schema.fields, schema.fields.distinctNames).enumerated().map { place, column in
            let (field, name) = column
            var key = Array((place == 0 ? "{" : ",").utf8)
            JSONWriter.append(string: name.utf8, to: &key)
            return (key + [UInt8(ascii: ":")], Self.form(field))
        }
        return []
    }

    private static func form(_ field: TableSchema.Field) -> Form {
        if field.mode == .repeated { return .json }
        return switch field.type {
        case .bool: .bool
        case .structure, .json: .json
        default: .text
        }
    }

    /// One object per row.
    ///
    /// - Throws: ``RowFormatError`` with code `outOfOrder` if the page has other columns than ``begin(_:)`` got.
    public mutating func encode(_ page: RowPage) throws -> [UInt8] {
        try page.check(columnCount: columns.count)
        var text: [UInt8] = []
        text.reserveCapacity(page.bytes.count + page.cells.count * 16)
        for row in 0..<page.rowCount {
            for (cell, column) in zip(page.row(row), columns) {
                text += column.key
                append(cell, column.form, of: page, to: &text)
            }
            text += (columns.isEmpty ? "{}\n" : "}\n").utf8
        }
        return text
    }

    private func append(_ cell: CellReference, _ form: Form, of page: RowPage, to text: inout [UInt8]) {
        switch cell.kind {
        case .null: text += "null".utf8
        case .integer where form == .bool: text += (cell.integer != 0 ? "true" : "false").utf8
        case .double where cell.double.isInfinite: text += "\"\(cell.numberText)\"".utf8
        case .integer, .double: text += cell.numberText.utf8
        // Line breaks in JSON are whitespace between its tokens.
        case .text where form == .json: text += page.bytes[cell.range].map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
        case .text: JSONWriter.append(string: page.bytes[cell.range], to: &text)
        case .blob:
            text.append(UInt8(ascii: "\""))
            text += Data(page.bytes[cell.range]).base64EncodedData()
            text.append(UInt8(ascii: "\""))
        }
    }
}
