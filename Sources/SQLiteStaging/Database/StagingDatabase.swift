import BigQueryRows
import GRDB
import GRDBSQLite

/// A database file that results are staged in: the user's tables, and bqpull's records beside them.
///
/// Open it, begin a run, deliver the rows, close it. One process stages into a table at a time; anybody may
/// read meanwhile, and sees the table as it was until the run is finished.
public final class StagingDatabase: Sendable {
    private let target: StagingTarget
    private let connection: StagingConnection

    private init(target: StagingTarget, connection: StagingConnection) {
        self.target = target
        self.connection = connection
    }

    /// Opens the database of the target, or creates it, readable by its owner only.
    ///
    /// Whatever can be refused without knowing the rows is refused here, before anything goes to the network:
    /// names, files that are no databases or cannot be written, and a table that may not be replaced. A file
    /// that is refused is left as it was.
    ///
    /// - Parameter busyTimeout: how long every transaction waits for another process's lock.
    public static func open(
        _ target: StagingTarget, busyTimeout: Duration = .seconds(30)
    ) async throws -> StagingDatabase {
        try target.checkTableName()
        let connection = try await StagingConnection.open(path: target.path, busyTimeout: busyTimeout) { db in
            try ControlTables.check(db, path: target.path)
            _ = try Publication(to: target, db)
        }
        return StagingDatabase(target: target, connection: connection)
    }

    /// Writes down what is going to be done, and drops what an interrupted run left for the same table.
    ///
    /// If the intent has a schema, throws what ``StagingRun/begin(_:)`` would throw for it.
    public func begin(_ intent: StagingIntent) async throws -> StagingRun {
        try Task.checkCancellation()
        let target = target
        let record = try await connection.write { db in
            if let schema = intent.schema { _ = try StagedTable(schema, goingTo: target, db) }
            try RunRecord.abandonAll(target: target.table, db)
            return try RunRecord.insert(intent, target: target, db)
        }
        return StagingRun(record: record, target: target, connection: connection)
    }

    /// Closes the database; a file that was not in WAL mode leaves it, unless another process has it open.
    ///
    /// Also to be called after an error. No run of this database can be used afterwards.
    public func close() async throws {
        try await connection.close()
    }
}

extension StagedTable {
    /// The table for rows of this schema, if they could be published to the target.
    init(_ schema: TableSchema, goingTo target: StagingTarget, _ db: Database) throws {
        let handle = db.sqliteConnection
        let limit = min(
            sqlite3_limit(handle, SQLITE_LIMIT_COLUMN, -1),
            sqlite3_limit(handle, SQLITE_LIMIT_VARIABLE_NUMBER, -1))
        try self.init(schema, columnLimit: Int(limit))
        try Publication(to: target, db).check(self)
    }
}
