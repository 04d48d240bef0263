import BigQueryRows
import GRDB
import GRDBSQLite

/// Puts the rows of a page into a table, all with one statement.
struct PageInsertion {
    /// The table that shows the rows, known to the connection.
    let pages: PageTable
    private let sql: String

    /// Prepares for rows that go from one table into the other.
    init(from pages: PageTable, into table: String) {
        self.pages = pages
        sql = "INSERT INTO \(SQLiteName.quoted(table)) SELECT * FROM \(SQLiteName.quoted(pages.name))"
    }

    /// Inserts all rows of the page.
    ///
    /// Throws the error of the first row that SQLite does not take, and `incomplete` if it stored fewer rows without an
    /// error. The caller's transaction undoes the others.
    func insert(_ page: RowPage, _ db: Database) throws {
        let statement = try db.cachedStatement(sql: sql)
        do {
            try pages.showing(page) { try statement.execute() }
        } catch let error as DatabaseError {
            throw failure(error, in: page, db)
        }
        guard db.changesCount == page.rowCount else {
            throw StagingError(
                code: .incomplete,
                message: """
                    \(db.changesCount) of \(page.rowCount) rows from row \(page.firstRow + 1) on were stored: another \
                    program has changed the table that they are staged in
                    """,
                hint: "run the same command again")
        }
    }

    private func failure(_ error: DatabaseError, in page: RowPage, _ db: Database) -> any Error {
        let row = pages.row
        let place = "row \(page.firstRow + Int64(row) + 1)"
        switch error.extendedResultCode {
        case .SQLITE_TOOBIG:
            let limit = Int(sqlite3_limit(db.sqliteConnection, SQLITE_LIMIT_LENGTH, -1))
            let column = page.firstColumn(of: row, longerThan: limit).map { ", column \($0 + 1)" } ?? ""
            return StagingError(
                code: .valueTooLarge,
                message: "\(place)\(column): longer than SQLite can store (SQLite error \(error.resultCode.rawValue))",
                cause: error)
        case .SQLITE_CONSTRAINT_NOTNULL:
            // "NOT NULL constraint failed: table.column", and the names of hidden tables have no dots.
            let name = error.message?.split(separator: ".", maxSplits: 1).last.map(String.init) ?? "?"
            return StagingError(
                code: .keyViolated, message: "\(place): key column \(name) is NULL",
                hint: "leave such rows out, or name other columns with --key", cause: error)
        default: return error
        }
    }
}

extension RowPage {
    /// The bytes of data in the cells: text and blobs by their length, a number as 8, NULL as 0.
    var dataByteCount: Int64 {
        var count = 0
        for cell in cells {
            switch cell.kind {
            case .null: break
            case .integer, .double: count += 8
            case .text, .blob: count += cell.range.count
            }
        }
        return Int64(count)
    }

    fileprivate func firstColumn(of row: Int, longerThan limit: Int) -> Int? {
        (0..<columnCount).first { column in
            let cell = cells[row * columnCount + column]
            return (cell.kind == .text || cell.kind == .blob) && cell.range.count > limit
        }
    }
}
