import GRDB
import GRDBSQLite

/// Inserts rows into a table of the emulator's database.
struct RowWriter {
    private let database: Database
    private let statement: Statement
    private let fields: [Field]

    init(table: String, fields: [Field], in database: Database) throws {
        let places = fields.map { _ in "?" }.joined(separator: ", ")
        self.database = database
        self.fields = fields
        statement = try database.makeStatement(sql: "INSERT INTO \(table) VALUES (\(places))")
    }

    func write(_ row: [Value]) throws {
        let handle = statement.sqliteStatement
        for (index, field) in fields.enumerated() { row[index].bind(to: handle, at: Int32(index + 1), field: field) }
        defer { sqlite3_reset(handle) }
        guard sqlite3_step(handle) == SQLITE_DONE else {
            throw DatabaseError(resultCode: database.lastErrorCode, message: database.lastErrorMessage)
        }
    }
}
