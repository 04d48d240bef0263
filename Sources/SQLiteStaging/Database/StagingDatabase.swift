import BigQueryRows
import GRDB
import GRDBSQLite

/// A database file that results are staged in: the user's tables, and bqpull's records beside them.
///
/// Open it, begin a run or continue one, deliver the rows, close it. One process stages into a table at a time;
/// anybody may read meanwhile, and sees the table as it was until the run is finished.
public final class StagingDatabase: Sendable {
    private let target: StagingTarget
    private let connection: StagingConnection
    private let lock: TargetLock?

    private init(target: StagingTarget, connection: StagingConnection, lock: TargetLock?) {
        self.target = target
        self.connection = connection
        self.lock = lock
    }

    /// Opens the database of the target, or creates it, readable by its owner only.
    ///
    /// Whatever can be refused without knowing the rows is refused here, before anything goes to the network:
    /// names, files that are no databases or cannot be written, a table that may not be replaced, and one that
    /// another process is staging into. A file that is refused is left as it was.
    ///
    /// - Parameters:
    ///   - busyTimeout: how long every transaction waits for another process's lock.
    ///   - checksEverything: whether the whole file is checked for damage. That takes time, and is done without
    ///     being asked only after a process was killed or beside a journal, for files below 256 MB.
    ///   - clock: measures ``StagingRun/durations``.
    public static func open(
        _ target: StagingTarget, busyTimeout: Duration = .seconds(30), checksEverything: Bool = false,
        clock: any Clock<Duration> = ContinuousClock()
    ) async throws -> StagingDatabase {
        try target.check()
        let (connection, (lock, dead)) = try await StagingConnection.open(
            path: target.path, busyTimeout: busyTimeout, clock: clock
        ) { file, db in
            try ControlTables.check(db, path: target.path)
            _ = try Publication(to: target, db)
            // Those that ended without a word may have left a file that is written halfway.
            let dead = try RunTable.running(db).filter { TargetLock.owner(of: $0.target, in: file) == nil }
            let lock = try TargetLock.take(target.table, of: file)
            let isDoubtful = !dead.isEmpty || file.hadJournal
            if checksEverything || isDoubtful && ControlTables.isChecked(size: file.size) {
                try ControlTables.checkIntegrity(db, path: target.path)
            }
            return (lock, dead.map(\.runID))
        }
        do {
            try await connection.prepareForRuns { db in
                for run in dead {
                    try RunTable.stop(run, canContinue: true, error: "the process ended without a word", db)
                }
            }
        } catch {
            lock?.release()
            throw error
        }
        return StagingDatabase(target: target, connection: connection, lock: lock)
    }

    /// The latest run of the command into this target that has not finished, to be continued at the row after
    /// ``StagingRun/rowsWritten``; `nil` if there is none.
    ///
    /// - Parameter command: as in ``StagingIntent/command``.
    public func unfinishedRun(of command: String) async throws -> StagingRun? {
        try await take { target, db in try RunTable.unfinished(command, target: target, db) }
    }

    /// The run of this id, to be continued. Throws `noRun` if it is finished, or goes elsewhere or otherwise.
    public func unfinishedRun(id: String) async throws -> StagingRun {
        let run = try await take { target, db in
            guard let run = try RunTable.find(id, path: target.path, db), run.state.isUnfinished,
                SQLiteName(run.target.table) == SQLiteName(target.table), run.target.ifExists == target.ifExists,
                run.target.key == target.key
            else { return nil }
            return run
        }
        guard let run else {
            throw StagingError(
                code: .noRun, message: "there is no unfinished run \(id) into the table \(target.table)",
                hint: "bqpull runs '\(target.path)' lists the runs")
        }
        return run
    }

    /// Takes up a run that is found.
    private func take(
        _ find: @escaping @Sendable (StagingTarget, Database) throws -> RecordedRun?
    ) async throws -> StagingRun? {
        let target = target
        let found = try await connection.write { db -> RecordedRun? in
            guard let run = try find(target, db) else { return nil }
            try RunTable.resume(run, target: target, db)
            return try RunTable.find(run.intent.runID, path: target.path, db)
        }
        return found.map { StagingRun($0, connection: connection) }
    }

    /// Writes down what is going to be done, and drops what earlier runs of the same command left.
    ///
    /// If the intent has a schema, throws what ``StagingRun/begin(_:)`` would throw for it.
    public func begin(_ intent: StagingIntent) async throws -> StagingRun {
        try Task.checkCancellation()
        let target = target
        let recorded = try await connection.write { db in
            if let schema = intent.schema { _ = try StagedTable(schema, goingTo: target, db) }
            try RunTable.discardAll(intent.command, target: target, db)
            try RunTable.insert(intent, target: target, db)
            return try RunTable.find(intent.runID, path: target.path, db)
        }
        guard let recorded else { throw StagingError(code: .unexpected, message: "the run was not recorded") }
        return StagingRun(recorded, connection: connection)
    }

    /// The highest value of a column that runs which take it for their incremental column have brought to the table;
    /// `nil` before the first one, while the table is not there, and after bqpull made it anew. A table that somebody
    /// else made anew is not noticed.
    public func watermark(of column: String) async throws -> Watermark? {
        let target = target
        return try await connection.write { try RunTable.watermark(column, table: target.table, $0) }
    }

    /// Whether the table is there.
    public func tableExists() async throws -> Bool {
        let target = target
        return try await connection.write { try $0.tableExists(target.table) }
    }

    /// Whether the table is there and has rows.
    public func tableHasRows() async throws -> Bool {
        let target = target
        return try await connection.write { db in
            guard try db.tableExists(target.table) else { return false }
            let sql = "SELECT EXISTS (SELECT 1 FROM \(SQLiteName.quoted(target.table)))"
            return try Bool.fetchOne(db, sql: sql) ?? false
        }
    }

    /// Closes the database; a file that was not in WAL mode leaves it, unless another process has it open.
    ///
    /// Also to be called after an error. No run of this database can be used afterwards.
    public func close() async throws {
        defer { lock?.release() }
        try await connection.closeAfterRuns()
    }
}

extension StagedTable {
    /// The table for rows of this schema, if they could be published to the target.
    init(_ schema: TableSchema, goingTo target: StagingTarget, _ db: Database) throws {
        let limit = sqlite3_limit(db.sqliteConnection, SQLITE_LIMIT_COLUMN, -1)
        try self.init(schema, for: target, columnLimit: Int(limit))
        try Publication(to: target, db).check(self)
    }
}
