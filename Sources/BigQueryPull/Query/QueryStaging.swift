import BigQuery
import BigQueryRows
import Foundation
public import SQLiteStaging
import Synchronization
import TextSupport

extension QueryPull {
    /// Runs the query, and stages and publishes its rows in a table of a local SQLite database.
    ///
    /// The target is checked before the first request, and the intent is on the disk before the job is inserted. The
    /// rows are published in one transaction after the last one. After an error the target table is as it was before,
    /// and the rows that have arrived are kept: the same pull attaches to the existing job and continues with the next
    /// row, if the run is not older than ``continueWithin`` and its result has not expired. Otherwise its rows are
    /// dropped, the query runs again, and the report has a ``PullReport/droppedRun``. Two pulls are the same if they
    /// have the same project, location if given, SQL, parameters, dialect and incremental column, and the same target
    /// table, mode and key.
    ///
    /// - Parameter target: the table of a local database.
    /// - Returns: the published rows, to be acknowledged.
    /// - Throws: ``PullError``, `StagingError`, `BigQueryError` (`resultExpired` if an interrupted run cannot be
    ///   continued, and ``onEstimate`` or the limit of billed bytes rejects another one; its rows are kept then),
    ///   `RowsError`, `HTTPError`, `OAuthError`, the errors of ``onEstimate`` and ``onDiskSpaceShortage``, or
    ///   `CancellationError`.
    public func publish(into target: StagingTarget) async throws -> PublishedPull {
        if incrementalColumn != nil { try IncrementalQuery.check(query, into: target) }
        return try await publishing(into: target) { database in
            switch try await earlierRun(in: database, continuing: continuedRun, of: try command()) {
            case .published(let run): return PullReport(published: run)
            case .unfinished(let run):
                switch try await finish(database.continueRun(id: run.intent.runID), in: database) {
                case .published(let report): return report
                case .failed: return try await stageFromScratch(in: database, target)
                case .expired: return try await stageFromScratch(in: database, target, dropping: run)
                }
            case .outdated(let run): return try await stageFromScratch(in: database, target, dropping: run)
            case nil: return try await stageFromScratch(in: database, target)
            }
        }
    }

    /// The outcome of continuing a run.
    private enum Continuation {
        case published(PullReport)
        /// The job failed, or the rows below the watermark are gone: a new run is needed.
        case failed
        /// The result has expired; the staged rows are kept.
        case expired
    }

    private func finish(_ run: StagingRun, in database: StagingDatabase) async throws -> Continuation {
        let session = QuerySession(self, continuing: run.recorded)
        do {
            return try await run.recordingFailure(session.reporter) { try await finish(run, session, in: database) }
        } catch let error as BigQueryError where error.code == .resultExpired {
            return .expired
        }
    }

    private func finish(
        _ run: StagingRun, _ session: QuerySession, in database: StagingDatabase
    ) async throws -> Continuation {
        let job = run.recorded.intent
        // A new run replaces this one, whatever the error.
        guard let query = try? QueryRequest(jobConfiguration: job.configuration, location: job.location) else {
            try await run.stop(error: "the recorded job configuration is not valid", canContinue: false)
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
        // Options of execution apply to a job that was never inserted.
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

    /// Estimates the query as it would run for a target now, without running it: with an incremental column, for the
    /// rows above the highest staged value.
    ///
    /// The database is not changed, nor created if it does not exist.
    ///
    /// - Parameter target: the table of a local database.
    /// - Returns: the estimate of the query, wrapped if there is a watermark.
    /// - Throws: ``PullError``, `StagingError`, `BigQueryError`, `RowsError`, `HTTPError`, `OAuthError` or
    ///   `CancellationError`.
    public func estimate(into target: StagingTarget) async throws -> QueryEstimate {
        guard let incrementalColumn, FileManager.default.fileExists(atPath: target.path) else {
            return try await estimate()
        }
        try IncrementalQuery.check(query, into: target)
        let (watermark, _) = try await StagingDatabase.with(target, stagingOptions) {
            try await $0.watermark(of: incrementalColumn)
        }
        var pull = self
        if let watermark { pull.query = IncrementalQuery.query(query, above: watermark) }
        return try await pull.estimate()
    }

    /// Starts a new run. The rows of `dropped`, a run that cannot be continued, are dropped once the new run is allowed.
    private func stageFromScratch(
        in database: StagingDatabase, _ target: StagingTarget, dropping dropped: RecordedRun? = nil
    ) async throws -> PullReport {
        var sent = query
        var addsToOtherRows = false
        if let column = incrementalColumn {
            if let watermark = try await database.watermark(of: column) {
                sent = IncrementalQuery.query(query, above: watermark)
            } else if target.ifExists == .append {
                addsToOtherRows = try await database.tableHasRows()
            }
        }
        let session = QuerySession(self)
        let plan = try await session.plan(sent)
        if sent.readsWholeTable {
            try await checkDiskSpace(
                for: plan.dryRun.bytesProcessed, at: target.path, session.reporter, isCopied: target.addsRows)
        }
        if let column = incrementalColumn, let schema = plan.dryRun.schema {
            let field = try IncrementalQuery.check(column, in: schema)
            if sent == query { try await IncrementalQuery.requireSubquery(query, field, session.client) }
        }
        try await allow(plan, dropping: dropped)
        if let dropped { session.reporter.report.droppedRun = await dropped.dropped(session.client) }
        let (run, result) = try await session.retryingFailedJobs { job in
            let intent = try intent(plan, job: job)
            session.reporter.report.runID = intent.runID
            let run = try await database.begin(intent)
            if let dropped { await dropped.cancelJob(session.client) }
            return try await run.recordingFailure(session.reporter) { (run, try await session.start(plan, as: job)) }
        }
        try await run.recordingFailure(session.reporter) { try await transfer(result, session, to: run) }
        var report = await finishedReport(session, of: run, sent)
        if addsToOtherRows {
            report.warnings.append(
                PullWarning(
                    code: .firstIncrementalRun,
                    message: "the first incremental run loads all rows; they were added to the rows of the table"))
        }
        return report
    }

    /// The minimum that BigQuery bills per table of a query (https://cloud.google.com/bigquery/pricing).
    private static let minBilledBytes: Int64 = 10 << 20

    /// Asks the caller before the query is billed.
    private func allow(_ plan: PlannedQuery, dropping dropped: RecordedRun?) async throws {
        guard let dropped else { return try await onEstimate(QueryEstimate(plan)) }
        let bytes = plan.dryRun.bytesProcessed
        do {
            try await onEstimate(QueryEstimate(plan))
        } catch let error where !(error is CancellationError) {
            throw BigQueryError.expired(dropped, bytes, cause: error)
        }
        // BigQuery would reject the job only after the rows were dropped.
        if let limit = query.maximumBytesBilled, let bytes, max(bytes, Self.minBilledBytes) > limit {
            throw BigQueryError.expired(dropped, bytes)
        }
    }

    private func transfer(_ result: QueryResult, _ session: QuerySession, to run: StagingRun) async throws {
        if let column = incrementalColumn { _ = try IncrementalQuery.check(column, in: result.schema) }
        let target = run.recorded.target
        try await checkDiskSpace(
            for: result.storedByteCount, at: target.path, session.reporter, isCopied: target.addsRows)
        if session.reporter.acceptsDiskSpaceShortage { run.ignoreDiskSpace() }
        try await session.transfer(result, to: run, willDeliver: run.record)
    }

    /// The report of a published run, with the number of rows that no watermark selects.
    ///
    /// The pull has succeeded without that number, so an error is a warning.
    private func finishedReport(_ session: QuerySession, of run: StagingRun, _ sent: QueryRequest) async -> PullReport {
        var report = session.reporter.finishedReport(of: run)
        guard let column = incrementalColumn,
            let count = IncrementalQuery.nullCount(of: sent, run.recorded.intent.sql, column)
        else { return report }
        do {
            let value = SingleValue()
            _ = try await QueryPull(count, client: client, clock: clock).run(into: value)
            report.rowsWithoutWatermark = value.value
        } catch {
            report.warnings.append(
                PullWarning(
                    code: .rowsNotCounted,
                    message: "the rows whose \(column) is NULL could not be counted: \(error)"))
        }
        return report
    }

    /// Identifies the pull, apart from its target.
    private func command() throws -> String {
        struct Command: Encodable {
            var project: String
            var location: String?
            var sql: String
            var parameters: [QueryParameter]
            var useLegacySQL: Bool
            var incrementalColumn: String?
        }
        return try JSONEncoder.canonical.text(
            Command(
                project: client.configuration.project, location: query.location, sql: query.sql,
                parameters: try query.parameters.validated(), useLegacySQL: query.useLegacySQL,
                incrementalColumn: incrementalColumn?.lowercased()))
    }

    private func intent(_ plan: PlannedQuery, job: JobReference) throws -> StagingIntent {
        StagingIntent(
            runID: StagingIntent.newRunID(), command: try continuedRun?.intent.command ?? command(),
            incrementalColumn: incrementalColumn, project: job.projectID, location: plan.query.location,
            jobID: job.jobID, sql: continuedRun?.intent.sql ?? query.sql,
            configuration: try client.jobConfiguration(plan.query), statementType: plan.dryRun.statementType,
            estimatedBytes: plan.dryRun.bytesProcessed, schema: plan.dryRun.schema,
            toolVersion: ToolVersion.programName, startedAt: Date()
        )
    }
}

extension BigQueryError {
    /// The error for a run that cannot be continued and whose query was not allowed to run again.
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
    /// Whether this is a plain `SELECT * FROM table`, whose result is as large as the bytes it reads.
    fileprivate var readsWholeTable: Bool {
        sql.wholeMatch(of: /(?i)\s*SELECT\s+\*\s+FROM\s+[`\w.:-]+\s*;?\s*/) != nil
    }
}

extension RecordedRun {
    /// The columns of a run whose rows are all staged; `nil` if rows are missing.
    fileprivate var wholeSchema: TableSchema? {
        hasTable && rows == statistics.totalRows ? intent.schema : nil
    }
}

/// Takes the value of a result with one row and one column.
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
