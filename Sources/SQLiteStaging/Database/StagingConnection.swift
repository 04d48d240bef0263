import CSQLiteShim
import Dispatch
import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// The connection to a staging database. Opens an existing file, and creates one for the first run.
final class StagingConnection: Sendable {
    /// An open file.
    private struct Opened: Sendable {
        let file: StagingFile
        let queue: DatabaseQueue
        let log: LogGuard
    }

    /// The path as given, for messages.
    private let path: String
    private let absolutePath: String
    private let wait: BusyWait
    private let opened = Mutex<Opened?>(nil)
    /// A serial queue, whose threads do not belong to Swift's cooperative pool.
    private let thread = DispatchQueue(label: "SQLiteStaging")
    /// Measures the duration of writes.
    let clock: any Clock<Duration>

    private init(path: String, _ options: StagingOptions) throws {
        self.path = path
        clock = options.clock
        let absolute = try StagingFile.absolutePath(path)
        absolutePath = absolute
        wait = BusyWait(limit: options.lockTimeout) { options.onLockWait(LockWait(of: absolute)) }
    }

    /// Opens an existing database after `check` has inspected it, before anything is written.
    ///
    /// - Parameters:
    ///   - path: the path as given.
    ///   - options: the lock timeout and the clock.
    ///   - isWritten: whether a read-only database is rejected.
    ///   - check: inspects the database, or gets `nil` if there is no file. The file is closed again if it throws.
    /// - Returns: the connection, which is not open yet if there is no file, and the result of `check`.
    /// - Throws: ``StagingError``, or the error of `check`.
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

    /// Opens a file, and closes it again if `check` throws.
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

    /// The page size of a new file in bytes. Close to the fastest for narrow rows, and much faster than SQLite's 4096 for
    /// wide ones (`Benchmarks/RESULTS.md`): a page of the log takes two system calls, whatever its size.
    private static let pageSize = 32768

    /// Creates the file if needed, the control tables, and the journal mode.
    ///
    /// - Parameters:
    ///   - check: inspects a file that did not exist when the connection was opened.
    ///   - settle: further changes in the same transaction; gets the absolute path of the file.
    /// - Throws: ``StagingError``, or the error of a closure.
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
                // Has no effect on a file with pages.
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
        configuration.busyMode = .callback { wait.wait(beforeAttempt: $0) }
        configuration.prepareDatabase { db in
            let result = bqpull_sqlite3_enable_defensive(db.sqliteConnection)
            guard result == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: result)) }
            try WriteAheadLog.disableAutomaticCheckpoints(db)
            log.watch(db)
            try db.execute(sql: "PRAGMA trusted_schema = OFF")
            // Some distributions build SQLite so that it overwrites dropped pages with zeros.
            try db.execute(sql: "PRAGMA secure_delete = OFF")
            // Otherwise, renaming a table rewrites the views that read it, and fails if any view is broken.
            try db.execute(sql: "PRAGMA legacy_alter_table = ON")
        }
        return configuration
    }

    /// Rejects a file that SQLite has silently opened for reading only.
    private static func rejectReadOnly(_ db: Database, path: String) throws {
        guard sqlite3_db_readonly(db.sqliteConnection, "main") == 0 else {
            throw StagingError(
                code: .databaseUnusable, message: "\(path) cannot be written", detail: .notWritable)
        }
    }

    /// Runs `work` in a read transaction; returns `nil` if there is no file.
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

    /// Runs `work` in a write transaction.
    ///
    /// Nothing is committed to a file that has been removed or replaced. Cancellation ends the wait for a lock, but not a
    /// transaction that has begun.
    ///
    /// - Parameters:
    ///   - durably: whether this transaction and all earlier ones are on the disk when this returns. If not, a power
    ///     failure can undo the last ones.
    ///   - patience: the longest wait for a lock, if it is below the default.
    ///   - work: the content of the transaction.
    /// - Returns: the result of `work`.
    /// - Throws: ``StagingError``, `CancellationError`, or the error of `work`.
    func write<T: Sendable>(
        durably: Bool = false, patience: Duration? = nil, _ work: @escaping @Sendable (Database) throws -> T
    ) async throws -> T {
        try await perform(patience: patience, opening: false) { [self] in
            let opened = try require()
            return try Self.access(opened.queue) { db in
                // Before the transaction, so that its error does not hide a commit.
                try WriteAheadLog.writeBackIfLarge(db, opened.log, of: opened.file.path)
                if durably { try JournalMode.syncEveryTransaction(db) }
                // An error must not hide a commit: later transactions are then synced too often.
                defer { if durably { try? JournalMode.syncRarely(db) } }
                return try opened.log.committing(db, of: opened.file.path) {
                    let result = try work(db)
                    try opened.file.requirePresence()
                    return result
                }
            }
        }
    }

    /// Returns the file to its own journal mode. Has no effect after a failure of the disk. Waits at most two seconds for
    /// a lock, since the file can stay in WAL mode.
    ///
    /// Throws `corrupt` if committed data is lost, because another program has truncated the log.
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

    /// Runs `body` on the connection. After a failure of the disk, no checkpoint runs any more.
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

    /// Runs blocking `work` on a separate thread, and converts SQLite's errors.
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
                detail: .changedRecords)
        }
    }
}
