import BigQueryRows
package import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// A database file in which results are staged: the user's tables, and the log of runs next to them.
///
/// Opening inspects the file without writing to it. The first run creates the file and the control tables. One process at
/// a time stages into a table. Others can read it, and see its previous rows until the run is finished.
package final class StagingDatabase: Sendable {
    private let target: StagingTarget
    private let options: StagingOptions
    private let connection: StagingConnection
    private let lock: TargetLock?
    private let isPrepared = Mutex(false)

    private init(
        target: StagingTarget, _ options: StagingOptions, connection: StagingConnection, lock: TargetLock?
    ) {
        self.target = target
        self.options = options
        self.connection = connection
        self.lock = lock
    }

    /// Inspects the database of the target, and locks the table for this process.
    ///
    /// Rejects everything that can be rejected without the schema, before any request is sent. A rejected file is not
    /// changed, and no file is created.
    ///
    /// - Throws: ``StagingError``: `invalidName`, `unknownColumn` or `noKey` for the target itself; `databaseUnusable` if
    ///   the file or the table cannot be written; `targetExists` if the table must not be changed; `targetInUse` if
    ///   another process is staging into it.
    package static func open(
        _ target: StagingTarget, _ options: StagingOptions = StagingOptions()
    ) async throws -> StagingDatabase {
        try target.check()
        let (connection, lock) = try await StagingConnection.open(path: target.path, options) { found in
            let path = try StagingFile.absolutePath(target.path)
            guard let (file, db) = found else { return try TargetLock.take(target.table, of: path) }
            try inspect(db, for: target)
            // A process that exited unexpectedly can have left the file half written.
            let isDoubtful = try !dead(db, file.path).isEmpty || file.hadJournal
            let lock = try TargetLock.take(target.table, of: path)
            if options.checksEverything || isDoubtful && file.size < ControlTables.checkedSize {
                try ControlTables.checkIntegrity(db, path: target.path)
            }
            return lock
        }
        return StagingDatabase(target: target, options, connection: connection, lock: lock)
    }

    private static func inspect(_ db: Database, for target: StagingTarget) throws {
        try ControlTables.check(db, path: target.path)
        do {
            _ = try Publication(to: target, db)
        } catch let error as StagingError where error.code == .targetExists {
            // The table can be that of an unacknowledged run.
            guard try RunLog.hasUnacknowledged(target, db) else { throw error }
        }
    }

    /// The runs into other tables whose process has exited unexpectedly.
    private static func dead(_ db: Database, _ path: String) throws -> [(runID: String, target: String)] {
        try RunLog.running(db, path: path).filter { TargetLock.owner(of: $0.target, in: path) == nil }
    }

    /// Creates the file, the control tables and the journal mode, once.
    private func prepare() async throws {
        guard isPrepared.withLock({ !$0 }) else { return }
        let target = target
        try await connection.prepareForRuns {
            try Self.inspect($0, for: target)
        } settle: { path, db in
            // This process holds the lock on its table, so no other process stages into it.
            let dead = try RunLog.running(db, path: path).filter {
                SQLiteName($0.target) == SQLiteName(target.table) || TargetLock.owner(of: $0.target, in: path) == nil
            }
            for run in dead {
                try RunLog.stop(run.runID, canContinue: true, error: "the process exited unexpectedly", db)
            }
        }
        isPrepared.withLock { $0 = true }
    }

    // MARK: Earlier runs

    /// Finds the latest unfinished run of a command into this target.
    ///
    /// - Parameter command: the ``StagingIntent/command``.
    /// - Returns: `nil` if every run of the command is finished.
    /// - Throws: ``StagingError``: `databaseUnusable` if the record is invalid.
    package func unfinishedRun(of command: String) async throws -> RecordedRun? {
        let target = target
        return try await connection.read { try RunLog.unfinished(command, target: target, $0) } ?? nil
    }

    /// Finds an unfinished or unacknowledged run into this target.
    ///
    /// - Throws: ``StagingError``: `noRun` if no such run has this ID, `databaseUnusable` if the record is invalid.
    package func run(id: String) async throws -> RecordedRun {
        let target = target
        let found = try await connection.read { try RunLog.find(id, path: target.path, $0) } ?? nil
        guard let found, found.state.isUnfinished || found.awaitsAcknowledgement, isIntoTarget(found) else {
            throw noRun(id)
        }
        return found
    }

    private func isIntoTarget(_ run: RecordedRun) -> Bool {
        SQLiteName(run.target.table) == SQLiteName(target.table) && run.target.ifExists == target.ifExists
            && run.target.key == target.key
    }

    private func noRun(_ id: String) -> StagingError {
        StagingError(
            code: .noRun, message: "there is no unfinished run \(id) into the table \(target.table)",
            detail: .runs(path: target.path))
    }

    /// Continues an unfinished run, at the row after ``StagingRun/rowsWritten``.
    ///
    /// - Throws: ``StagingError``: `noRun` if it is finished or has another target; `targetExists`, `noKey` or
    ///   `databaseUnusable` if the database has changed since it was opened.
    package func continueRun(id: String) async throws -> StagingRun {
        try Task.checkCancellation()
        try await prepare()
        let target = target
        // Synced before the job is inserted again: the process that recorded the run can have exited before its sync.
        let found = try await connection.write(durably: true) { [self] db -> RecordedRun? in
            guard let run = try RunLog.find(id, path: target.path, db), run.state.isUnfinished, isIntoTarget(run) else {
                return nil
            }
            try RunLog.resume(run, target: target, db)
            return try RunLog.find(id, path: target.path, db)
        }
        guard let found else { throw noRun(id) }
        return StagingRun(found, connection: connection, ignoresDiskSpace: options.ignoresDiskSpace)
    }

    /// Finds the latest unacknowledged run of a command into this target, if the table is unchanged since: no other run
    /// was published into it, and its number of rows is the same.
    ///
    /// - Parameters:
    ///   - command: the ``StagingIntent/command``.
    ///   - window: the longest time since the publication; `.zero` finds no run. A publication in the future, after the
    ///     clock was set back, counts only for `append`, where another run would duplicate the rows.
    ///   - now: the end of the window.
    /// - Returns: `nil` if there is no such run.
    /// - Throws: ``StagingError``: `databaseUnusable` if the record is invalid.
    package func unacknowledgedRun(
        of command: String, within window: Duration, of now: Date = Date()
    ) async throws -> RecordedRun? {
        guard window > .zero else { return nil }
        let target = target
        let found = try await connection.read { db -> RecordedRun? in
            guard let run = try RunLog.unacknowledged(command, target: target, db), let end = run.finishedAt else {
                return nil
            }
            let age = now.timeIntervalSince(end)
            guard age < 0 ? target.ifExists == .append : age <= window / .seconds(1) else { return nil }
            guard try db.tableExists(target.table), try run.tableRows == Self.rowCount(of: target.table, db) else {
                return nil
            }
            return run
        }
        return found ?? nil
    }

    /// Records that the caller has received the report of a published run, so that the next pull of the command runs.
    ///
    /// Waits at most two seconds for a lock. Has no effect on a run that is not published or already acknowledged.
    ///
    /// - Throws: ``StagingError``, if that cannot be recorded.
    package func acknowledge(_ runID: String) async throws {
        try await connection.write(durably: true, patience: .seconds(2)) { try RunLog.acknowledge(runID, $0) }
    }

    // MARK: New runs

    /// Records a new run. The record is on the disk when this returns.
    ///
    /// Drops the rows of earlier runs of its command, and of runs of its load with another query. If the table does not
    /// exist, resets the loads into it, and drops their runs that begin above the rows published earlier.
    ///
    /// - Throws: ``StagingError``: `targetExists`, `noKey` or `databaseUnusable` if the database has changed since it was
    ///   opened, or no table can be published in it. If the intent has a schema, also what ``StagingRun/begin(_:)``
    ///   throws for it.
    package func begin(_ intent: StagingIntent) async throws -> StagingRun {
        try Task.checkCancellation()
        let (target, given) = (target, intent)
        // Rejected here, an invalid schema does not leave a database behind.
        if let schema = intent.schema {
            _ = try HiddenTable(schema, ofRun: intent.runID, for: target, columnLimit: .max)
        }
        try await prepare()
        let (recorded, dropped, resetLoads) = try await connection.write(durably: true) { db in
            var intent = given
            // Keys compare the names in the load column byte by byte.
            if let name = given.load?.name, let record = try LoadRecords.stored(name, path: target.path, db) {
                intent.load?.name = record.name
            }
            let publication = try Publication(to: target, db)
            if let schema = intent.schema {
                _ = try HiddenTable(
                    schema, ofRun: intent.runID, publishedTo: target, of: intent.load, db)
            }
            try publication.rehearseRenaming(db)
            var dropped = try RunLog.discardAll(intent.command, target: target, db)
            if let load = intent.load {
                dropped += try RunLog.discardAll(ofLoad: load, exceptOf: intent.sql, path: target.path, db)
            }
            let reset = try Self.resetLoads(before: intent, into: target, db)
            try RunLog.insert(intent, target: target, db)
            return (
                try RunLog.find(intent.runID, path: target.path, db), dropped + reset.dropped, reset.names
            )
        }
        guard let recorded else { throw StagingError(code: .unexpected, message: "the run was not recorded") }
        return StagingRun(
            recorded, connection: connection, ignoresDiskSpace: options.ignoresDiskSpace, dropped: dropped,
            resetLoads: resetLoads)
    }

    /// Resets loads whose table does not exist: those into the target, and the load of the run itself.
    ///
    /// - Returns: the names of the other loads, and the runs whose rows were dropped.
    private static func resetLoads(
        before intent: StagingIntent, into target: StagingTarget, _ db: Database
    ) throws -> (names: [String], dropped: [RecordedRun]) {
        let own = intent.load.map { SQLiteName($0.name) }
        var (names, dropped) = try LoadRecords.reset(path: target.path, db) { load in
            guard load.isInto(target.table) || SQLiteName(load.name) == own else { return false }
            return try !db.tableExists(load.table)
        }
        names.removeAll { SQLiteName($0) == own }
        return (names, dropped)
    }

    // MARK: The table

    /// What is known about a load into this target. If the table does not exist, records of loads into it count as
    /// reset.
    ///
    /// - Parameter name: the name of the load.
    /// - Returns: the state; empty if there is no file.
    /// - Throws: ``StagingError``: `databaseUnusable` if a record is invalid.
    package func loadState(of name: String) async throws -> LoadState {
        let target = target
        return try await connection.read { db in
            var state = LoadState()
            let records = try LoadRecords.all(path: target.path, db)
            state.names = Set(records.map { SQLiteName($0.name) })
            state.record = records.first { SQLiteName($0.name) == SQLiteName(name) }
            state.others = records.filter { $0.isInto(target.table) && SQLiteName($0.name) != SQLiteName(name) }
            // Counts the rows of the table, which only an append needs.
            if target.ifExists == .append {
                let record = state.record.flatMap { $0.isInto(target.table) ? $0 : nil }
                state.hasRowsWithoutLoad = try PublicationHistory(of: target.table, path: target.path, db)
                    .hasRowsWithoutLoad(after: record?.runID, db)
            }
            if state.record == nil {
                state.unassigned = try EarlierLoads(into: target.table, path: target.path, db).unassigned
            }
            return state
        } ?? LoadState()
    }

    /// Whether the table exists.
    ///
    /// - Throws: ``StagingError``.
    package func tableExists() async throws -> Bool {
        let target = target
        return try await connection.read { try $0.tableExists(target.table) } ?? false
    }

    /// The number of rows in a table.
    static func rowCount(of table: String, _ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT count(*) FROM \(SQLiteName.quoted(table))") ?? 0
    }

    // MARK: The end

    /// Returns a file that was not in WAL mode to its own journal mode, unless another process has it open.
    ///
    /// Call it after the runs are finished; ``acknowledge(_:)`` can follow.
    ///
    /// - Throws: ``StagingError``: `corrupt` if published rows are lost, because another program has truncated the log.
    ///   After any other error the rows are safe.
    package func settle() async throws {
        try await connection.settle()
    }

    /// Settles the database if possible, closes it, and releases the lock on the table.
    ///
    /// Call it after an error as well. No run of this database can be used afterwards.
    ///
    /// - Throws: what ``settle()`` throws; the database is closed even then.
    package func close() async throws {
        defer { lock?.release() }
        do {
            try await settle()
        } catch {
            // The first error is the cause.
            try? await connection.close()
            throw error
        }
        try await connection.close()
    }
}
