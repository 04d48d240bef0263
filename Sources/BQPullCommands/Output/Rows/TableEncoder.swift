import BigQueryRows
import Foundation
import RowFormats
import TextSupport

/// Encodes rows as aligned columns: numbers to the right, everything else to the left.
///
/// The first rows determine the column widths. Wider values in later rows are truncated on a terminal, and break the
/// alignment elsewhere.
struct TableEncoder: RowEncoder {
    /// The width of the terminal; `nil` if lines are not truncated.
    let width: Int?
    private var fields: [TableSchema.Field] = []
    private var widths: [Int]?
    private var firstLines: [[String]] = []
    private var firstBytes = 0

    /// The number of rows that determine the widths, and their maximum size.
    private static let (sampleRows, sampleBytes) = (1_000, 4 << 20)
    /// The maximum width of a column on a terminal.
    private static let widestColumn = 40
    /// The maximum number of characters of a value that are examined for a terminal.
    private static let longestValue = 200

    init(width: Int?) {
        self.width = width
    }

    mutating func begin(_ schema: TableSchema) -> [UInt8] {
        fields = schema.fields
        return []
    }

    mutating func encode(_ page: RowPage) -> [UInt8] {
        var text: [UInt8] = []
        for row in 0..<page.rowCount {
            let line = zip(page.row(row), fields).map { value($0, $1, of: page) }
            if widths != nil {
                text += self.line(line).utf8
            } else {
                firstLines.append(line)
                firstBytes += line.reduce(0) { $0 + $1.utf8.count }
                if firstLines.count == Self.sampleRows || firstBytes > Self.sampleBytes { text += beginning() }
            }
        }
        return text
    }

    mutating func finish() -> [UInt8] { widths == nil ? beginning() : [] }

    /// A note about the columns that do not fit the terminal; `nil` if all do.
    var omission: String? {
        guard let width, let widths else { return nil }
        var (shown, used) = (0, -2)
        for column in widths {
            used += 2 + column
            if used > width { break }
            shown += 1
        }
        guard shown < widths.count else { return nil }
        let count = widths.count - shown
        return """
            … \(count) more \(count == 1 ? "column" : "columns"); \
            use --format csv, --format jsonl or --into FILE to get all columns
            """
    }

    /// The header and the buffered rows.
    private mutating func beginning() -> [UInt8] {
        let header = fields.distinctNames.map { printable($0, limit: limit) }
        let widths = fields.indices.map { column in
            let longest = ([header] + firstLines).map { TextWidth.of($0[column]) }.max() ?? 0
            return width == nil ? longest : min(longest, Self.widestColumn)
        }
        self.widths = widths
        let rule = widths.map { String(repeating: "─", count: $0) }
        let lines = [header, rule] + firstLines
        firstLines = []
        return Array(lines.map(line).joined().utf8)
    }

    private func line(_ values: [String]) -> String {
        let widths = widths ?? []
        var line = values.indices.map { column in
            let value = width == nil ? values[column] : TextWidth.cut(values[column], to: widths[column])
            let padding = String(repeating: " ", count: max(0, widths[column] - TextWidth.of(value)))
            return isNumber(fields[column]) ? padding + value : value + padding
        }.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return (width.map { TextWidth.cut(line, to: $0) } ?? line) + "\n"
    }

    private var limit: Int { width == nil ? .max : Self.longestValue }

    private func value(_ cell: CellReference, _ field: TableSchema.Field, of page: RowPage) -> String {
        switch cell.kind {
        case .null: "NULL"
        case .integer where field.type == .bool: cell.integer != 0 ? "true" : "false"
        case .integer, .double: cell.numberText
        case .text: printable(String(decoding: page.bytes[cell.range], as: UTF8.self), limit: limit)
        case .blob: Data(page.bytes[cell.range]).base64EncodedString()
        }
    }

    private func isNumber(_ field: TableSchema.Field) -> Bool {
        field.mode != .repeated && [.int64, .float64, .numeric, .bignumeric].contains(field.type)
    }
}
