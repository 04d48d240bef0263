import BigQueryRows
import Foundation
import GRDB

/// The records in `_bqpull_columns` of the BigQuery columns behind one table.
enum ColumnRecords {
    /// The columns that bqpull made the table with; `nil` if it did not make it.
    static func read(table: String, _ db: Database) throws -> [TargetTable.Column]? {
        let exists = try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = '_bqpull_columns')")
        guard exists == true else { return nil }
        let columns = try Row.fetchAll(
            db,
            sql: """
                SELECT column_name, declared_type FROM _bqpull_columns WHERE table_name = ? ORDER BY position
                """,
            arguments: [table]
        ).map { TargetTable.Column(name: $0[0], type: $0[1], isPlain: true) }
        return columns.isEmpty ? nil : columns
    }

    /// Replaces the records of a table.
    static func write(_ staged: StagedTable, table: String, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM _bqpull_columns WHERE table_name = ?", arguments: [table])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        for (position, column) in staged.columns.enumerated() {
            try db.execute(
                sql: "INSERT INTO _bqpull_columns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    table, position, column.name, column.type.rawValue,
                    column.field.name, column.field.type.name, column.field.mode.rawValue,
                    column.field.description,
                    String(decoding: try encoder.encode(column.field), as: UTF8.self),
                ])
        }
    }
}
