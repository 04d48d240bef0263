import BigQuery
import BigQueryRows
import Foundation
public import SQLiteStaging
import Synchronization

extension QueryPull {
    /// Runs the query and stages its rows in a table of a local SQLite database.
    ///
    /// The target is checked before anything is sent; what is about to run is written to the database before the
    /// job is inserted; the rows are published in one transaction after the last one. After an error the table is
    /// as it was before, and the rows that have arrived are kept: the same pull again attaches to the job that
    /// exists and goes on with the next row. The same is one of the same project, location if given, SQL, parameters,
    /// dialect and incremental column into the same table, with the same mode and key.
    /// - Throws: ``PullError``, `StagingError`, `BigQueryError` (`resultExpired` if rows were staged and the others
    ///   are gone; ``startsAnew`` then drops them), `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    public func stage(into target: StagingTarget) async throws -> PullReport {
        if incrementalColumn != nil { try Incremental.check(query, into: target) }
        return try await staging(into: target) { database in
            if let run = try await earlierRun(in: database, continuing: continuedRun, of: try command()),
                let report = try await finish(run, in: database)
            {
                return report
            }
            return try await stageAnew(in: database, target)
        }
    }

    /// Goes on with a run; `nil` if another one has to be begun, because its job failed or the rows below its watermark
    /// are gone.
    private func finish(_ run: StagingRun, in database: StagingDatabase) async throws -> PullReport? {
        let session = PullSession(self, continuing: run.recorded)
        return try await run.recordingFailure(session.meter) {
            let job = run.recorded.intent
            let query = try QueryRequest(jobConfiguration: job.configuration, location: job.location)
            if query.sql != job.sql, try await !database.tableExists() {
                try await run.stop(error: "the table with the rows below the watermark is gone", canContinue: false)
                return nil
            }
            if let schema = run.recorded.wholeSchema {
                try await session.publish(schema, in: run)
                return await finishedReport(session, of: run, query)
            }
            // How it is run may have changed, if it has not been run.
            var unsent = query
            (unsent.labels, unsent.priority) = (self.query.labels, self.query.priority)
            unsent.useQueryCache = self.query.useQueryCache
            unsent.maximumBytesBilled = self.query.maximumBytesBilled
            guard let result = try await session.attach(run.recorded, query, inserting: unsent) else {
                try await run.stop(error: "the job failed or was cancelled", canContinue: false)
                return nil
            }
            try await transfer(result, session, to: run)
            return await finishedReport(session, of: run, query)
        }
    }

    /// Asks what the query would read and return if it were staged into a target now, without running it: with an
    /// incremental column, the rows above the highest value that is staged.
    ///
    /// The database is not made if it does not exist.
    /// - Throws: ``PullError``, `StagingError`, `BigQueryError`, `HTTPError`, `OAuthError` or `CancellationError`.
    public func estimate(into target: StagingTarget) async throws -> QueryEstimate {
        guard let incrementalColumn, FileManager.default.fileExists(atPath: target.path) else {
            return try await estimate()
        }
        try Incremental.check(query, into: target)
        let (watermark, _) = try await StagingDatabase.with(target, clock: clock) {
            try await $0.watermark(of: incrementalColumn)
        }
        var pull = self
        if let watermark { pull.query = Incremental.query(query, above: watermark) }
        return try await pull.estimate()
    }

    /// Begins a run of its own.
    private func stageAnew(in database: StagingDatabase, _ target: StagingTarget) async throws -> PullReport {
        var sent = query
        var isAddedToOthers = false
        if let column = incrementalColumn {
            if let watermark = try await database.watermark(of: column) {
                sent = Incremental.query(query, above: watermark)
            } else if target.ifExists == .append {
                isAddedToOthers = try await database.tableHasRows()
            }
        }
        let session = PullSession(self)
        let plan = try await session.plan(sent)
        if sent.readsWholeTable { session.meter.warnIfLarge(plan.dryRun.bytesProcessed, for: target.path) }
        if let column = incrementalColumn, let schema = plan.dryRun.schema {
            let field = try Incremental.check(column, in: schema)
            if sent == query { try await session.checkLaterRuns(of: query, by: field) }
        }
        try await onEstimate(QueryEstimate(plan))
        let (run, result) = try await session.repeatingFailedJobs { job in
            let run = try await database.begin(try intent(plan, job: job, runID: session.newRunID()))
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

    private func transfer(_ result: PullSession.Result, _ session: PullSession, to run: StagingRun) async throws {
        if let column = incrementalColumn { _ = try Incremental.check(column, in: result.schema) }
        session.meter.warnIfLarge(result.storedByteCount, for: run.recorded.target.path)
        try await session.transfer(result, to: run) {
            run.record(StagingStatistics($0, totalRows: result.totalRows))
        }
    }

    /// The report of a run that is published.
    ///
    /// Counts the rows that an incremental run above a watermark cannot take. They are no part of what was asked for,
    /// so that an error is a warning.
    private func finishedReport(_ session: PullSession, of run: StagingRun, _ sent: QueryRequest) async -> PullReport {
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
            incrementalColumn: incrementalColumn, project: job.projectId, location: plan.query.location,
            jobID: job.jobId, sql: continuedRun?.intent.sql ?? query.sql,
            configuration: try client.jobConfiguration(plan.query), statementType: plan.dryRun.statementType,
            estimatedBytes: plan.dryRun.bytesProcessed, schema: plan.dryRun.schema,
            toolVersion: ToolVersion.programName, startedAt: Date()
        )
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
