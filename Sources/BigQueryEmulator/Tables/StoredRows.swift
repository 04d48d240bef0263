import GRDB
import GRDBSQLite

/// Rows in a table of the emulator's SQLite database, numbered from 1 by `rowid`.
struct StoredRows: RowSource {
    let database: DatabasePool
    let sqliteName: String
    let fields: [Field]
    let rowCount: Int64
    let logicalBytes: Int64

    /// Names of tables are not used twice, and rows do not change.
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
                let row = try fields.indices.map { try Value(handle, column: Int32($0), field: fields[$0]) }
                guard page.take(row) else { break }
            }
            return page
        }
    }
}
