import CSQLiteShim
import Dispatch
import Foundation
import GRDB
import GRDBSQLite

/// The one connection to a staging database.
final class StagingConnection: Sendable {
    private let queue: DatabaseQueue
    private let wait: BusyWait
    private let path: String

    private init(queue: DatabaseQueue, wait: BusyWait, path: String) {
        self.queue = queue
        self.wait = wait
        self.path = path
    }

    /// Opens the database, lets `check` refuse it before anything is written, and prepares it for runs.
    static func open(
        path: String, busyTimeout: Duration, check: @escaping @Sendable (Database) throws -> Void
    ) async throws -> StagingConnection {
        let wait = BusyWait(limit: busyTimeout)
        return try await attempt(path: path, wait: wait, opening: true) {
            let file = try StagingFile(path)
            do {
                let queue = try DatabaseQueue(path: file.path, configuration: configuration(wait: wait))
                try queue.writeWithoutTransaction { db in
                    try refuseReadOnly(db, path: path)
                    try check(db)
                    try db.inTransaction(.immediate) {
                        try ControlTables.create(db)
                        try JournalMode.remember(db)
                        return .commit
                    }
                    try JournalMode.enter(db)
                }
                return StagingConnection(queue: queue, wait: wait, path: path)
            } catch {
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
    /// A transaction that has begun is finished even if the task is cancelled; waiting for a lock is not.
    func write<T: Sendable>(_ work: @escaping @Sendable (Database) throws -> T) async throws -> T {
        try await Self.attempt(path: path, wait: wait, opening: false) { [queue] in
            try queue.write(work)
        }
    }

    /// Gives the file its journal mode back and closes it.
    func close() async throws {
        try await Self.attempt(path: path, wait: wait, opening: false) { [queue] in
            let restored = Result { try queue.writeWithoutTransaction(JournalMode.restore) }
            try queue.close()
            try restored.get()
        }
    }

    /// Runs `work`, which blocks, on a thread of its own, and puts SQLite's errors into words.
    ///
    /// A serial queue, because only those get threads beside the ones that Swift's cooperative pool lives on.
    private static func attempt<T: Sendable>(
        path: String, wait: BusyWait, opening: Bool, _ work: @escaping @Sendable () throws -> T
    ) async throws -> T {
        wait.reset()
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
