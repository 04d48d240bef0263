import CSQLiteShim
import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// Checkpoints of the write-ahead log: its pages are written back into the file.
///
/// SQLite's automatic checkpoints, after commits and on closing, do not report failures and are tried again later. But
/// after a failed sync the system can drop the data, and the next sync succeeds: the file would get pages whose log is
/// lost in a power failure. Checkpoints therefore run here, and never after a failure of the disk. The next process reads
/// the log up to its first incomplete page.
enum WriteAheadLog {
    /// The bytes after which a checkpoint runs. SQLite's default is 1,000 pages of 4 KB; each checkpoint syncs twice.
    private static let large = 16 << 20

    /// Disables automatic checkpoints.
    static func disableAutomaticCheckpoints(_ db: Database) throws {
        try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
    }

    /// Writes the log back if 16 MiB have been written since the last checkpoint.
    static func writeBackIfLarge(_ db: Database, _ log: LogGuard, of path: String) throws {
        guard Int(pagesWritten(db, reset: false)) * (try pageSize(db)) >= large else { return }
        try writeBack(db, log, of: path)
        _ = pagesWritten(db, reset: true)
    }

    /// Writes the log back, except for pages whose old version a reader needs.
    ///
    /// Throws `corrupt` if another program has truncated the log.
    static func writeBack(_ db: Database, _ log: LogGuard, of path: String) throws {
        guard !isAbandoned(db) else { return }
        try log.requireWhole(db, of: path)
        do {
            let pages = try db.checkpoint(.passive).walFrameCount
            if pages > 0 { try requireLog(ofSize: size(of: path), pages: pages, pageSize(db), path: path) }
        } catch let error as DatabaseError where error.isBusy {
            // Another process is running a checkpoint.
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

    /// The size in bytes of a log with this number of pages, including the headers of the log and of each page.
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
            message: "\(path)-wal was truncated by another program; committed rows are lost", detail: .truncatedLog)
    }

    /// Leaves the log to the next process, even on closing.
    static func abandon(_ db: Database) {
        _ = bqpull_sqlite3_keep_log(db.sqliteConnection, 1)
    }

    /// Whether the log is left to the next process.
    static func isAbandoned(_ db: Database) -> Bool {
        bqpull_sqlite3_keep_log(db.sqliteConnection, -1) != 0
    }

    /// The number of page writes by this connection since the last reset.
    static func pagesWritten(_ db: Database, reset: Bool = false) -> Int32 {
        var (pages, highest): (Int32, Int32) = (0, 0)
        sqlite3_db_status(db.sqliteConnection, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &highest, reset ? 1 : 0)
        return pages
    }
}

/// Detects that another program has truncated the log of an open database.
///
/// SQLite does not: it continues to write after the end, and would later write the gap into the file as pages of zeros.
///
/// A class, because SQLite keeps its address for the hook.
final class LogGuard: Sendable {
    /// The pages in the log after the last commit of the connection; 0 if it is not in WAL mode.
    private let pages = Atomic<Int32>(0)

    /// Starts counting.
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

    /// Throws `corrupt` if another program has truncated the log since the last commit of the connection. To be called
    /// before a checkpoint.
    func requireWhole(_ db: Database, of path: String) throws {
        let expected = Int(pages.load(ordering: .relaxed))
        let pageSize = try WriteAheadLog.pageSize(db)
        guard expected > 0, WriteAheadLog.size(of: path) < WriteAheadLog.sizeOfLog(pages: expected, pageSize) else {
            return
        }
        // Another connection can have restarted the log after a checkpoint. A commit shows where it continues.
        try committing(db, of: path) {
            try db.execute(
                sql: "INSERT INTO _bqpull_meta VALUES ('log', 0); DELETE FROM _bqpull_meta WHERE key = 'log'")
        }
    }

    /// Commits `body` as a transaction.
    ///
    /// Throws `corrupt` if the log was truncated before: it contains this transaction, but not the previous ones.
    func committing<T>(_ db: Database, of path: String, _ body: () throws -> T) throws -> T {
        try db.beginTransaction(.immediate)
        // From here on no other process can restart the log.
        let (size, written) = (WriteAheadLog.size(of: path), WriteAheadLog.pagesWritten(db))
        pages.store(0, ordering: .relaxed)
        let result: T
        do {
            result = try body()
            try db.commit()
        } catch {
            // Fails after errors for which SQLite has rolled back already. The first error is the cause.
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
