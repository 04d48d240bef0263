import BigQuery
import BigQueryRows
import Foundation
public import SQLiteStaging
import Synchronization

extension QueryPull {
    /// Runs the query, and stages and publishes its rows in a table of a local SQLite database.
    ///
    /// The target is checked before anything is sent; what is about to run is on the disk before the job is inserted;
    /// the rows are published in one transaction after the last one. After an error the table is as it was before, and
    /// the rows that have arrived are kept: the same pull attaches to the job that exists and continues with the next
    /// row, if the run is not older than ``continueWithin`` and its result has not expired. Otherwise its rows are
    /// dropped, the query runs again, and the report has a ``PullReport/droppedRun``. Two pulls are the same if
    /// they have the same project, location if given, SQL, parameters, dialect and incremental column, the same table,
    /// mode and key.
    ///
    /// - Throws: ``PullError``, `StagingError`, `BigQueryError` (`resultExpired` if an interrupted run cannot be
    ///   continued and ``onEstimate`` or the limit of billed bytes forbids another one; its rows are kept then),
    ///   `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    public func publish(into target: StagingTarget) async throws -> PublishedPull {
        if incrementalColumn != nil { try Incremental.check(query, into: target) }
        return try await publishing(into: target) { database in
            switch try await earlierRun(in: database, continuing: continuedRun, of: try command()) {
            case .published(let run): return PullReport(published: run)
            case .unfinished(let run):
                switch try await finish(database.continueRun(id: run.intent.runID), in: database) {
                case .published(let report): return report
                case .failed: return try await stageAnew(in: database, target)
                case .expired: return try await stageAnew(in: database, target, dropping: run)
                }
            case .outdated(let run): return try await stageAnew(in: database, target, dropping: run)
            case nil: return try await stageAnew(in: database, target)
            }
        }
    }

    /// How the continuation of a run ended.
    private enum Continuation {
        case published(PullReport)
        /// Its job failed, or the rows below its watermark are gone: another run has to begin.
        case failed
        /// Its result is gone; the rows that are staged are kept.
        case expired
    }

    /// Continues a run.
    private func finish(_ run: StagingRun, in database: StagingDatabase) async throws -> Continuation {
        let session = QuerySession(self, continuing: run.recorded)
        do {
            return try await run.recordingFailure(session.meter) { try await finish(run, session, in: database) }
        } catch let error as BigQueryError where error.code == .resultExpired {
            return .expired
        }
    }

    private func finish(
        _ run: StagingRun, _ session: QuerySession, in database: StagingDatabase
    ) async throws -> Continuation {
        let job = run.recorded.intent
        guard let query = try? QueryRequest(jobConfiguration: job.configuration, location: job.location) else {
            try await run.stop(error: "the record of the job cannot be read", canContinue: false)
            return .failed
        }
        if query.sql != job.sql, try await !database.tableExists() {
            try await run.stop(error: "the table with the rows below the watermark is gone", canContinue: false)
            return .failed
        }
        if let schema = run.recorded.wholeSchema {
            try await session.publish(schema, in: run)
            return .published(await finishedReport(session, of: run, query))
        }
        // How it is run can have changed, if it has not been run.
        var unsent = query
        (unsent.labels, unsent.priority) = (self.query.labels, self.query.priority)
        unsent.useQueryCache = self.query.useQueryCache
        unsent.maximumBytesBilled = self.query.maximumBytesBilled
        guard let result = try await session.attach(run.recorded, query, inserting: unsent) else {
            try await run.stop(error: "the job failed or was cancelled", canContinue: false)
            return .failed
        }
        try await transfer(result, session, to: run)
        return .published(await finishedReport(session, of: run, query))
    }

    /// Estimates what the query would read and return if it were staged into a target now, without running it: with an
    /// incremental column, the rows above the highest value that is staged.
    ///
    /// Nothing is written to the database, and it is not created if it does not exist.
    /// - Throws: ``PullError``, `StagingError`, `BigQueryError`, `HTTPError`, `OAuthError` or `CancellationError`.
    public func estimate(into target: StagingTarget) async throws -> QueryEstimate {
        guard let incrementalColumn, FileManager.default.fileExists(atPath: target.path) else {
            return try await estimate()
        }
        try Incremental.check(query, into: target)
        let (watermark, _) = try await StagingDatabase.with(target, stagingOptions) {
            try await $0.watermark(of: incrementalColumn)
        }
        var pull = self
        if let watermark { pull.query = Incremental.query(query, above: watermark) }
        return try await pull.estimate()
    }

    /// Begins a run of its own.
    ///
    /// - Parameter dropped: an interrupted run that cannot be continued; its rows are dropped once this run may begin.
    private func stageAnew(
        in database: StagingDatabase, _ target: StagingTarget, dropping dropped: RecordedRun? = nil
    ) async throws -> PullReport {
        var sent = query
        var isAddedToOthers = false
        if let column = incrementalColumn {
            if let watermark = try await database.watermark(of: column) {
                sent = Incremental.query(query, above: watermark)
            } else if target.ifExists == .append {
                isAddedToOthers = try await database.tableHasRows()
            }
        }
        let session = QuerySession(self)
        let plan = try await session.plan(sent)
        if sent.readsWholeTable {
            try await checkDiskSpace(
                for: plan.dryRun.bytesProcessed, at: target.path, session.meter, isCopied: target.isAddedTo)
        }
        if let column = incrementalColumn, let schema = plan.dryRun.schema {
            let field = try Incremental.check(column, in: schema)
            if sent == query { try await session.checkLaterRuns(of: query, by: field) }
        }
        try await allow(plan, dropping: dropped)
        if let dropped { session.meter.report.droppedRun = await session.bill(of: dropped) }
        let (run, result) = try await session.repeatingFailedJobs { job in
            let run = try await database.begin(try intent(plan, job: job, runID: session.newRunID()))
            if let dropped { await session.cancel(dropped) }
            return try await run.recordingFailure(session.meter) { (run, try await session.start(plan, as: job)) }
        }
        try await run.recordingFailure(session.meter) { try await transfer(result, session, to: run) }
        var report = await finishedReport(session, of: run, sent)
        if isAddedToOthers {
            report.warnings.append(
                PullWarning(
                    code: .firstIncrementalRun,
                    message: "the first incremental run takes all rows; they were added to those that the table had"))
        }
        return report
    }

    /// What BigQuery bills for a query at least, for each table (https://cloud.google.com/bigquery/pricing).
    private static let leastBilledBytes: Int64 = 10 << 20

    /// Lets the caller stop a query before it is billed.
    private func allow(_ plan: PullPlan, dropping dropped: RecordedRun?) async throws {
        guard let dropped else { return try await onEstimate(QueryEstimate(plan)) }
        let bytes = plan.dryRun.bytesProcessed
        do {
            try await onEstimate(QueryEstimate(plan))
        } catch let error where !(error is CancellationError) {
            throw BigQueryError.expired(dropped, bytes, cause: error)
        }
        // BigQuery would reject the job when the rows are dropped already.
        if let limit = query.maximumBytesBilled, let bytes, max(bytes, Self.leastBilledBytes) > limit {
            throw BigQueryError.expired(dropped, bytes)
        }
    }

    private func transfer(_ result: QuerySession.Result, _ session: QuerySession, to run: StagingRun) async throws {
        if let column = incrementalColumn { _ = try Incremental.check(column, in: result.schema) }
        let goal = run.recorded.target
        try await checkDiskSpace(
            for: result.storedByteCount, at: goal.path, session.meter, isCopied: goal.isAddedTo)
        if session.meter.acceptsDiskSpaceShortage { run.ignoreDiskSpace() }
        try await session.transfer(result, to: run) {
            run.record(StagingStatistics($0, totalRows: result.totalRows))
        }
    }

    /// The report of a run that is published.
    ///
    /// Counts the rows that an incremental run above a watermark cannot take. They are no part of what was asked for,
    /// so that an error is a warning.
    private func finishedReport(_ session: QuerySession, of run: StagingRun, _ sent: QueryRequest) async -> PullReport {
        var report = session.finishedReport(of: run)
        guard let column = incrementalColumn,
            let count = Incremental.nullCount(of: sent, run.recorded.intent.sql, column)
        else { return report }
        do {
            let value = SingleValue()
            _ = try await QueryPull(count, client: client, clock: clock).run(into: value)
            report.rowsWithoutWatermark = value.value
        } catch {
            report.warnings.append(
                PullWarning(
                    code: .rowsNotCounted,
                    message: "the rows without a value in \(column) could not be counted: \(error)"))
        }
        return report
    }

    /// What makes another pull the same, but for its target.
    private func command() throws -> String {
        struct Command: Encodable {
            var project: String
            var location: String?
            var sql: String
            var parameters: [QueryParameter]
            var useLegacySQL: Bool
            var incrementalColumn: String?
        }
        return try stableJSON(
            Command(
                project: client.configuration.project, location: query.location, sql: query.sql,
                parameters: query.parameters, useLegacySQL: query.useLegacySQL,
                incrementalColumn: incrementalColumn?.lowercased()))
    }

    private func intent(_ plan: PullPlan, job: JobReference, runID: String) throws -> StagingIntent {
        StagingIntent(
            runID: runID, command: try continuedRun?.intent.command ?? command(),
            incrementalColumn: incrementalColumn, project: job.projectID, location: plan.query.location,
            jobID: job.jobID, sql: continuedRun?.intent.sql ?? query.sql,
            configuration: try client.jobConfiguration(plan.query), statementType: plan.dryRun.statementType,
            estimatedBytes: plan.dryRun.bytesProcessed, schema: plan.dryRun.schema,
            toolVersion: ToolVersion.programName, startedAt: Date()
        )
    }
}

extension BigQueryError {
    /// The error for an interrupted run that cannot be continued, and whose query may not run again.
    fileprivate static func expired(
        _ run: RecordedRun, _ bytes: Int64?, cause: (any Error)? = nil
    ) -> BigQueryError {
        let total = run.statistics.totalRows.map { " of \($0)" } ?? ""
        return BigQueryError(
            code: .resultExpired,
            message: """
                the run \(run.intent.runID) is too old or its result has expired; \(run.rows)\(total) rows are staged and \
                kept; a new run would process \(bytes.map(String.init) ?? "an unknown number of") bytes
                """,
            detail: .rerunNeedsApproval, cause: cause)
    }
}

extension QueryRequest {
    /// Whether this is so plainly `SELECT * FROM table` that the result is as large as what the query reads.
    fileprivate var readsWholeTable: Bool {
        sql.wholeMatch(of: /(?i)\s*SELECT\s+\*\s+FROM\s+[`\w.:-]+\s*;?\s*/) != nil
    }
}

extension RecordedRun {
    /// The columns of a run of which every row is staged, so that nothing has to be fetched.
    fileprivate var wholeSchema: TableSchema? {
        hasTable && rows == statistics.totalRows ? intent.schema : nil
    }
}

/// Takes the one value of a result of one row and one column.
private final class SingleValue: RowSink {
    private let found = Mutex<Int64?>(nil)

    var value: Int64? { found.withLock { $0 } }

    func begin(_ schema: TableSchema) {}

    func append(_ page: RowPage) {
        guard page.rowCount == 1, page.columnCount == 1, case .integer(let value) = page[0, 0] else { return }
        found.withLock { $0 = value }
    }

    func finish() {}
}
