import BigQueryRows
public import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// A database file that results are staged in: the user's tables, and bqpull's records next to them.
///
/// Open it, begin a run or continue one, deliver the rows, acknowledge the run, close it. Opening inspects the file and
/// writes nothing to it; the file is created, and bqpull's tables in it, by the first run. One process stages into a
/// table at a time; all others can read meanwhile, and see the table as it was until the run is finished.
public final class StagingDatabase: Sendable {
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

    /// Inspects the database of the target, and reserves the table for this process.
    ///
    /// Whatever can be rejected without knowing the rows is rejected here, before anything goes to the network:
    /// names, files that are not databases or cannot be written, a table that must not be replaced, and one that
    /// another process is staging into. A file that is rejected is left as it was, and none is created.
    public static func open(
        _ target: StagingTarget, _ options: StagingOptions = StagingOptions()
    ) async throws -> StagingDatabase {
        try target.check()
        let (connection, lock) = try await StagingConnection.open(path: target.path, options) { found in
            let path = try StagingFile.absolutePath(target.path)
            guard let (file, db) = found else { return try TargetLock.take(target.table, of: path) }
            try inspect(db, for: target)
            // A process that exited unexpectedly can have left a file that is written halfway.
            let isDoubtful = try !dead(db, file.path).isEmpty || file.hadJournal
            let lock = try TargetLock.take(target.table, of: path)
            if options.checksEverything || isDoubtful && ControlTables.isChecked(size: file.size) {
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
            // The table can be that of a run whose caller has no report yet.
            guard try RunTable.hasUnacknowledged(target, db) else { throw error }
        }
    }

    /// The runs into other tables whose process exited unexpectedly.
    private static func dead(_ db: Database, _ path: String) throws -> [(runID: String, target: String)] {
        try RunTable.running(db, path: path).filter { TargetLock.owner(of: $0.target, in: path) == nil }
    }

    /// Makes what runs need, once.
    private func prepare() async throws {
        guard isPrepared.withLock({ !$0 }) else { return }
        let target = target
        try await connection.prepareForRuns {
            try Self.inspect($0, for: target)
        } settle: { path, db in
            // This process holds the lock of its own table, so that no other one is in it.
            let dead = try RunTable.running(db, path: path).filter {
                SQLiteName($0.target) == SQLiteName(target.table) || TargetLock.owner(of: $0.target, in: path) == nil
            }
            for run in dead {
                try RunTable.stop(run.runID, canContinue: true, error: "the process exited unexpectedly", db)
            }
        }
        isPrepared.withLock { $0 = true }
    }

    // MARK: Earlier runs

    /// The latest run of the command into this target that is not finished, or `nil`.
    ///
    /// - Parameter command: as in ``StagingIntent/command``.
    public func unfinishedRun(of command: String) async throws -> RecordedRun? {
        let target = target
        return try await connection.read { try RunTable.unfinished(command, target: target, $0) } ?? nil
    }

    /// A run into this target that is not finished, or published and not acknowledged.
    ///
    /// Throws `noRun` if no such run has this ID.
    public func run(id: String) async throws -> RecordedRun {
        let target = target
        let found = try await connection.read { try RunTable.find(id, path: target.path, $0) } ?? nil
        guard let found, found.state.isUnfinished || found.awaitsAcknowledgement, goesHere(found) else {
            throw noRun(id)
        }
        return found
    }

    private func goesHere(_ run: RecordedRun) -> Bool {
        SQLiteName(run.target.table) == SQLiteName(target.table) && run.target.ifExists == target.ifExists
            && run.target.key == target.key
    }

    private func noRun(_ id: String) -> StagingError {
        StagingError(
            code: .noRun, message: "there is no unfinished run \(id) into the table \(target.table)",
            hint: "bqpull runs '\(target.path)' lists the runs")
    }

    /// Takes up an unfinished run, to be continued at the row after ``StagingRun/rowsWritten``.
    ///
    /// Throws `noRun` if it is finished, or goes into another target.
    public func continueRun(id: String) async throws -> StagingRun {
        try Task.checkCancellation()
        try await prepare()
        let target = target
        // On the disk before the job is sent once more, which an earlier process can have failed to see to.
        let found = try await connection.write(durably: true) { [self] db -> RecordedRun? in
            guard let run = try RunTable.find(id, path: target.path, db), run.state.isUnfinished, goesHere(run) else {
                return nil
            }
            try RunTable.resume(run, target: target, db)
            return try RunTable.find(id, path: target.path, db)
        }
        guard let found else { throw noRun(id) }
        return StagingRun(found, connection: connection, ignoresDiskSpace: options.ignoresDiskSpace)
    }

    /// The latest run of the command into this target that is published and not acknowledged, if the table is still as
    /// the run left it: no other run has been published into it, and it has as many rows; `nil` if there is no such run.
    ///
    /// - Parameters:
    ///   - command: as in ``StagingIntent/command``.
    ///   - window: the time since the publication within which it counts; `.zero` finds none. A publication in the
    ///     future, after the clock went backwards, counts for `append`, which would double the rows, and else not.
    ///   - now: the time that the window ends at.
    public func unacknowledgedRun(
        of command: String, within window: Duration, of now: Date = Date()
    ) async throws -> RecordedRun? {
        guard window > .zero else { return nil }
        let target = target
        let found = try await connection.read { db -> RecordedRun? in
            guard let run = try RunTable.unacknowledged(command, target: target, db), let end = run.finishedAt else {
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

    /// Records that the caller of a published run has its report, so that the same command runs again.
    ///
    /// Waits at most two seconds for a lock. Does nothing to a run that is not published, or acknowledged already.
    public func acknowledge(_ runID: String) async throws {
        try await connection.write(durably: true, patience: .seconds(2)) { try RunTable.acknowledge(runID, $0) }
    }

    // MARK: New runs

    /// Writes down what is going to be done, and drops what earlier runs of the same command left. It is on the disk
    /// when this returns.
    ///
    /// If the intent has a schema, throws what ``StagingRun/begin(_:)`` would throw for it.
    public func begin(_ intent: StagingIntent) async throws -> StagingRun {
        try Task.checkCancellation()
        let target = target
        // What can be rejected without the database leaves none behind.
        if let schema = intent.schema { _ = try StagedTable(schema, for: target, columnLimit: .max) }
        try await prepare()
        let recorded = try await connection.write(durably: true) { db in
            _ = try Publication(to: target, db)
            if let schema = intent.schema { _ = try StagedTable(schema, goingTo: target, db) }
            try Publication(to: target, db).rehearseRenaming(db)
            try RunTable.discardAll(intent.command, target: target, db)
            try RunTable.insert(intent, target: target, db)
            return try RunTable.find(intent.runID, path: target.path, db)
        }
        guard let recorded else { throw StagingError(code: .unexpected, message: "the run was not recorded") }
        return StagingRun(recorded, connection: connection, ignoresDiskSpace: options.ignoresDiskSpace)
    }

    // MARK: The table

    /// The highest value of a column that runs which take it for their incremental column have brought to the table;
    /// `nil` before the first one, while the table is not there, and after bqpull replaced it. A table that another
    /// program replaced is not noticed.
    public func watermark(of column: String) async throws -> Watermark? {
        let target = target
        return try await connection.read { db in
            try RunTable.watermark(column, table: target.table, path: target.path, db)
        } ?? nil
    }

    /// Whether the table is there.
    public func tableExists() async throws -> Bool {
        let target = target
        return try await connection.read { try $0.tableExists(target.table) } ?? false
    }

    /// Whether the table is there and has rows.
    public func tableHasRows() async throws -> Bool {
        let target = target
        return try await connection.read { db in
            guard try db.tableExists(target.table) else { return false }
            let sql = "SELECT EXISTS (SELECT 1 FROM \(SQLiteName.quoted(target.table)))"
            return try Bool.fetchOne(db, sql: sql) ?? false
        } ?? false
    }

    /// The number of rows in a table.
    static func rowCount(of table: String, _ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT count(*) FROM \(SQLiteName.quoted(table))") ?? 0
    }

    // MARK: The end

    /// Gives a file that was not in WAL mode its own mode back, unless another process has it open.
    ///
    /// To be called when the runs are finished; ``acknowledge(_:)`` can follow. Throws `corrupt` if rows that were
    /// published are lost, because another program has truncated the log; after any other error they are there.
    public func settle() async throws {
        try await connection.settle()
    }

    /// Closes the database, settled if possible, and gives the table back.
    ///
    /// Also to be called after an error. No run of this database can be used afterwards.
    public func close() async throws {
        defer { lock?.release() }
        do {
            try await settle()
        } catch {
            try? await connection.close()
            throw error
        }
        try await connection.close()
    }
}

extension StagedTable {
    /// The table for rows of this schema, if they could be published to the target.
    init(_ schema: TableSchema, goingTo target: StagingTarget, _ db: Database) throws {
        let limit = sqlite3_limit(db.sqliteConnection, SQLITE_LIMIT_COLUMN, -1)
        try self.init(schema, for: target, columnLimit: Int(limit))
        try Publication(to: target, db).check(self, db)
    }
}
