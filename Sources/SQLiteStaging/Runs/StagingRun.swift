package import BigQueryRows
package import Foundation
import GRDB
import Synchronization
import TextSupport

/// Stages the rows of one result.
///
/// Pages are inserted into a hidden table, each in one transaction with the checkpoint that counts its rows.
/// ``finish()`` publishes all rows at once. A run that stops earlier can be continued with
/// ``StagingDatabase/continueRun(id:)``, even after its process was killed.
///
/// A page is committed when ``append(_:)`` returns. It is synced to the disk with the first page that arrives 5 seconds
/// after the last sync, after 16 MiB of further writes, or when the run is finished. A power failure can undo later
/// pages; they are fetched again.
package final class StagingRun: RowSink {
    private struct State {
        var table: HiddenTable?
        var insertion: PageInsertion?
        var rows: Int64
        var dataWritten: Int64
        var statistics: StagingStatistics
        var insertDuration = Duration.zero
        var commitDuration = Duration.zero
        /// The time of the last sync, in ``elapsed``.
        var syncedAt = Duration.zero
        /// SQLite's counter of the commits of other connections; `nil` before the first page.
        var dataVersion: Int64?
        /// Whether another connection has committed since the first row.
        var isShared = false
        /// Whether pages are written regardless of the disk space.
        var ignoresDiskSpace: Bool
    }

    /// The record of the run at the time when it was begun or continued.
    package let recorded: RecordedRun
    /// The runs whose rows were dropped when this one began.
    package let dropped: [RecordedRun]
    /// The loads whose marks were reset when this one began, because the table did not exist.
    package let resetLoads: [String]
    private let connection: StagingConnection
    private let elapsed: @Sendable () -> Duration
    private let state: Mutex<State>
    /// The result of the publication. Not a part of the state, which every page copies.
    private let published = Mutex<PublicationOutcome?>(nil)

    /// The time that a committed page can stay unsynced. Syncs at this interval have no measurable cost.
    private static let syncInterval = Duration.seconds(5)

    init(
        _ recorded: RecordedRun, connection: StagingConnection, ignoresDiskSpace: Bool, dropped: [RecordedRun] = [],
        resetLoads: [String] = []
    ) {
        self.recorded = recorded
        self.dropped = dropped
        self.resetLoads = resetLoads
        self.connection = connection
        elapsed = stopwatch(connection.clock)
        state = Mutex(
            State(
                rows: recorded.rows, dataWritten: recorded.dataWritten, statistics: recorded.statistics,
                // Another process can have changed the rows of an interrupted run.
                isShared: recorded.rows > 0, ignoresDiskSpace: ignoresDiskSpace))
    }

    /// The result of the publication; `nil` before ``finish()``.
    package var outcome: PublicationOutcome? { published.withLock { $0 } }

    private var runID: String { recorded.intent.runID }

    /// The number of committed rows.
    package var rowsWritten: Int64 { state.withLock { $0.rows } }

    /// The bytes of data in the committed cells; a number counts as 8, NULL as 0.
    package var dataWritten: Int64 { state.withLock { $0.dataWritten } }

    /// The time spent on inserting rows, in this process.
    package var insertDuration: Duration { state.withLock { $0.insertDuration } }

    /// The time spent on transactions and on checkpoints of the write-ahead log, in this process.
    package var commitDuration: Duration { state.withLock { $0.commitDuration } }

    /// Sets the statistics that are recorded with the next page, or when the run is finished.
    package func record(_ statistics: StagingStatistics) {
        state.withLock { $0.statistics = statistics }
    }

    /// Creates the hidden table for rows of this schema, or continues with that of an earlier attempt.
    ///
    /// - Throws: ``StagingError``: `noColumns`, `tooManyColumns`, `invalidName` or `unknownColumn` if no table can have
    ///   this schema; `schemaMismatch` if it does not match the existing table or the rows staged earlier;
    ///   `targetExists`, `noKey` or `databaseUnusable` if the existing table has changed; `superseded` if another
    ///   process has ended or continued the run.
    package func begin(_ schema: TableSchema) async throws {
        try Task.checkCancellation()
        let (recorded, rows) = (recorded, rowsWritten)
        let (table, insertion, version) = try await connection.write { [runID] db in
            try RunLog.requireRunning(runID, rows: rows, db)
            let table = try HiddenTable(
                schema, ofRun: runID, publishedTo: recorded.target, of: recorded.intent.load, db)
            let insertion = PageInsertion(
                columnCount: schema.fields.count, adding: table.addedValues(of: recorded.intent), into: table.name)
            try insertion.register(in: db)
            guard recorded.hasTable else {
                try RunLog.create(table, schema: schema, runID: runID, db)
                return (table, insertion, try Self.dataVersion(db))
            }
            if let difference = recorded.intent.schema?.firstDifference(to: schema) {
                throw StagingError(
                    code: .schemaMismatch, message: "the run \(runID) began with other columns: \(difference)",
                    detail: .changedSchema)
            }
            return (table, insertion, try Self.dataVersion(db))
        }
        state.withLock {
            $0.table = table
            $0.insertion = insertion
            $0.dataVersion = version
        }
    }

    /// Writes further pages regardless of the disk space, as with ``StagingOptions/ignoresDiskSpace``.
    package func ignoreDiskSpace() {
        state.withLock { $0.ignoresDiskSpace = true }
    }

    /// Stages a page: all of its rows and the checkpoint, or nothing.
    ///
    /// - Throws: ``StagingError``: `unexpected` for a page that is not the next one, or has other columns; `keyViolated`
    ///   for a row with NULL in its key; `valueTooLarge`; `incomplete` if SQLite stored fewer rows than the page has;
    ///   `io` if the disk is full or would be full before the last row; `superseded` if another process has ended or
    ///   continued the run.
    package func append(_ page: RowPage) async throws {
        try Task.checkCancellation()
        let before = state.withLock { $0 }
        guard before.table != nil, let insertion = before.insertion else {
            throw Self.misuse("a page was appended before begin or after finish")
        }
        guard page.firstRow == before.rows else {
            throw Self.misuse("a page begins at row \(page.firstRow), but \(before.rows) rows are staged")
        }
        guard page.columnCount == insertion.columnCount else {
            throw Self.misuse("a page has \(page.columnCount) columns instead of \(insertion.columnCount)")
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
                    try RunLog.requireRunning(runID, rows: before.rows, db)
                    let inserting = try clock.measure { try insertion.insert(page, db) }
                    try RunLog.checkpoint(runID, rows: rows, dataWritten: dataWritten, before.statistics, db)
                    return (inserting, try Self.dataVersion(db))
                }
            } catch let error as StagingError {
                throw error.addingDiskSpace(for: (before.statistics.totalRows ?? rows) - before.rows, like: page)
            }
        }
        state.withLock { [inserting, version] in
            $0.rows = rows
            $0.dataWritten = dataWritten
            $0.insertDuration += inserting
            $0.commitDuration += writing - inserting
            if isSyncDue { $0.syncedAt = now }
            $0.isShared = $0.isShared || $0.dataVersion != version
            $0.dataVersion = version
        }
    }

    /// SQLite's counter, which changes with every commit of another connection.
    private static func dataVersion(_ db: Database) throws -> Int64? {
        try Int64.fetchOne(db.cachedStatement(sql: "PRAGMA data_version"))
    }

    /// Rejects a page of a result that would fill the disk.
    private func checkDiskSpace(for page: RowPage, _ state: State) throws {
        guard !state.ignoresDiskSpace, let total = state.statistics.totalRows else { return }
        let space = DiskSpace(at: recorded.target.path)
        let missingBytes = page.storedByteCount(rows: total - state.rows)
        let isCopied = recorded.target.addsRows
        guard
            space.isTooScarce(
                forRest: missingBytes, of: page.storedByteCount(rows: total), isCopied: isCopied)
        else {
            return
        }
        throw StagingError.scarceDiskSpace(space, missingBytes: missingBytes, path: recorded.target.path)
    }

    /// Creates the indexes, and publishes the rows if their number is that of the result. They are on the disk when this
    /// returns, and the run awaits ``StagingDatabase/acknowledge(_:)``.
    ///
    /// After an error, stop the run. If the disk failed during the last commit, that ensures that the rows do not become
    /// visible later.
    ///
    /// - Throws: ``StagingError``, as ``finish(now:)`` does.
    package func finish() async throws { try await finish(now: Date()) }

    /// Publishes the rows, as ``finish()`` does.
    ///
    /// - Parameter now: the current time; values more than a day later are in the future.
    /// - Throws: ``StagingError``: `incomplete` if rows are missing; `keyViolated` if two rows have the same key, and
    ///   neither is the latest; `constraintViolated` if they violate a constraint of the existing table;
    ///   `targetExists`, `databaseUnusable`, `noKey`, `tooManyColumns`, `unknownOrigin` or `schemaMismatch` if another
    ///   program has changed that table since the run began; `unknownColumn` if the incremental column is missing;
    ///   `superseded` if another process has ended or continued the run; `unexpected` without ``begin(_:)``.
    package func finish(now: Date) async throws {
        try Task.checkCancellation()
        let (recorded, last) = (recorded, state.withLock { $0 })
        guard let table = last.table else { throw Self.misuse("finish without begin") }
        if let total = last.statistics.totalRows, total != last.rows {
            throw Self.incomplete(last.rows, of: total)
        }
        try await connection.write { [runID] db in
            try RunLog.requireRunning(runID, rows: last.rows, db)
            let publication = try Publication(to: recorded.target, db)
            try table.createIndexes(keyOnly: !publication.renamesHiddenTable, db)
            try RunLog.checkpoint(runID, rows: last.rows, dataWritten: last.dataWritten, last.statistics, db)
        }
        let outcome = try await connection.write(durably: true) { [runID] db in
            try RunLog.requireRunning(runID, rows: last.rows, db)
            let publication = try Publication(to: recorded.target, db)
            try publication.check(table, of: recorded.intent.load, db)
            // Only another connection can have changed the hidden rows.
            if try last.isShared || last.dataVersion != Self.dataVersion(db) {
                let count = try StagingDatabase.rowCount(of: table.name, db)
                guard count == last.rows else { throw Self.incomplete(count, of: last.rows) }
            }
            return try recorded.publish(table, publication, rowCount: last.rows, now: now, db)
        }
        state.withLock { $0.table = nil }
        published.withLock { $0 = outcome }
    }

    /// Records that the run stopped. Its rows stay. Has no effect on a finished run. Waits at most one second for a lock.
    ///
    /// - Parameters:
    ///   - error: the reason, without secrets.
    ///   - canContinue: whether the missing rows can still be fetched. If not, the next pull of the command begins
    ///     another run.
    /// - Throws: ``StagingError``, if that cannot be recorded.
    package func stop(error: String, canContinue: Bool) async throws {
        // The process does not wait at its end for the publication of another run.
        try await connection.write(patience: .seconds(1)) { [runID] db in
            try RunLog.stop(runID, canContinue: canContinue, error: error, db)
        }
        state.withLock { $0.table = nil }
    }

    /// Ends the run and drops its rows, because the missing ones can no longer be fetched.
    ///
    /// - Parameter error: the reason, without secrets.
    /// - Throws: ``StagingError``, if that cannot be recorded.
    package func discard(error: String) async throws {
        try await connection.write { [runID] db in
            try RunLog.stop(runID, canContinue: false, error: error, db)
            try RunLog.drop(runID, as: .failed, db)
        }
        state.withLock { $0.table = nil }
    }

    /// The values of the last staged row; `nil` without rows, or if columns have taken all names of the row ID.
    ///
    /// - Throws: ``StagingError``.
    package func lastRow() async throws -> [CellValue]? {
        guard rowsWritten > 0 else { return nil }
        let target = recorded.target
        return try await connection.read { [runID] db in
            try HiddenTable.lastRow(ofRun: runID, for: target, db)
        } ?? nil
    }

    private static func incomplete(_ rows: Int64, of total: Int64) -> StagingError {
        StagingError(
            code: .incomplete, message: "\(rows) rows were staged, but the result has \(total); nothing was published")
    }

    private static func misuse(_ message: String) -> StagingError {
        StagingError(code: .unexpected, message: message)
    }
}

extension RecordedRun {
    /// Publishes the rows of the hidden table, and records that.
    fileprivate func publish(
        _ table: HiddenTable, _ publication: Publication, rowCount: Int64, now: Date, _ db: Database
    ) throws -> PublicationOutcome {
        let load = intent.load
        let highest = try load?.range.flatMap { try highestValue(of: $0, in: table, db) }
        let isFirst = try load.map { try LoadRecords.find($0.name, path: target.path, db)?.isStarted != true } ?? false
        var outcome = PublicationOutcome()
        // Before publishing drops rows or the hidden table.
        if isFirst, let range = load?.range { outcome.rowsWithoutValue = try rowsWithoutValue(in: range, table, db) }
        let effect = try publication.publish(table, of: load, rowCount: rowCount, db)
        outcome.rows = effect.rows
        try RunLog.markPublished(
            self, outcome: &outcome, rowIDs: effect.rowIDs, highestValue: highest,
            resultColumns: table.resultColumns.map(\.name), addedColumns: effect.addedColumns,
            madeTable: effect.madeTable, replacedTable: effect.replacedTable, db)
        try countFuture(in: table, now: now, &outcome, db)
        return outcome
    }

    /// The highest value of the incremental column in the hidden table, in canonical form; `nil` if no row has one.
    private func highestValue(of range: IncrementalRange, in table: HiddenTable, _ db: Database) throws -> String? {
        guard let column = table.column(of: range.column) else {
            throw StagingError(code: .unknownColumn, message: "the result has no column \(range.column)")
        }
        return try String.fetchOne(
            db,
            sql: """
                SELECT CAST(max(\(SQLiteName.quoted(column.name))) AS TEXT) FROM \(SQLiteName.quoted(table.name))
                """
        ).map { IncrementalValue($0, type: range.type)?.text ?? $0 }
    }

    /// The number of rows in the hidden table without a value in the incremental column.
    private func rowsWithoutValue(in range: IncrementalRange, _ table: HiddenTable, _ db: Database) throws -> Int64 {
        guard let column = table.column(of: range.column) else { return 0 }
        let (name, value) = (SQLiteName.quoted(table.name), SQLiteName.quoted(column.name))
        return try Int64.fetchOne(db, sql: "SELECT count(*) FROM \(name) WHERE \(value) IS NULL") ?? 0
    }

    /// Counts the rows of the load in the table that are more than a day in the future, if its mark is.
    private func countFuture(
        in table: HiddenTable, now: Date, _ outcome: inout PublicationOutcome, _ db: Database
    ) throws {
        guard let load = intent.load, let range = load.range, let column = table.column(of: range.column),
            let mark = outcome.mark.flatMap({ IncrementalValue($0, type: range.type) }),
            let limit = IncrementalValue(now.addingTimeInterval(24 * 60 * 60), type: range.type), mark > limit
        else { return }
        let value = "\(SQLiteName.quoted(column.name)) COLLATE BINARY"
        var arguments: StatementArguments = [limit.text, limit.text]
        var condition = "true"
        if let loadColumn = target.loadColumn {
            condition = LoadLabels.condition(loadColumn)
            arguments += [load.name]
        }
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT count(*) FILTER (WHERE \(value) > ?), max(\(value)) FILTER (WHERE \(value) <= ?)
                FROM \(SQLiteName.quoted(target.table)) WHERE \(condition)
                """,
            arguments: arguments)
        outcome.rowsInFuture = row?[0] ?? 0
        outcome.highestPastValue = row?[1]
    }
}
