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
                    try body(try fields.indices.map { try value(handle, column: $0, field: fields[$0]) })
                } catch let error as ValueError {
                    throw EmulatorError.invalidData(path, "row \(number): \(error)")
                }
            }
        }
    }

    /// Reads a value. Dates and times get their canonical form, by which the emulator compares them.
    private func value(_ statement: OpaquePointer?, column: Int, field: SchemaField) throws -> SQLValue {
        let value = try SQLValue(statement, column: Int32(column), field: field)
        guard case .text(let text) = value, field.mode != .repeated,
            [.date, .time, .datetime].contains(field.type)
        else { return value }
        return try SQLValue(text: text, field: field)
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
