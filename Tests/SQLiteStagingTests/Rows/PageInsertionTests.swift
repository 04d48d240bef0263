import BigQueryRows
import GRDB
import GRDBSQLite
import Testing

@testable import SQLiteStaging

@Suite struct PageInsertionTests {
    /// The length of a row includes a header.
    @Test(arguments: [(900, nil), (1001, "row 9, column 2"), (990, "row 9: ")])
    func namesTheRowAndColumnOfAValueThatIsTooLong(_ length: Int, _ place: String?) throws {
        try DatabaseQueue().write { db in
            try db.execute(sql: "CREATE TABLE t (n, s)")
            let insertion = PageInsertion(columnCount: 2, into: "t")
            try insertion.register(in: db)
            sqlite3_limit(db.sqliteConnection, SQLITE_LIMIT_LENGTH, 1000)
            let text = CellValue.text(String(repeating: "x", count: length))
            let page = RowPage(firstRow: 7, columns: 2, [[.null, .text("fits")], [.integer(.max), text]])
            do {
                try insertion.insert(page, db)
                #expect(place == nil)
            } catch let error as StagingError {
                #expect(error.code == .valueTooLarge)
                #expect(error.message.hasPrefix(place ?? "no error"), "\(error.message)")
            }
        }
    }
}
