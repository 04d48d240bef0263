import Foundation
import GRDB

/// Computed rows: the expected cells of a staged table.
struct Truth: Sendable {
    /// The number of rows, numbered from 0.
    var rowCount: Int

    /// The difference between a table and the expected rows.
    struct Comparison: Equatable {
        var lost = 0
        var doubled = 0
        var altered = 0
    }

    /// A name that needs escapes and several bytes, an amount with all its digits, and a note that is sometimes NULL.
    static func cells(of row: Int) -> (id: Int, name: String, amount: String, note: String?) {
        let names = ["plain", "a \"quoted\" one", "back\\slash", "Grüße", "日本語", "🚲 \u{1F6B2}", "tab\tand more", ""]
        return (
            row, "\(names[row % names.count]) \(row)",
            "\(row * 7919).00000000\(row % 9 + 1)",
            row % 5 == 3 ? nil : "note \(row &* 2_654_435_761 % 1_000_003)"
        )
    }

    /// Writes the rows as a file for the emulator, with a schema file next to it.
    func write(to file: String) throws {
        var lines = ""
        for row in 0..<rowCount {
            let (id, name, amount, note) = Self.cells(of: row)
            var object: [String: Any] = ["id": id, "name": name, "amount": amount]
            if let note { object["note"] = note }
            let line = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
            lines += String(decoding: line, as: UTF8.self) + "\n"
        }
        try Data(lines.utf8).write(to: URL(filePath: file))
        let schema = """
            [{"name": "id", "type": "INTEGER"}, {"name": "name", "type": "STRING"},
             {"name": "amount", "type": "NUMERIC"}, {"name": "note", "type": "STRING"}]
            """
        try Data(schema.utf8).write(to: URL(filePath: file.replacing(".jsonl", with: ".schema.json")))
    }

    /// Compares a table of a staging database, in `rowid` order.
    func compare(_ db: Database, table: String) throws -> Comparison {
        var comparison = Comparison()
        var seen = Set<Int>()
        for row in try Row.fetchAll(db, sql: "SELECT id, name, amount, note FROM \(table.quotedDatabaseIdentifier)") {
            let id: Int = row["id"]
            let expected = Self.cells(of: id)
            if !seen.insert(id).inserted {
                comparison.doubled += 1
            } else if !(0..<rowCount).contains(id) || row["name"] != expected.name || row["amount"] != expected.amount
                || row["note"] != expected.note
            {
                comparison.altered += 1
            }
        }
        comparison.lost = rowCount - seen.count
        return comparison
    }
}
