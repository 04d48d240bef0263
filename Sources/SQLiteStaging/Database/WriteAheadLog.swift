import CSQLiteShim
import GRDB
import GRDBSQLite

/// When the pages of the write-ahead log are written back into the file.
///
/// Left to itself, SQLite does that after commits and in closing, says nothing of a failure, and tries again later.
/// But a system forgets what it could not sync, and its next sync succeeds: the file would get pages whose log
/// is lost with the power. So pages are written back here, and after a failure of the disk not at all. The next
/// process reads the log as far as it is whole.
enum WriteAheadLog {
    /// In bytes. SQLite's own rule is 1,000 pages, which are 4 MB by default; each time costs two waits for the disk.
    private static let large = 16 << 20

    /// Takes the rule over from SQLite.
    static func takeOver(_ db: Database) throws {
        try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
    }

    /// Writes the log back if much was written since the last time.
    static func writeBackIfLarge(_ db: Database) throws {
        let pageSize = try Int.fetchOne(db.cachedStatement(sql: "PRAGMA page_size")) ?? 0
        guard Int(pagesWritten(db, reset: false)) * pageSize >= large else { return }
        try writeBack(db)
        _ = pagesWritten(db, reset: true)
    }

    /// Writes the log back as far as nobody reads the pages that it would replace.
    static func writeBack(_ db: Database) throws {
        guard !isAbandoned(db) else { return }
        do {
            try db.checkpoint(.passive)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            // Another process is at it.
        }
    }

    /// Leaves the log to the next process, also in closing.
    static func abandon(_ db: Database) {
        _ = bqpull_sqlite3_keep_log(db.sqliteConnection, 1)
    }

    /// Whether the log is left to the next process.
    static func isAbandoned(_ db: Database) -> Bool {
        bqpull_sqlite3_keep_log(db.sqliteConnection, -1) != 0
    }

    private static func pagesWritten(_ db: Database, reset: Bool) -> Int32 {
        var (pages, highest): (Int32, Int32) = (0, 0)
        sqlite3_db_status(db.sqliteConnection, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &highest, reset ? 1 : 0)
        return pages
    }
}
