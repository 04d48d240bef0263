public import BigQueryRows
import GRDB
import Synchronization

/// One result on its way into a table.
///
/// Rows gather in a hidden table, each page in one transaction with the checkpoint that counts it.
/// ``finish()`` publishes them all at once. After an error the run can be given up with ``abandon(error:)``;
/// if it is not, the hidden table stays until the next run on the same table begins.
public final class StagingRun: RowSink {
    private struct State {
        var table: StagedTable?
        var rows: Int64 = 0
        var dataWritten: Int64 = 0
        var statistics = StagingStatistics()
    }

    private let record: RunRecord
    private let target: StagingTarget
    private let connection: StagingConnection
    private let state = Mutex(State())

    init(record: RunRecord, target: StagingTarget, connection: StagingConnection) {
        self.record = record
        self.target = target
        self.connection = connection
    }

    /// The rows committed so far.
    public var rowsWritten: Int64 { state.withLock { $0.rows } }

    /// The bytes of data in the cells committed so far; a number counts as 8, NULL as 0.
    public var dataWritten: Int64 { state.withLock { $0.dataWritten } }

    /// Takes note of the latest statistics; they are written with the next page, or when the run is finished.
    public func record(_ statistics: StagingStatistics) {
        state.withLock { $0.statistics = statistics }
    }

    /// Makes the hidden table for rows of this schema.
    ///
    /// Throws `noColumns`, `tooManyColumns` or `invalidName` for a schema that SQLite has no table for,
    /// `schemaMismatch` if the rows could not be published to the table that exists.
    public func begin(_ schema: TableSchema) async throws {
        try Task.checkCancellation()
        let (record, target) = (record, target)
        let table = try await connection.write { db in
            try record.requireRunning(db)
            let table = try StagedTable(schema, goingTo: target, db)
            try record.createTable(table, schema: schema, db)
            return table
        }
        state.withLock { $0.table = table }
    }

    /// Stages a page: all of its rows and the checkpoint, or nothing.
    ///
    /// Throws `unexpected` for a page that is not the next one, or not of the schema's columns.
    public func append(_ page: RowPage) async throws {
        try Task.checkCancellation()
        let (record, before) = (record, state.withLock { $0 })
        guard let table = before.table else { throw Self.misuse("a page came outside of begin and finish") }
        guard page.firstRow == before.rows else {
            throw Self.misuse("a page begins at row \(page.firstRow), but \(before.rows) rows are staged")
        }
        guard page.columnCount == table.columns.count else {
            throw Self.misuse("a page has \(page.columnCount) columns instead of \(table.columns.count)")
        }
        let rows = before.rows + Int64(page.rowCount)
        let dataWritten = try await connection.write { db in
            try record.requireRunning(db)
            let insert = try db.cachedStatement(sql: table.insertSQL(into: record.hiddenTable))
            let dataWritten = before.dataWritten + (try PageInsertion(insert).insert(page))
            try record.checkpoint(rows: rows, dataWritten: dataWritten, before.statistics, db)
            return dataWritten
        }
        state.withLock {
            $0.rows = rows
            $0.dataWritten = dataWritten
        }
    }

    /// Publishes the rows under the table's name, in one transaction, if there are as many as there should be.
    ///
    /// Throws `incomplete` if there are not; `targetExists`, `databaseUnusable` or `schemaMismatch` if
    /// somebody changed the table since the run began.
    public func finish() async throws {
        try Task.checkCancellation()
        let (record, target, last) = (record, target, state.withLock { $0 })
        guard let table = last.table else { throw Self.misuse("finish without begin") }
        if let total = last.statistics.totalRows, total != last.rows {
            throw StagingError(
                code: .incomplete,
                message: "\(last.rows) rows were staged, but the result has \(total); nothing was published",
                hint: "run the same command again")
        }
        try await connection.write { db in
            try record.requireRunning(db)
            try record.checkpoint(rows: last.rows, dataWritten: last.dataWritten, last.statistics, db)
            let publication = try Publication(to: target, db)
            try publication.check(table)
            try publication.publish(table, from: record.hiddenTable, db)
            try record.markPublished(db)
        }
        state.withLock { $0.table = nil }
    }

    /// Marks the run failed and drops its rows; the published table stays as it was.
    ///
    /// Does nothing to a run that is finished.
    ///
    /// - Parameter error: what went wrong, for the record; no secrets.
    public func abandon(error: String) async throws {
        let record = record
        try await connection.write { db in try record.fail(error: error, db) }
        state.withLock { $0.table = nil }
    }

    private static func misuse(_ message: String) -> StagingError {
        StagingError(code: .unexpected, message: message)
    }
}
