import CSQLiteShim
import Dispatch
import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// The one connection to a staging database, which opens the file if it is there, and creates it for the first run.
final class StagingConnection: Sendable {
    /// An open file.
    private struct Opened: Sendable {
        let file: StagingFile
        let queue: DatabaseQueue
        let log: LogGuard
    }

    /// The database as the user named it, for messages.
    private let path: String
    private let absolutePath: String
    private let wait: BusyWait
    private let opened = Mutex<Opened?>(nil)
    /// A serial queue, because only those get threads besides the ones that Swift's cooperative pool lives on.
    private let thread = DispatchQueue(label: "SQLiteStaging")
    /// Measures how long work takes.
    let clock: any Clock<Duration>

    private init(path: String, _ options: StagingOptions) throws {
        self.path = path
        clock = options.clock
        let absolute = try StagingFile.absolutePath(path)
        absolutePath = absolute
        wait = BusyWait(limit: options.lockTimeout) { options.onLockWait(LockWait(of: absolute)) }
    }

    /// Opens the database if it is there, and lets `check` inspect and reject it before anything is written.
    ///
    /// - Parameters:
    ///   - isWritten: whether a database that cannot be written is rejected.
    ///   - check: gets `nil` if there is no file.
    static func open<Checked: Sendable>(
        path: String, _ options: StagingOptions, isWritten: Bool = true,
        check: @escaping @Sendable ((file: StagingFile, db: Database)?) throws -> Checked
    ) async throws -> (StagingConnection, Checked) {
        let connection = try StagingConnection(path: path, options)
        let checked = try await connection.perform(opening: true) {
            guard let file = try StagingFile.find(path) else { return try check(nil) }
            return try connection.open(file, isWritten: isWritten) { db in try check((file, db)) }
        }
        return (connection, checked)
    }

    /// Opens a file; it is closed again if `check` throws.
    private func open<Checked>(
        _ file: StagingFile, isWritten: Bool, check: (Database) throws -> Checked
    ) throws -> Checked {
        let log = LogGuard()
        let queue = try DatabaseQueue(path: file.path, configuration: Self.configuration(wait: wait, log))
        let checked = try Self.access(queue) { db in
            if isWritten { try Self.rejectReadOnly(db, path: path) }
            return try check(db)
        }
        opened.withLock { $0 = Opened(file: file, queue: queue, log: log) }
        return checked
    }

    private func require() throws -> Opened {
        guard let opened = opened.withLock({ $0 }) else {
            throw StagingError(code: .unexpected, message: "\(path) is not open")
        }
        return opened
    }

    /// The size of a new file's pages, in bytes. About the fastest for narrow rows, and far faster than SQLite's
    /// 4096 for wide ones (`Benchmarks/RESULTS.md`): a page of the log takes two system calls however large it is.
    private static let pageSize = 32768

    /// Makes what runs need: the file, bqpull's own tables, and the journal mode.
    ///
    /// - Parameters:
    ///   - check: inspects and rejects a file that was not there when the connection was opened.
    ///   - settle: what is to be done to the tables in the same transaction; gets the absolute path of the file.
    func prepareForRuns(
        check: @escaping @Sendable (Database) throws -> Void = { _ in },
        settle: @escaping @Sendable (String, Database) throws -> Void = { _, _ in }
    ) async throws {
        try await perform(opening: true) { [self] in
            if opened.withLock({ $0 == nil }) {
                try open(try StagingFile.findOrCreate(absolutePath), isWritten: true, check: check)
            }
            let opened = try require()
            try Self.access(opened.queue) { db in
                // Does nothing to a file that has pages already.
                try db.execute(sql: "PRAGMA page_size = \(Self.pageSize)")
                try db.inTransaction(.immediate) {
                    try ControlTables.prepare(db, path: path)
                    try settle(opened.file.path, db)
                    try JournalMode.remember(db)
                    return .commit
                }
                try JournalMode.enter(db)
            }
        }
    }

    private static func configuration(wait: BusyWait, _ log: LogGuard) -> Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .callback { wait.sleep(beforeTry: $0) }
        configuration.prepareDatabase { db in
            let result = bqpull_sqlite3_enable_defensive(db.sqliteConnection)
            guard result == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: result)) }
            try WriteAheadLog.takeOver(db)
            log.watch(db)
            try db.execute(sql: "PRAGMA trusted_schema = OFF")
            // Some distributions build SQLite to write every dropped page a second time, as zeros.
            try db.execute(sql: "PRAGMA secure_delete = OFF")
            // Without it, renaming a table rewrites the views that read it, and fails if any view is broken.
            try db.execute(sql: "PRAGMA legacy_alter_table = ON")
        }
        return configuration
    }

    /// SQLite opens a file that it may not write for reading, and says nothing.
    private static func rejectReadOnly(_ db: Database, path: String) throws {
        guard sqlite3_db_readonly(db.sqliteConnection, "main") == 0 else {
            throw StagingError(
                code: .databaseUnusable, message: "\(path) cannot be written",
                hint: "check the permissions of the file")
        }
    }

    /// Runs `work` on one state of the database, without a lock on writing; returns `nil` if there is no file.
    func read<T: Sendable>(_ work: @escaping @Sendable (Database) throws -> T) async throws -> T? {
        try await perform(opening: false) { [self] in
            guard let opened = opened.withLock({ $0 }) else { return nil }
            return try Self.access(opened.queue) { db in
                var result: T?
                try db.inTransaction(.deferred) {
                    result = try work(db)
                    return .commit
                }
                return result
            }
        }
    }

    /// Runs `work` in a transaction that holds the write lock from the start.
    ///
    /// Nothing is committed to a file that was removed or replaced meanwhile. A transaction that has begun is
    /// finished even if the task is cancelled; waiting for a lock is not.
    ///
    /// - Parameters:
    ///   - durably: whether the transaction, and all before it, is on the disk when this returns. Else a power failure
    ///     can undo the last ones.
    ///   - patience: how long to wait for another process's lock, if that is less than usual.
    func write<T: Sendable>(
        durably: Bool = false, patience: Duration? = nil, _ work: @escaping @Sendable (Database) throws -> T
    ) async throws -> T {
        try await perform(patience: patience, opening: false) { [self] in
            let opened = try require()
            return try Self.access(opened.queue) { db in
                // Before the transaction, so that no error of it hides a commit.
                try WriteAheadLog.writeBackIfLarge(db, opened.log, of: opened.file.path)
                if durably { try JournalMode.syncEveryTransaction(db) }
                let result = try opened.log.committing(db, of: opened.file.path) {
                    let result = try work(db)
                    try opened.file.requirePresence()
                    return result
                }
                if durably { try? JournalMode.syncRarely(db) }
                return result
            }
        }
    }

    /// Gives the file its journal mode back; after a failure of the disk, does nothing. Waits at most two seconds for a
    /// lock, since the file can stay in WAL mode.
    ///
    /// Throws `corrupt` if what was committed is lost, because another program has truncated the log.
    func settle() async throws {
        try await perform(patience: .seconds(2), opening: false) { [self] in
            guard let opened = opened.withLock({ $0 }) else { return }
            try Self.access(opened.queue) { db in
                guard !WriteAheadLog.isAbandoned(db) else { return }
                try WriteAheadLog.writeBack(db, opened.log, of: opened.file.path)
                try JournalMode.restore(db, opened.log)
            }
        }
    }

    /// Closes the file, if one is open.
    func close() async throws {
        try await perform(opening: false) { [self] in
            try opened.withLock { $0.take() }?.queue.close()
        }
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
    private func perform<T: Sendable>(
        patience: Duration? = nil, opening: Bool, _ work: @escaping @Sendable () throws -> T
    ) async throws -> T {
        wait.reset(limit: patience)
        do {
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    thread.async { continuation.resume(with: Result(catching: work)) }
                }
            } onCancel: {
                wait.giveUp()
            }
        } catch let error as DatabaseError {
            if error.isBusy { try Task.checkCancellation() }
            throw StagingError(error, path: path, opening: opening)
        } catch is RowDecodingError {
            throw StagingError(
                code: .databaseUnusable, message: "\(path): bqpull's tables have unexpected values",
                hint: "restore the file from a copy, or name another file")
        }
    }
}
