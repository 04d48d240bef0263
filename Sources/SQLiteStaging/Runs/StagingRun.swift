public import BigQueryRows
import GRDB
import Synchronization

/// One result on its way into a table.
///
/// Rows gather in a hidden table, each page in one transaction with the checkpoint that counts it.
/// ``finish()`` publishes them all at once. A run that stops before that can be continued by
/// ``StagingDatabase/unfinishedRun(of:)``, also when its process was killed.
public final class StagingRun: RowSink {
    private struct State {
        var table: StagedTable?
        var insertion: PageInsertion?
        var rows: Int64
        var dataWritten: Int64
        var statistics: StagingStatistics
        var durations = StagingDurations()
    }

    /// The run as it was recorded when it was begun, or taken up again.
    public let recorded: RecordedRun
    private let connection: StagingConnection
    private let state: Mutex<State>

    init(_ recorded: RecordedRun, connection: StagingConnection) {
        self.recorded = recorded
        self.connection = connection
        state = Mutex(
            State(rows: recorded.rows, dataWritten: recorded.dataWritten, statistics: recorded.statistics))
    }

    private var runID: String { recorded.intent.runID }
    private var hiddenTable: HiddenTable { HiddenTable(of: runID) }

    /// The rows committed so far.
    public var rowsWritten: Int64 { state.withLock { $0.rows } }

    /// The bytes of data in the cells committed so far; a number counts as 8, NULL as 0.
    public var dataWritten: Int64 { state.withLock { $0.dataWritten } }

    /// Where the time of writing went so far, in this process.
    public var durations: StagingDurations { state.withLock { $0.durations } }

    /// Takes note of the latest statistics; they are written with the next page, or when the run is finished.
    public func record(_ statistics: StagingStatistics) {
        state.withLock { $0.statistics = statistics }
    }

    /// Makes the hidden table for rows of this schema, or goes on with the one that is there.
    ///
    /// Throws `noColumns`, `tooManyColumns`, `invalidName` or `unknownColumn` for a schema that there can be no
    /// table for, `schemaMismatch` if the rows could not be published to the table that exists, or are not those
    /// that the run began with.
    public func begin(_ schema: TableSchema) async throws {
        try Task.checkCancellation()
        let (recorded, rows) = (recorded, rowsWritten)
        let insertion = PageInsertion(from: PageTable(columnCount: schema.fields.count), into: hiddenTable.name)
        let table = try await connection.write { [runID] db in
            try RunTable.require(runID, rows: rows, db)
            let table = try StagedTable(schema, goingTo: recorded.target, db)
            try insertion.pages.register(in: db)
            guard recorded.hasTable else {
                try RunTable.createTable(table, schema: schema, runID: runID, db)
                return table
            }
            if let difference = recorded.intent.schema?.firstDifference(to: schema) {
                throw StagingError(
                    code: .schemaMismatch, message: "the run \(runID) began with other columns: \(difference)",
                    hint: "start it anew with --restart")
            }
            return table
        }
        state.withLock {
            $0.table = table
            $0.insertion = insertion
        }
    }

    /// Stages a page: all of its rows and the checkpoint, or nothing.
    ///
    /// Throws `unexpected` for a page that is not the next one, or not of the schema's columns, and `keyViolated`
    /// for a row with NULL in its key.
    public func append(_ page: RowPage) async throws {
        try Task.checkCancellation()
        let before = state.withLock { $0 }
        guard let table = before.table, let pages = before.insertion else {
            throw Self.misuse("a page came outside of begin and finish")
        }
        guard page.firstRow == before.rows else {
            throw Self.misuse("a page begins at row \(page.firstRow), but \(before.rows) rows are staged")
        }
        guard page.columnCount == table.columns.count else {
            throw Self.misuse("a page has \(page.columnCount) columns instead of \(table.columns.count)")
        }
        let rows = before.rows + Int64(page.rowCount)
        let clock = connection.clock
        let dataWritten = before.dataWritten + page.dataByteCount
        var inserting = Duration.zero
        let writing = try await clock.measure {
            do {
                inserting = try await connection.write { [runID] db in
                    try RunTable.require(runID, rows: before.rows, db)
                    let inserting = try clock.measure { try pages.insert(page, db) }
                    try RunTable.checkpoint(runID, rows: rows, dataWritten: dataWritten, before.statistics, db)
                    return inserting
                }
            } catch let error as StagingError {
                throw error.tellingRoom(for: (before.statistics.totalRows ?? rows) - before.rows, like: page)
            }
        }
        state.withLock { [inserting] in
            $0.rows = rows
            $0.dataWritten = dataWritten
            $0.durations.insert += inserting
            $0.durations.commit += writing - inserting
        }
    }

    /// Makes the indexes, and publishes the rows under the table's name, if there are as many as there should be.
    /// They are on the disk when this returns.
    ///
    /// After an error the run is to be stopped, which makes sure that they are not published after all if the disk
    /// failed in the very end.
    ///
    /// Throws `incomplete` if there are not; `keyViolated` if two rows have the same key; `targetExists`,
    /// `databaseUnusable` or `schemaMismatch` if somebody changed the table since the run began.
    public func finish() async throws {
        try Task.checkCancellation()
        let (recorded, last) = (recorded, state.withLock { $0 })
        guard let table = last.table else { throw Self.misuse("finish without begin") }
        if let total = last.statistics.totalRows, total != last.rows {
            throw StagingError(
                code: .incomplete,
                message: "\(last.rows) rows were staged, but the result has \(total); nothing was published",
                hint: "run the same command again")
        }
        try await connection.write { [runID, hiddenTable] db in
            try RunTable.require(runID, rows: last.rows, db)
            let publication = try Publication(to: recorded.target, db)
            try hiddenTable.makeIndexes(table, isWhole: publication.isWhole, db)
            try RunTable.checkpoint(runID, rows: last.rows, dataWritten: last.dataWritten, last.statistics, db)
        }
        try await connection.write(durably: true) { [runID, hiddenTable] db in
            try RunTable.require(runID, rows: last.rows, db)
            let publication = try Publication(to: recorded.target, db)
            try publication.check(table)
            let watermark = try recorded.watermark(of: table, hiddenTable, db)
            try publication.publish(table, from: hiddenTable, db)
            try RunTable.markPublished(
                runID, target: recorded.target.table, madeTable: publication.isWhole, watermark: watermark, db)
        }
        state.withLock { $0.table = nil }
    }

    /// Notes that the run stopped; its rows stay.
    ///
    /// Does nothing to a run that is finished.
    ///
    /// - Parameters:
    ///   - error: what went wrong, for the record; no secrets.
    ///   - canContinue: whether the rows that are missing can still be had. If not, the same command starts anew.
    public func stop(error: String, canContinue: Bool) async throws {
        // Whoever waits for the end of the process does not wait for another pull that publishes.
        try await connection.write(patience: .seconds(1)) { [runID] db in
            try RunTable.stop(runID, canContinue: canContinue, error: error, db)
        }
        state.withLock { $0.table = nil }
    }

    /// Ends the run for good and drops its rows, for which no others can be had to make them whole.
    ///
    /// - Parameter error: why, for the record; no secrets.
    public func discard(error: String) async throws {
        try await connection.write { [runID] db in
            try RunTable.stop(runID, canContinue: false, error: error, db)
            try RunTable.drop(runID, as: .failed, db)
        }
        state.withLock { $0.table = nil }
    }

    /// The values of the last row that is staged, as they came; `nil` if there is none.
    public func lastRow() async throws -> [CellValue]? {
        guard rowsWritten > 0 else { return nil }
        return try await connection.write { [hiddenTable] db in try hiddenTable.lastRow(db) }
    }

    private static func misuse(_ message: String) -> StagingError {
        StagingError(code: .unexpected, message: message)
    }
}

extension RecordedRun {
    /// The highest value of the incremental column in the hidden rows or, if they are none, in those before.
    fileprivate func watermark(of table: StagedTable, _ hidden: HiddenTable, _ db: Database) throws -> String? {
        guard let name = intent.incrementalColumn else { return nil }
        guard let column = table.column(of: name) else {
            throw StagingError(
                code: .unknownColumn, message: "the result has no column \(name)", hint: "select it as well")
        }
        let highest = try String.fetchOne(
            db,
            sql: "SELECT CAST(max(\(SQLiteName.quoted(column.name))) AS TEXT) FROM \(SQLiteName.quoted(hidden.name))")
        return try highest ?? RunTable.watermark(name, table: target.table, db)?.value
    }
}
