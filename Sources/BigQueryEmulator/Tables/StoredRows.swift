import GRDB
import GRDBSQLite

/// Rows of a table in the emulator's SQLite database, numbered by `rowid` from 1.
struct StoredRows: RowSource {
    let database: DatabasePool
    let sqliteName: String
    let fields: [SchemaField]
    let rowCount: Int64
    let logicalBytes: Int64

    /// Table names are never reused, and rows never change.
    var identity: String { sqliteName }

    func fill(_ page: RowCollector, from start: Int64) async throws -> RowCollector {
        try await database.read { [sqliteName, fields] database in
            var page = page
            let statement = try database.makeStatement(
                sql: "SELECT * FROM \(sqliteName) WHERE rowid > ? ORDER BY rowid")
            try statement.setArguments([start])
            let handle = statement.sqliteStatement
            defer { sqlite3_reset(handle) }
            while sqlite3_step(handle) == SQLITE_ROW {
                let row = try fields.indices.map { try SQLValue(handle, column: Int32($0), field: fields[$0]) }
                guard page.take(row) else { break }
            }
            return page
        }
    }
}

/// Inserts rows into a table of the emulator's SQLite database.
struct RowWriter {
    private let database: Database
    private let statement: Statement
    private let fields: [SchemaField]

    init(table: String, fields: [SchemaField], in database: Database) throws {
        let places = fields.map { _ in "?" }.joined(separator: ", ")
        self.database = database
        self.fields = fields
        statement = try database.makeStatement(sql: "INSERT INTO \(table) VALUES (\(places))")
    }

    func write(_ row: [SQLValue]) throws {
        let handle = statement.sqliteStatement
        for (index, field) in fields.enumerated() { row[index].bind(to: handle, at: Int32(index + 1), field: field) }
        defer { sqlite3_reset(handle) }
        guard sqlite3_step(handle) == SQLITE_DONE else {
            throw DatabaseError(resultCode: database.lastErrorCode, message: database.lastErrorMessage)
        }
    }
}
