public import BigQueryRows
import GRDB
import Synchronization
import TextSupport

/// One result on its way into a table.
///
/// Rows gather in a hidden table, each page in one transaction with the checkpoint that counts it.
/// ``finish()`` publishes them all at once. A run that stops before that can be continued by
/// ``StagingDatabase/continueRun(id:)``, also when its process was killed.
///
/// A page is committed when ``append(_:)`` returns, and is on the disk when the first page has come that is 5 seconds
/// later than the last sync, when 16 MiB more have been written, or when the run is finished. A power failure can undo the
/// pages since; they are fetched again.
public final class StagingRun: RowSink {
    private struct State {
        var table: StagedTable?
        var insertion: PageInsertion?
        var rows: Int64
        var dataWritten: Int64
        var statistics: StagingStatistics
        var durations = StagingDurations()
        /// When pages were last synced, in ``elapsed``.
        var syncedAt = Duration.zero
        /// How the database counts the commits of other connections; `nil` before the first page.
        var dataVersion: Int64?
        /// Whether another connection has committed since the rows were begun.
        var isShared = false
        /// Whether rows are written until the disk is full.
        var ignoresDiskSpace: Bool
    }

    /// The run as it was recorded when it was begun, or taken up again.
    public let recorded: RecordedRun
    private let connection: StagingConnection
    private let elapsed: @Sendable () -> Duration
    private let state: Mutex<State>

    /// How long a page that is committed can stay unsynced. Syncs this rare cost nothing that could be measured.
    private static let syncInterval = Duration.seconds(5)

    init(_ recorded: RecordedRun, connection: StagingConnection, ignoresDiskSpace: Bool) {
        self.recorded = recorded
        self.connection = connection
        elapsed = connection.clock.stopwatch()
        state = Mutex(
            State(
                rows: recorded.rows, dataWritten: recorded.dataWritten, statistics: recorded.statistics,
                // Between two processes any other one could have changed the rows.
                isShared: recorded.rows > 0, ignoresDiskSpace: ignoresDiskSpace))
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

    /// Makes the hidden table for rows of this schema, or continues with the one that is there.
    ///
    /// Throws `noColumns`, `tooManyColumns`, `invalidName` or `unknownColumn` for a schema that there can be no
    /// table for, `schemaMismatch` if the rows could not be published to the table that exists, or are not those
    /// that the run began with.
    public func begin(_ schema: TableSchema) async throws {
        try Task.checkCancellation()
        let (recorded, rows) = (recorded, rowsWritten)
        let insertion = PageInsertion(from: PageTable(columnCount: schema.fields.count), into: hiddenTable.name)
        let (table, version) = try await connection.write { [runID] db in
            try RunTable.require(runID, rows: rows, db)
            let table = try StagedTable(schema, goingTo: recorded.target, db)
            try insertion.pages.register(in: db)
            guard recorded.hasTable else {
                try RunTable.createTable(table, schema: schema, runID: runID, db)
                return (table, try Self.dataVersion(db))
            }
            if let difference = recorded.intent.schema?.firstDifference(to: schema) {
                throw StagingError(
                    code: .schemaMismatch, message: "the run \(runID) began with other columns: \(difference)",
                    hint: "drop its rows with --restart")
            }
            return (table, try Self.dataVersion(db))
        }
        state.withLock {
            $0.table = table
            $0.insertion = insertion
            $0.dataVersion = version
        }
    }

    /// Lets rows be written until the disk is full, as with ``StagingOptions/ignoresDiskSpace``.
    public func ignoreDiskSpace() {
        state.withLock { $0.ignoresDiskSpace = true }
    }

    /// Stages a page: all of its rows and the checkpoint, or nothing.
    ///
    /// Throws `unexpected` for a page that is not the next one, or not of the schema's columns, `keyViolated`
    /// for a row with NULL in its key, `incomplete` if SQLite stored fewer rows than the page has, `io` if the disk is
    /// full or would be before the last row.
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
        try checkDiskSpace(for: page, before)
        let rows = before.rows + Int64(page.rowCount)
        let now = elapsed()
        let isSyncDue = now - before.syncedAt >= Self.syncInterval
        let clock = connection.clock
        let dataWritten = before.dataWritten + page.dataByteCount
        var (inserting, version) = (Duration.zero, Int64?.none)
        let writing = try await clock.measure {
            do {
                (inserting, version) = try await connection.write(durably: isSyncDue) { [runID] db in
                    try RunTable.require(runID, rows: before.rows, db)
                    let inserting = try clock.measure { try pages.insert(page, db) }
                    try RunTable.checkpoint(runID, rows: rows, dataWritten: dataWritten, before.statistics, db)
                    return (inserting, try Self.dataVersion(db))
                }
            } catch let error as StagingError {
                throw error.addingDiskSpace(for: (before.statistics.totalRows ?? rows) - before.rows, like: page)
            }
        }
        state.withLock { [inserting, version] in
            $0.rows = rows
            $0.dataWritten = dataWritten
            $0.durations.insert += inserting
            $0.durations.commit += writing - inserting
            if isSyncDue { $0.syncedAt = now }
            $0.isShared = $0.isShared || $0.dataVersion != version
            $0.dataVersion = version
        }
    }

    /// A number that changes with every commit of another connection.
    private static func dataVersion(_ db: Database) throws -> Int64? {
        try Int64.fetchOne(db.cachedStatement(sql: "PRAGMA data_version"))
    }

    /// Rejects a page of a result that would fill the disk.
    private func checkDiskSpace(for page: RowPage, _ state: State) throws {
        guard !state.ignoresDiskSpace, let total = state.statistics.totalRows else { return }
        let space = DiskSpace(at: recorded.target.path)
        let rest = page.storedByteCount(rows: total - state.rows)
        let isCopied = recorded.target.ifExists == .append || recorded.target.ifExists == .upsert
        guard space.isTooScarce(forRest: rest, of: page.storedByteCount(rows: total), isCopied: isCopied) else {
            return
        }
        throw StagingError.scarceDiskSpace(space, rest: rest, path: recorded.target.path)
    }

    /// Makes the indexes, and publishes the rows under the table's name, if there are as many as there should be.
    /// They are on the disk when this returns, and the run awaits ``StagingDatabase/acknowledge(_:)``.
    ///
    /// After an error the run is to be stopped, which makes sure that they are not published after all if the disk
    /// failed in the very end.
    ///
    /// Throws `incomplete` if there are not; `keyViolated` if two rows have the same key; `targetExists`,
    /// `databaseUnusable` or `schemaMismatch` if another program changed the table since the run began.
    public func finish() async throws {
        try Task.checkCancellation()
        let (recorded, last) = (recorded, state.withLock { $0 })
        guard let table = last.table else { throw Self.misuse("finish without begin") }
        if let total = last.statistics.totalRows, total != last.rows {
            throw Self.incomplete(last.rows, of: total)
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
            try publication.check(table, db)
            // Only another connection can have changed the hidden rows.
            if try last.isShared || last.dataVersion != Self.dataVersion(db) {
                let count = try StagingDatabase.rowCount(of: hiddenTable.name, db)
                guard count == last.rows else { throw Self.incomplete(count, of: last.rows) }
            }
            let watermark = try recorded.watermark(of: table, hiddenTable, db)
            try publication.publish(table, from: hiddenTable, db)
            let target = recorded.target.table
            try RunTable.markPublished(
                runID, target: target, madeTable: publication.isWhole,
                tableRows: publication.isWhole ? last.rows : StagingDatabase.rowCount(of: target, db),
                watermark: watermark, db)
        }
        state.withLock { $0.table = nil }
    }

    /// Notes that the run stopped; its rows stay.
    ///
    /// Does nothing to a run that is finished.
    ///
    /// - Parameters:
    ///   - error: what went wrong, for the record; no secrets.
    ///   - canContinue: whether the missing rows can still be fetched. If not, the same command begins another run.
    public func stop(error: String, canContinue: Bool) async throws {
        // The end of the process does not wait for another pull that publishes.
        try await connection.write(patience: .seconds(1)) { [runID] db in
            try RunTable.stop(runID, canContinue: canContinue, error: error, db)
        }
        state.withLock { $0.table = nil }
    }

    /// Ends the run and drops its rows, since the missing ones cannot be fetched any more.
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
        return try await connection.read { [hiddenTable] db in try hiddenTable.lastRow(db) } ?? nil
    }

    private static func incomplete(_ rows: Int64, of total: Int64) -> StagingError {
        StagingError(
            code: .incomplete, message: "\(rows) rows were staged, but the result has \(total); nothing was published",
            hint: "run the same command again")
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
        return try highest ?? RunTable.watermark(name, table: target.table, path: target.path, db)?.value
    }
}

extension Clock<Duration> {
    /// The time since this was called.
    fileprivate func stopwatch() -> @Sendable () -> Duration {
        let start = now
        return { start.duration(to: now) }
    }
}
