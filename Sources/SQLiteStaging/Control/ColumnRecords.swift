import BigQueryRows
import GRDB

/// The records in `_bqpull_columns` of the BigQuery columns behind one table.
enum ColumnRecords {
    /// The columns of a table when a run created it; `nil` if no run did.
    static func read(table: String, _ db: Database) throws -> [TargetTable.Column]? {
        guard try db.tableExists("_bqpull_columns") else { return nil }
        // Records changed by another program do not describe a managed table.
        let columns = try Row.fetchAll(
            db,
            sql: """
                SELECT CAST(column_name AS TEXT), CAST(declared_type AS TEXT), is_key IS 1 FROM _bqpull_columns
                WHERE table_name = ? AND column_name IS NOT NULL AND declared_type IS NOT NULL ORDER BY position
                """, arguments: [table]
        ).map { TargetTable.Column(name: $0[0], type: $0[1], isRequired: $0[2]) }
        return columns.isEmpty ? nil : columns
    }

    /// Replaces the records of a table, in the order of its columns.
    static func write(_ columns: [HiddenTable.Column], table: String, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM _bqpull_columns WHERE table_name = ?", arguments: [table])
        for (position, column) in columns.enumerated() {
            try db.execute(
                sql: "INSERT INTO _bqpull_columns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    table, position, column.name, column.type.rawValue,
                    column.field.name, column.field.type.name, column.field.mode.rawValue,
                    column.field.description,
                    try ControlTables.json(column.field), column.isKey,
                ])
        }
    }
}
