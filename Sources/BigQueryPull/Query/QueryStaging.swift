import BigQuery
import BigQueryRows
import Foundation
public import SQLiteStaging
import TextSupport

extension QueryPull {
    /// Runs the query, and stages and publishes its rows in a table of a local SQLite database.
    ///
    /// The target and the load are checked before the first request, and the intent is on the disk before the job is
    /// inserted. The rows are published in one transaction after the last one. After an error the target table is as it
    /// was before, and the rows that have arrived are kept: the same pull attaches to the existing job and continues with
    /// the next row, if the run is not older than ``continueWithin`` and its result has not expired. Otherwise its rows
    /// are dropped, the query runs again, and the report has a ``PullReport/droppedRun``. Two pulls are the same if they
    /// have the same project, location if given, SQL, parameters, dialect, incremental column, load, bounds and lookback,
    /// and the same target table, mode, key and added columns.
    ///
    /// - Parameter target: the table of a local database.
    /// - Returns: the published rows, to be acknowledged.
    /// - Throws: ``PullError`` (`loadChanged`, `loadConflict`, `rowsWithoutLoad`, `unassignedMark`, `loadColumnRequired`
    ///   or `invalidBound` if the load cannot run), `StagingError`, `BigQueryError` (`resultExpired` if an interrupted
    ///   run cannot be continued, and ``onEstimate`` or the limit of billed bytes rejects another one; its rows are kept
    ///   then), `RowsError`, `HTTPError`, `OAuthError`, the errors of ``onEstimate`` and ``onDiskSpaceShortage``, or
    ///   `CancellationError`.
    public func publish(into target: StagingTarget) async throws -> PublishedPull {
        let options = try checkedLoadOptions(into: target)
        let command = try continuedRun?.intent.command ?? QueryCommand(self, into: target).text()
        return try await publishing(into: target) { database in
            let earlier = try await earlierRun(in: database, continuing: continuedRun, of: command)
            if case .published(let run) = earlier { return try await database.report(published: run) }
            let staging = Staging(
                pull: self, command: command, target: target, database: database,
                load: try await database.plan(options, into: target))
            switch earlier {
            case .unfinished(let run): return try await staging.continueRun(run)
            case .outdated(let run): return try await staging.start(replacing: .outdated(run))
            case .published, nil: return try await staging.start()
            }
        }
    }

    /// Estimates the query as it would run for a target now, without running it: an incremental load with the bounds of
    /// its next run.
    ///
    /// The database is not changed, nor created if it does not exist.
    ///
    /// - Parameter target: the table of a local database.
    /// - Returns: the estimate of the query with its bounds, and of the count of its rows without a value if that is
    ///   requested.
    /// - Throws: ``PullError``, `StagingError`, `BigQueryError`, `RowsError`, `HTTPError`, `OAuthError` or
    ///   `CancellationError`.
    public func estimate(into target: StagingTarget) async throws -> QueryEstimate {
        let options = try checkedLoadOptions(into: target)
        guard let name = options.name(into: target) else { return try await estimate() }
        let load: LoadPlan?
        if FileManager.default.fileExists(atPath: target.path) {
            load = try await StagingDatabase.with(target, stagingOptions) { database in
                try await database.plan(options, into: target)
            }.result
        } else {
            load = try LoadPlan(name, options, into: target, LoadState())
        }
        return try await QuerySession(self).plan(query, for: load).estimate
    }

    /// The options of the load, after the checks that need neither a database nor a request.
    private func checkedLoadOptions(into target: StagingTarget) throws -> LoadOptions {
        let options = try loadOptions()
        if incrementalColumn != nil { try IncrementalQuery.check(query, into: target) }
        try options.check(into: target)
        return options
    }

    func loadOptions() throws -> LoadOptions {
        LoadOptions(
            load: load, incrementalColumn: incrementalColumn, continuesChangedQuery: continuesChangedQuery,
            since: since, until: until, lookback: lookback, countsNulls: countsNulls,
            project: client.configuration.project, sql: query.sql,
            parameters: try JSONEncoder.canonical.text(query.parameters.validated()))
    }
}

/// One publication of a query: continues an earlier run or starts a new one.
private struct Staging {
    /// An earlier run whose rows the new run does not contain.
    enum Replaced {
        /// It is too old, or its result has expired. Its rows are kept until the new run is allowed.
        case outdated(RecordedRun)
        /// The table with the rows below its lower bound is gone. It has ended.
        case orphaned(RecordedRun)

        var run: RecordedRun {
            switch self {
            case .outdated(let run), .orphaned(let run): run
            }
        }
    }

    /// The outcome of continuing a run.
    enum Continuation {
        case published(PullReport)
        /// The job failed: a new run is needed.
        case failed
        /// A new run is needed, which drops the rows of this one.
        case replaced(Replaced)
    }

    let pull: QueryPull
    let command: String
    let target: StagingTarget
    let database: StagingDatabase
    /// The load; `nil` for a plain pull.
    let load: LoadPlan?

    func continueRun(_ run: RecordedRun) async throws -> PullReport {
        switch try await finish(database.continueRun(id: run.intent.runID)) {
        case .published(let report): report
        case .failed: try await start()
        case .replaced(let replaced): try await start(replacing: replaced)
        }
    }

    private func finish(_ run: StagingRun) async throws -> Continuation {
        let session = QuerySession(pull, continuing: run.recorded)
        do {
            return try await run.recordingFailure(session.reporter) { try await finish(run, session) }
        } catch let error as BigQueryError where error.code == .resultExpired {
            return .replaced(.outdated(run.recorded))
        }
    }

    private func finish(_ run: StagingRun, _ session: QuerySession) async throws -> Continuation {
        let job = run.recorded.intent
        // A new run replaces this one, whatever the error.
        guard let query = try? QueryRequest(jobConfiguration: job.configuration, location: job.location) else {
            try await run.stop(error: "the recorded job configuration is not valid", canContinue: false)
            return .failed
        }
        // Before the first publication of its load, a run does not depend on rows of the table.
        if job.load?.range?.isPartial == true, load?.hasRecord == true, try await !database.tableExists() {
            try await run.stop(error: "the table with the rows below the lower bound is gone", canContinue: false)
            return .replaced(.orphaned(run.recorded))
        }
        if let schema = run.recorded.wholeSchema {
            try await session.publish(schema, in: run)
            return .published(report(of: run, session))
        }
        // Options of execution apply to a job that was never inserted.
        var unsent = query
        (unsent.labels, unsent.priority) = (pull.query.labels, pull.query.priority)
        unsent.useQueryCache = pull.query.useQueryCache
        unsent.maximumBytesBilled = pull.query.maximumBytesBilled
        guard let result = try await session.attach(run.recorded, query, inserting: unsent) else {
            try await run.stop(error: "the job failed or was cancelled", canContinue: false)
            return .failed
        }
        try await transfer(result, session, to: run)
        return .published(report(of: run, session))
    }

    /// Starts a new run. The rows of a replaced run are dropped once the new run is allowed.
    func start(replacing replaced: Replaced? = nil) async throws -> PullReport {
        let session = QuerySession(pull)
        let plan = try await session.plan(pull.query, for: load)
        if plan.main.query.readsWholeTable {
            try await pull.checkDiskSpace(
                for: plan.main.dryRun.bytesProcessed, at: target.path, session.reporter, isCopied: target.addsRows)
        }
        let countLimit = try await allow(plan, replacing: replaced)
        if let replaced { session.reporter.report.droppedRun = await replaced.run.dropped(session.client) }
        var begun: Set<String> = []
        let (run, result) = try await session.retryingFailedJobs { job in
            let intent = try intent(plan, job: job)
            session.reporter.report.runID = intent.runID
            let run = try await database.begin(intent)
            await record(run, replacing: replaced, besides: begun, session)
            begun.insert(intent.runID)
            return try await run.recordingFailure(session.reporter) {
                (run, try await session.start(plan.main, as: job))
            }
        }
        let count = plan.nullCount.map { NullCount($0, limit: countLimit, of: pull) }
        do {
            try await run.recordingFailure(session.reporter) { try await transfer(result, session, to: run) }
        } catch {
            await count?.cancel()
            throw error
        }
        var report = report(of: run, session)
        if let count, let column = plan.range?.column { await add(count, of: column, to: &report, session.reporter) }
        return report
    }

    /// Records the runs that the start of a run dropped, and cancels their jobs. `own` are earlier attempts of this run.
    private func record(
        _ run: StagingRun, replacing replaced: Replaced?, besides own: Set<String>, _ session: QuerySession
    ) async {
        if let replaced { await replaced.run.cancelJob(session.client) }
        var dropped: [DroppedRun] = []
        for other in run.dropped where !own.contains(other.intent.runID) {
            if other.intent.runID != replaced?.run.intent.runID { await other.cancelJob(session.client) }
            dropped.append(await other.dropped(session.client))
        }
        session.reporter.began(run, dropping: dropped)
    }

    /// Calls ``QueryPull/onEstimate`` before the query is billed, and checks the limit of billed bytes.
    ///
    /// Returns the limit for the count of the rows without a value.
    private func allow(_ plan: RunPlan, replacing replaced: Replaced?) async throws -> Int64? {
        let limit = pull.query.maximumBytesBilled
        guard case .outdated(let outdated) = replaced else {
            let countLimit = try plan.requireLimit(limit)
            try await pull.onEstimate(plan.estimate)
            return countLimit
        }
        let bytes = plan.main.dryRun.bytesProcessed
        let countLimit: Int64?
        do {
            countLimit = try plan.requireLimit(limit)
            try await pull.onEstimate(plan.estimate)
        } catch let error where !(error is CancellationError) {
            throw BigQueryError.expired(outdated, bytes, cause: error)
        }
        // BigQuery would reject the job only after the rows were dropped.
        if let limit, let bytes, RunPlan.billedBytes(bytes) > limit {
            throw BigQueryError.expired(outdated, bytes)
        }
        return countLimit
    }

    private func transfer(_ result: QueryResult, _ session: QuerySession, to run: StagingRun) async throws {
        let (intent, target) = (run.recorded.intent, run.recorded.target)
        if let range = intent.load?.range {
            let field = try IncrementalQuery.check(range.column, in: result.schema)
            guard field.type == range.type else {
                throw PullError(
                    code: .notIncremental,
                    message: """
                        the column \(range.column) was \(range.type.name) in the dry run, and is \(field.type.name) in \
                        the result
                        """)
            }
        }
        try await pull.checkDiskSpace(
            for: result.storedByteCount, at: target.path, session.reporter, isCopied: target.addsRows)
        if session.reporter.acceptsDiskSpaceShortage { run.ignoreDiskSpace() }
        try await session.transfer(result, to: run, willDeliver: run.record)
    }

    /// Adds the number of rows without a value to the report. The rows are published, so an error is a warning.
    private func add(
        _ count: NullCount, of column: String, to report: inout PullReport, _ reporter: PullReporter
    ) async {
        let problem: String
        switch await count.result() {
        case .success(let result):
            report.rowsWithoutWatermark = result.rows
            report.add(result)
            return
        case .failure(let error): problem = ": \(error)"
        case nil: problem = " in time"
        }
        reporter.warn(.rowsNotCounted, "the rows whose \(column) is NULL could not be counted\(problem)")
        report.warnings = reporter.report.warnings
    }

    private func report(of run: StagingRun, _ session: QuerySession) -> PullReport {
        session.reporter.published(run, of: load?.report(run.recorded.intent.load?.range))
        return session.reporter.finishedReport(of: run)
    }

    private func intent(_ plan: RunPlan, job: JobReference) throws -> StagingIntent {
        StagingIntent(
            runID: StagingIntent.newRunID(), command: command,
            incrementalColumn: plan.range?.column, load: plan.load?.intent(plan.range), project: job.projectID,
            location: plan.main.query.location, jobID: job.jobID, sql: pull.query.sql,
            configuration: try pull.client.jobConfiguration(plan.main.query),
            statementType: plan.main.dryRun.statementType, estimatedBytes: plan.main.dryRun.bytesProcessed,
            schema: plan.main.dryRun.schema, toolVersion: ToolVersion.programName, startedAt: Date())
    }
}

extension StagingDatabase {
    /// The report of a run that an earlier process published.
    func report(published run: RecordedRun) async throws -> PullReport {
        guard let name = run.intent.load?.name else { return PullReport(published: run, nil) }
        return PullReport(published: run, try await loadState(of: name).record)
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

extension PullReport {
    /// Adds the cost of a count.
    fileprivate mutating func add(_ count: NullCount.Result) {
        bytesProcessed = bytesProcessed.map { $0.addingSaturated(count.bytesProcessed ?? 0) } ?? count.bytesProcessed
        bytesBilled = bytesBilled.map { $0.addingSaturated(count.bytesBilled ?? 0) } ?? count.bytesBilled
    }
}
