import CSQLiteShim
import Dispatch
import Foundation
import GRDB
import GRDBSQLite

/// The one connection to a staging database.
final class StagingConnection: Sendable {
    private let queue: DatabaseQueue
    private let file: StagingFile
    private let wait: BusyWait
    private let path: String
    /// Measures how long work takes.
    let clock: any Clock<Duration>

    private init(
        queue: DatabaseQueue, file: StagingFile, wait: BusyWait, path: String, clock: any Clock<Duration>
    ) {
        self.queue = queue
        self.file = file
        self.wait = wait
        self.path = path
        self.clock = clock
    }

    /// Opens the database and lets `check` look at it, and refuse it, before anything is written.
    ///
    /// - Parameter creating: whether a file that is not there is created.
    static func open<Checked: Sendable>(
        path: String, busyTimeout: Duration, creating: Bool = true,
        clock: any Clock<Duration> = ContinuousClock(),
        check: @escaping @Sendable (StagingFile, Database) throws -> Checked
    ) async throws -> (StagingConnection, Checked) {
        let wait = BusyWait(limit: busyTimeout)
        return try await attempt(path: path, wait: wait, opening: true) {
            let file = try StagingFile(path, creating: creating)
            do {
                let queue = try DatabaseQueue(path: file.path, configuration: configuration(wait: wait))
                let checked = try access(queue) { db in
                    try refuseReadOnly(db, path: path)
                    return try check(file, db)
                }
                let connection = StagingConnection(queue: queue, file: file, wait: wait, path: path, clock: clock)
                return (connection, checked)
            } catch {
                // Who is in the table has made the file a database by now, or is about to.
                if (error as? StagingError)?.code != .targetInUse, file.size == 0 { file.removeIfNew() }
                throw error
            }
        }
    }

    /// The size of a new file's pages, in bytes. About the fastest for narrow rows, and far faster than SQLite's
    /// 4096 for wide ones (`Benchmarks/RESULTS.md`): a page of the log takes two system calls however large it is.
    private static let pageSize = 32768

    /// Makes what runs need: bqpull's own tables and the journal mode. A file that was created for nothing is removed.
    ///
    /// - Parameter settle: what is to be done to the tables in the same transaction.
    func prepareForRuns(_ settle: @escaping @Sendable (Database) throws -> Void = { _ in }) async throws {
        try await Self.attempt(path: path, wait: wait, opening: true) { [queue, file] in
            do {
                try Self.access(queue) { db in
                    // Does nothing to a file that has pages already.
                    try db.execute(sql: "PRAGMA page_size = \(Self.pageSize)")
                    try db.inTransaction(.immediate) {
                        try ControlTables.prepare(db)
                        try settle(db)
                        try JournalMode.remember(db)
                        return .commit
                    }
                    try JournalMode.enter(db)
                }
            } catch {
                try? queue.close()
                file.removeIfNew()
                throw error
            }
        }
    }

    private static func configuration(wait: BusyWait) -> Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .callback { wait.sleep(beforeTry: $0) }
        configuration.prepareDatabase { db in
            let result = bqpull_sqlite3_enable_defensive(db.sqliteConnection)
            guard result == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: result)) }
            try WriteAheadLog.takeOver(db)
            try db.execute(sql: "PRAGMA trusted_schema = OFF")
            // Some distributions build SQLite to write every dropped page a second time, as zeros.
            try db.execute(sql: "PRAGMA secure_delete = OFF")
            // Without it, renaming a table rewrites the views that read it, and fails if any view is broken.
            try db.execute(sql: "PRAGMA legacy_alter_table = ON")
        }
        return configuration
    }

    /// SQLite opens a file that it may not write for reading, and says nothing.
    private static func refuseReadOnly(_ db: Database, path: String) throws {
        guard sqlite3_db_readonly(db.sqliteConnection, "main") == 0 else {
            throw StagingError(
                code: .databaseUnusable, message: "\(path) cannot be written",
                hint: "check the permissions of the file")
        }
    }

    /// Runs `work` in a transaction that holds the write lock from the start.
    ///
    /// Nothing is committed to a file that was removed or replaced meanwhile. A transaction that has begun is
    /// finished even if the task is cancelled; waiting for a lock is not.
    ///
    /// - Parameters:
    ///   - durably: whether the transaction, and all before it, is on the disk when this returns. Else a power failure
    ///     may undo the last ones.
    ///   - patience: how long to wait for another process's lock, if that is less than usual.
    func write<T: Sendable>(
        durably: Bool = false, patience: Duration? = nil, _ work: @escaping @Sendable (Database) throws -> T
    ) async throws -> T {
        try await Self.attempt(path: path, wait: wait, patience: patience, opening: false) { [queue, file] in
            try Self.access(queue) { db in
                // Before the transaction, so that no error of it hides a commit.
                try durably ? JournalMode.syncEveryTransaction(db) : WriteAheadLog.writeBackIfLarge(db)
                let result = try Self.transaction(db) {
                    let result = try work(db)
                    try file.requirePresence()
                    return result
                }
                if durably { try? JournalMode.syncRarely(db) }
                return result
            }
        }
    }

    private static func transaction<T>(_ db: Database, _ body: () throws -> T) throws -> T {
        try db.beginTransaction(.immediate)
        do {
            let result = try body()
            try db.commit()
            return result
        } catch {
            try? db.rollback()
            throw error
        }
    }

    /// Gives the file its journal mode back and closes it; after a failure of the disk, only closes it.
    func closeAfterRuns() async throws {
        try await Self.attempt(path: path, wait: wait, opening: false) { [queue] in
            let settled = Result {
                try Self.access(queue) { db in
                    guard !WriteAheadLog.isAbandoned(db) else { return }
                    try JournalMode.restore(db)
                    try WriteAheadLog.writeBack(db)
                }
            }
            try queue.close()
            try settled.get()
        }
    }

    /// Closes the file.
    func close() async throws {
        try await Self.attempt(path: path, wait: wait, opening: false) { [queue] in try queue.close() }
    }

    /// Runs `body` on the connection. A failure of the disk is the end of writing back the log.
    private static func access<T>(_ queue: DatabaseQueue, _ body: (Database) throws -> T) throws -> T {
        try queue.writeWithoutTransaction { db in
            do {
                return try body(db)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_IOERR {
                WriteAheadLog.abandon(db)
                throw error
            }
        }
    }

    /// Runs `work`, which blocks, on a thread of its own, and puts SQLite's errors into words.
    ///
    /// A serial queue, because only those get threads beside the ones that Swift's cooperative pool lives on.
    private static func attempt<T: Sendable>(
        path: String, wait: BusyWait, patience: Duration? = nil, opening: Bool,
        _ work: @escaping @Sendable () throws -> T
    ) async throws -> T {
        wait.reset(limit: patience)
        do {
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    DispatchQueue(label: "SQLiteStaging").async {
                        continuation.resume(with: Result(catching: work))
                    }
                }
            } onCancel: {
                wait.giveUp()
            }
        } catch let error as DatabaseError {
            if error.resultCode == .SQLITE_BUSY { try Task.checkCancellation() }
            throw StagingError(error, path: path, opening: opening)
        }
    }
}
