import Foundation

/// Columns of text, aligned at the right.
struct TextTable {
    var header: [String]
    var rows: [[String]]

    /// One line for the header and each row, with two spaces between columns.
    var text: String {
        let lines = [header] + rows
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            zip(line, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ") + "\n"
        }.joined()
    }
}
