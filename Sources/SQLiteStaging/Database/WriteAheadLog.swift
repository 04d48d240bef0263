import CSQLiteShim
import Foundation
import GRDB
import GRDBSQLite
import Synchronization

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
    static func writeBackIfLarge(_ db: Database, _ log: LogGuard, of path: String) throws {
        guard Int(pagesWritten(db, reset: false)) * (try pageSize(db)) >= large else { return }
        try writeBack(db, log, of: path)
        _ = pagesWritten(db, reset: true)
    }

    /// Writes the log back, except for pages that a reader still needs in their old form.
    ///
    /// Throws `corrupt` if another program has truncated the log.
    static func writeBack(_ db: Database, _ log: LogGuard, of path: String) throws {
        guard !isAbandoned(db) else { return }
        try log.requireWhole(db, of: path)
        do {
            let pages = try db.checkpoint(.passive).walFrameCount
            if pages > 0 { try requireLog(ofSize: size(of: path), pages: pages, pageSize(db), path: path) }
        } catch let error as DatabaseError where error.isBusy {
            // Another process is at it.
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_IOERR_SHORT_READ {
            abandon(db)
            throw truncated(path)
        }
    }

    /// Throws `corrupt` if the log is shorter than its pages need.
    static func requireLog(ofSize size: Int, pages: Int, _ pageSize: Int, path: String) throws {
        guard size < sizeOfLog(pages: pages, pageSize) else { return }
        throw truncated(path)
    }

    /// The size of a log of so many pages in bytes, with the headers of the log and of each page.
    static func sizeOfLog(pages: Int, _ pageSize: Int) -> Int { 32 + pages * (24 + pageSize) }

    /// The size of the log in bytes; 0 if it does not exist.
    static func size(of path: String) -> Int {
        var status = stat()
        return stat(path + "-wal", &status) == 0 ? Int(status.st_size) : 0
    }

    static func pageSize(_ db: Database) throws -> Int {
        try Int.fetchOne(db.cachedStatement(sql: "PRAGMA page_size")) ?? 0
    }

    private static func truncated(_ path: String) -> StagingError {
        StagingError(
            code: .corrupt,
            message: "\(path)-wal was truncated by another program; rows that were committed are lost",
            hint: "leave the files next to the database alone, and run the same command again")
    }

    /// Leaves the log to the next process, also in closing.
    static func abandon(_ db: Database) {
        _ = bqpull_sqlite3_keep_log(db.sqliteConnection, 1)
    }

    /// Whether the log is left to the next process.
    static func isAbandoned(_ db: Database) -> Bool {
        bqpull_sqlite3_keep_log(db.sqliteConnection, -1) != 0
    }

    /// The pages that this connection has written since they were last reset, each time that it wrote them.
    static func pagesWritten(_ db: Database, reset: Bool = false) -> Int32 {
        var (pages, highest): (Int32, Int32) = (0, 0)
        sqlite3_db_status(db.sqliteConnection, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &highest, reset ? 1 : 0)
        return pages
    }
}

/// Notices that another program has truncated the log of an open database.
///
/// SQLite does not: it goes on behind the end, and would later write the gap into the file as pages of zeros.
final class LogGuard: Sendable {
    /// The pages in the log after the last commit of the connection; 0 if it is not in WAL mode.
    private let pages = Atomic<Int32>(0)

    /// Begins to count.
    func watch(_ db: Database) {
        // The connection does not outlive the guard that its owner holds.
        sqlite3_wal_hook(
            db.sqliteConnection,
            { context, _, _, pages in
                if let context {
                    Unmanaged<LogGuard>.fromOpaque(context).takeUnretainedValue().pages.store(pages, ordering: .relaxed)
                }
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Stops counting when the file leaves WAL mode, which removes the log.
    func forget() { pages.store(0, ordering: .relaxed) }

    /// Throws `corrupt` if another program has truncated the log since the last commit of the connection, before a part of
    /// it is written back into the file.
    func requireWhole(_ db: Database, of path: String) throws {
        let expected = Int(pages.load(ordering: .relaxed))
        let pageSize = try WriteAheadLog.pageSize(db)
        guard expected > 0, WriteAheadLog.size(of: path) < WriteAheadLog.sizeOfLog(pages: expected, pageSize) else {
            return
        }
        // Another connection can have begun the log again after it was written back. A commit shows where it continues.
        try committing(db, of: path) {
            try db.execute(
                sql: "INSERT INTO _bqpull_meta VALUES ('log', 0); DELETE FROM _bqpull_meta WHERE key = 'log'")
        }
    }

    /// Commits a transaction that `body` carries out after it has begun.
    ///
    /// Throws `corrupt` if the log was truncated before: the transaction is in it, but not the ones before.
    func committing<T>(_ db: Database, of path: String, _ body: () throws -> T) throws -> T {
        try db.beginTransaction(.immediate)
        // From here on no other process can begin the log again.
        let (size, written) = (WriteAheadLog.size(of: path), WriteAheadLog.pagesWritten(db))
        pages.store(0, ordering: .relaxed)
        let result: T
        do {
            result = try body()
            try db.commit()
        } catch {
            try? db.rollback()
            throw error
        }
        let earlier = Int(pages.load(ordering: .relaxed) - (WriteAheadLog.pagesWritten(db) - written))
        guard earlier > 0 else { return result }
        do {
            try WriteAheadLog.requireLog(ofSize: size, pages: earlier, WriteAheadLog.pageSize(db), path: path)
        } catch {
            WriteAheadLog.abandon(db)
            throw error
        }
        return result
    }
}
