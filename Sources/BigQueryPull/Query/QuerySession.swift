import BigQuery
import BigQueryRows
import SQLiteStaging
import TextSupport

/// One run of a query: plans it, runs or continues its job, and transfers the result.
///
/// It belongs to the task that runs the pull.
struct QuerySession {
    let client: BigQueryClient
    let reporter: PullReporter
    private let pull: QueryPull
    private let memory = PageMemory()
    private let runner: JobRunner

    /// Starts a session; the report starts with the figures of `run` if that is continued.
    init(_ pull: QueryPull, continuing run: RecordedRun? = nil) {
        let (client, retries) = RetryCount.counting(pull.client)
        self.pull = pull
        self.client = client
        runner = JobRunner(client: client, clock: pull.clock, onInterruptedJob: pull.onInterruptedJob)
        reporter = PullReporter(pull, project: client.configuration.project, retries: retries)
        if let run { reporter.resume(run) }
    }

    /// Dry-runs the query and checks that it can be pulled.
    func plan(_ query: QueryRequest) async throws -> PlannedQuery {
        let plan = try await dryRun(query)
        reporter.report.bytesProcessed = plan.dryRun.bytesProcessed
        return plan
    }

    /// Dry-runs a query, and checks that its result can be staged. With `findsParameters`, its text can refer to named
    /// parameters that are not declared.
    func dryRun(_ query: QueryRequest, findsParameters: Bool = false) async throws -> PlannedQuery {
        reporter.notify(.planning)
        let planned = try PlannedQuery(
            query: query, dryRun: try await client.dryRun(query, findsParameters: findsParameters))
        // The job would fail, but the dry run of such a query succeeds.
        if !findsParameters, let parameter = planned.dryRun.undeclaredParameters.first {
            throw BigQueryError(
                code: .queryFailed,
                message: "the query parameter @\(printable(parameter.name, limit: 100)) has no value")
        }
        return planned
    }

    /// Calls `body` with a new job ID, and retries with another one if the service failed to run the job.
    func retryingFailedJobs<Value>(_ body: (JobReference) async throws -> Value) async throws -> Value {
        try await runner.retryingFailedJobs(maxRetries: pull.jobRetries, onRetry: reporter.addRetry, body)
    }

    /// Inserts the job, waits until it is done, and fetches the first page.
    ///
    /// If the task is cancelled meanwhile, so is the job.
    func start(_ plan: PlannedQuery, as reference: JobReference) async throws -> QueryResult {
        var reference = reference
        reference.location = plan.query.location
        let result = try await run(plan.query, as: reference)
        if let planned = plan.dryRun.schema, let difference = planned.firstDifference(to: result.schema) {
            reporter.warn(.schemaChanged, "since the dry run, \(difference)")
        }
        return result
    }

    /// Attaches to the job of an earlier run, at the first row that is not staged; `nil` if the job failed.
    ///
    /// `query` is what the job runs. If the job was never inserted and no row is staged, inserts `unsent`: rows of two
    /// executions are never mixed.
    func attach(
        _ recorded: RecordedRun, _ query: QueryRequest, inserting unsent: QueryRequest
    ) async throws -> QueryResult? {
        reporter.notify(.running)
        let reference = JobReference(
            projectID: recorded.intent.project, jobID: recorded.intent.jobID ?? "", location: query.location)
        do {
            // A job of which rows are staged is done.
            let job = try await runner.cancellingJob(recorded.rows == 0 ? reference : nil) {
                try await client.fetchJob(reference)
            }
            guard job.failure == nil else { return nil }
            try job.require(query)
            let result = try await result(
                of: job.reference, from: recorded.rows, schema: recorded.hasTable ? recorded.intent.schema : nil,
                isRunning: job.state != .done, mayBeNew: false)
            if let total = recorded.statistics.totalRows, total != result.totalRows {
                throw RowsError(
                    code: .wrongRowCount,
                    message: "the result of the job \(reference.jobID) had \(total) rows, now \(result.totalRows)")
            }
            return result
        } catch let error as BigQueryError where error.code == .notFound && recorded.rows == 0 {
            return try await run(unsent, as: reference)
        } catch let error as BigQueryError where error.code == .notFound || error.code == .resultExpired {
            // A job that fails meanwhile can also be reported as not found. If the lookup fails too, the result counts
            // as expired.
            if let job = try? await client.fetchJob(reference), job.failure != nil { return nil }
            throw BigQueryError(
                code: .resultExpired, message: "the result of the job \(reference.jobID) has expired", cause: error)
        } catch let error as BigQueryError where error.code == .jobFailedTemporarily || error.reason == "stopped" {
            // A job that an earlier process cancelled can take until now to stop.
            return nil
        }
    }

    /// Fetches the first page of a result again, and limits the result to `maximumRows`.
    func reopen(_ earlier: QueryResult, maximumRows: Int64?) async throws -> QueryResult {
        try await result(
            of: earlier.job, from: 0, maximumRows: maximumRows, schema: earlier.schema, isRunning: false,
            mayBeNew: false)
    }

    private func run(_ query: QueryRequest, as reference: JobReference) async throws -> QueryResult {
        reporter.notify(.running)
        let job = try await runner.cancellingJob(reference) {
            let job = try await client.insertJob(query, as: reference)
            if let failure = job.failure { throw failure }
            return job
        }
        return try await result(of: job.reference, from: 0, schema: nil, isRunning: true, mayBeNew: true)
    }

    /// Waits for a job, and fetches its first page from `firstRow` on.
    private func result(
        of reference: JobReference, from firstRow: Int64, maximumRows: Int64? = nil, schema: TableSchema?,
        isRunning: Bool, mayBeNew: Bool
    ) async throws -> QueryResult {
        reporter.report.jobID = reference.jobID
        reporter.report.location = reference.location
        let (client, memory, notifyRunning) = (client, memory, reporter.notifyRunning)
        let pageRows = Int(min(Int64(pull.limits.pageRows ?? PullLimits.firstPageRows), maximumRows ?? .max))
        let page = try await runner.cancellingJob(isRunning ? reference : nil) {
            try await ResultPage.halvedIfTooLarge(pageRows) { count in
                try await client.fetchFirstPage(
                    RowRange(start: firstRow, count: count), of: reference, schema: schema, mayBeNew: mayBeNew,
                    memory: memory, onWait: notifyRunning)
            }
        }
        guard let schema = page.schema, let totalRows = page.totalRows else {
            throw PullError(code: .inconsistentResult, message: "the first page has no schema or no row count")
        }
        try schema.requireExactTypes()
        for message in schema.unknownTypes { reporter.warn(.unknownType, message) }
        return QueryResult(
            job: reference, schema: schema, totalRows: totalRows, maximumRows: maximumRows, firstPage: page)
    }

    /// Fetches all rows, delivers them in row order, and finishes the sink.
    func transfer(
        _ result: QueryResult, to sink: some RowSink, willDeliver: @escaping (StagingStatistics) -> Void = { _ in }
    ) async throws {
        let client = client
        // Only for the figures of the report.
        async let finishedJob = try? client.fetchJob(result.job)
        let transfer = PageTransfer(
            sink: sink, schema: result.schema, limits: pull.limits, memory: memory, reporter: reporter,
            willDeliver: willDeliver)
        try await transfer.run(result, from: client)
        if let job = await finishedJob {
            reporter.report.bytesProcessed = job.bytesProcessed ?? reporter.report.bytesProcessed
            reporter.report.bytesBilled = job.bytesBilled
            reporter.report.cacheHit = job.cacheHit
        }
        try await transfer.finish(totalRows: result.wantedRows)
    }

    /// Publishes a run that an earlier process staged completely.
    func publish(_ schema: TableSchema, in sink: some RowSink) async throws {
        try await sink.begin(schema)
        reporter.notify(.publishing)
        try await sink.finish()
    }
}
