import GRDB
import GRDBSQLite

/// A table in a SQLite database. Declared types with a BigQuery name map to that type; others follow SQLite's affinity
/// rules.
struct SQLiteFile: TableFile {
    let path: String
    let table: String

    func guessFields() throws -> [SchemaField] {
        try read { database in
            try database.columns(in: table).map { column in
                SchemaField(name: column.name, type: Self.type(column.type.uppercased()))
            }
        }
    }

    private static func type(_ declared: String) -> GoogleSQLType {
        if let type = GoogleSQLType(name: declared), type != .structure { return type }
        if declared.contains("INT") { return .int64 }
        if ["REAL", "FLOA", "DOUB"].contains(where: declared.contains) { return .float64 }
        return declared == "BLOB" ? .bytes : .string
    }

    func readRows(_ fields: [SchemaField], _ body: ([SQLValue]) throws -> Void) throws {
        try read { database in
            let columns = fields.map(\.name.quotedIdentifier).joined(separator: ", ")
            let statement = try database.makeStatement(sql: "SELECT \(columns) FROM \(table.quotedIdentifier)")
            let handle = statement.sqliteStatement
            defer { sqlite3_reset(handle) }
            var number = 0
            while sqlite3_step(handle) == SQLITE_ROW {
                number += 1
                do {
                    try body(try fields.indices.map { try SQLValue(handle, column: Int32($0), field: fields[$0]) })
                } catch let error as ValueError {
                    throw EmulatorError.invalidData(path, "row \(number): \(error)")
                }
            }
        }
    }

    private func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        do {
            var configuration = Configuration()
            configuration.readonly = true
            return try DatabaseQueue(path: path, configuration: configuration).read(body)
        } catch let error as DatabaseError {
            throw EmulatorError.invalidData(path, "table \(table): \(error.message ?? "\(error.resultCode)")")
        }
    }
}
