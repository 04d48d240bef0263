import BigQuery
import BigQueryRows
import Foundation
import SQLiteStaging

/// One run of a pull: its steps, in the order in which they are taken, and the report that grows with them.
///
/// It belongs to the task that runs the pull; only fetching and delivering happen in child tasks.
final class QuerySession {
    /// A query that is done, and its first rows.
    struct Result: Sendable {
        var job: JobReference
        var schema: TableSchema
        var totalRows: Int64
        /// The most rows that are wanted, the first ones; `nil` for all.
        var maximumRows: Int64?
        var firstPage: ResultPage

        /// The rows that are to be delivered.
        var wantedRows: Int64 { min(totalRows, maximumRows ?? .max) }
    }

    private let pull: QueryPull
    let meter: PullReporter
    private let memory = PageMemory()
    private var client: BigQueryClient { meter.client }
    private var runner: JobRunner {
        JobRunner(client: client, clock: pull.clock, onInterruptedJob: pull.onInterruptedJob)
    }

    /// - Parameter run: the run that is continued; its figures are where the report begins.
    init(_ pull: QueryPull, continuing run: RecordedRun? = nil) {
        self.pull = pull
        meter = PullReporter(
            pull, project: pull.client.configuration.project, client: pull.client, clock: pull.clock)
        if let run { meter.resume(run) }
    }

    /// Asks for a dry run and judges it.
    func plan(_ query: QueryRequest) async throws -> PullPlan {
        meter.notify(.planning)
        let plan = try PullPlan(query: query, dryRun: try await client.dryRun(query))
        meter.report.bytesProcessed = plan.dryRun.bytesProcessed
        return plan
    }

    /// Refuses a query that later runs could not take the new rows of, before the first one is billed.
    func checkLaterRuns(of query: QueryRequest, by field: TableSchema.Field) async throws {
        let later = Incremental.query(query, above: Watermark(column: field.name, type: field.type, value: nil))
        let problem: String
        do {
            _ = try PullPlan(query: later, dryRun: try await client.dryRun(later))
            return
        } catch let error as BigQueryError where error.code == .queryFailed {
            problem = error.message
        } catch let error as PullError {
            problem = error.message
        }
        throw PullError(
            code: .notIncremental, message: "the query cannot stand inside another one: \(problem)",
            hint: "later runs take the new rows with SELECT * FROM (query) WHERE …; leave out what does not go there")
    }

    /// An id for the run in the staging database, also shown in the report.
    func newRunID() -> String {
        let id = StagingIntent.newRunID()
        meter.report.runID = id
        return id
    }

    /// Carries out `body` with the name of a new job, and again with another if the service failed to run it.
    func repeatingFailedJobs<Value>(_ body: (JobReference) async throws -> Value) async throws -> Value {
        try await runner.repeatingFailedJobs(
            atMost: pull.jobRetries, onRetry: { meter.addRetry() }, body)
    }

    /// Inserts the job, waits until it is done, and fetches its first page.
    ///
    /// If the task is cancelled meanwhile, so is the job.
    func start(_ plan: PullPlan, as reference: JobReference) async throws -> Result {
        var reference = reference
        reference.location = plan.query.location
        let result = try await run(plan.query, as: reference)
        if let promised = plan.dryRun.schema, let difference = promised.firstDifference(to: result.schema) {
            meter.warn(.schemaChanged, "since the dry run, \(difference)")
        }
        return result
    }

    /// Goes on with the job of an earlier run, at the row after those that are staged; `nil` if that job failed.
    ///
    /// - Parameters:
    ///   - query: what the job runs.
    ///   - unsent: what is sent if the run ended before that, unless rows are staged already:
    ///   those of two executions are never mixed.
    func attach(
        _ recorded: RecordedRun, _ query: QueryRequest, inserting unsent: QueryRequest
    ) async throws -> Result? {
        meter.notify(.running)
        let reference = JobReference(
            projectID: recorded.intent.project, jobID: recorded.intent.jobID ?? "", location: query.location)
        do {
            // With rows the job is known to be done.
            let job = try await runner.stoppingJob(recorded.rows == 0 ? reference : nil) {
                try await client.fetchJob(reference)
            }
            guard job.failure == nil else { return nil }
            try job.require(query)
            let result = try await result(
                of: job.reference, from: recorded.rows, schema: recorded.hasTable ? recorded.intent.schema : nil,
                isRunning: job.state != .done, mayBeNew: false)
            if let total = recorded.statistics.totalRows, total != result.totalRows {
                throw RowsError(
                    code: .wrongRowCount, message: "the result had \(total) rows and now has \(result.totalRows)")
            }
            return result
        } catch let error as BigQueryError where error.code == .notFound && recorded.rows == 0 {
            return try await run(unsent, as: reference)
        } catch let error as BigQueryError where error.code == .notFound || error.code == .resultExpired {
            // A job that fails while it is waited for may be said not to be found as well.
            if let job = try? await client.fetchJob(reference), job.failure != nil { return nil }
            throw BigQueryError(
                code: .resultExpired, message: "the result of the job \(reference.jobID) has expired", cause: error)
        } catch let error as BigQueryError where error.code == .jobFailedTemporarily || error.reason == "stopped" {
            // The end of a job that was told to stop may take until now.
            return nil
        }
    }

    /// An interrupted run that is given up, with what its job billed if the service says.
    func bill(of recorded: RecordedRun) async -> DroppedRun {
        var dropped = DroppedRun(recorded)
        if let reference = recorded.job, let job = try? await client.fetchJob(reference) {
            dropped.bytesBilled = job.bytesBilled ?? dropped.bytesBilled
        }
        return dropped
    }

    /// Cancels the job of a run that was given up, if it still runs.
    func cancel(_ recorded: RecordedRun) async {
        guard let reference = recorded.job, let job = try? await client.fetchJob(reference), job.state != .done else {
            return
        }
        try? await client.cancelJob(job.reference, budget: .zero)
    }

    /// Fetches the first page of a result again.
    ///
    /// - Parameter maximumRows: the most rows that are wanted of it; `nil` for all.
    func reopen(_ earlier: Result, maximumRows: Int64?) async throws -> Result {
        try await result(
            of: earlier.job, from: 0, maximumRows: maximumRows, schema: earlier.schema, isRunning: false,
            mayBeNew: false)
    }

    private func run(_ query: QueryRequest, as reference: JobReference) async throws -> Result {
        meter.notify(.running)
        let job = try await runner.stoppingJob(reference) {
            let job = try await client.insertJob(query, as: reference)
            if let failure = job.failure { throw failure }
            return job
        }
        return try await result(of: job.reference, from: 0, schema: nil, isRunning: true, mayBeNew: true)
    }

    /// Waits for a job, and fetches its rows from one on.
    private func result(
        of reference: JobReference, from firstRow: Int64, maximumRows: Int64? = nil, schema: TableSchema?,
        isRunning: Bool, mayBeNew: Bool
    ) async throws -> Result {
        meter.report.jobID = reference.jobID
        meter.report.location = reference.location
        let (client, memory, notifyRunning) = (client, memory, meter.notifyRunning)
        let pageRows = pull.limits.pageRows ?? PullLimits.firstPageRows
        let range = RowRange(start: firstRow, count: Int(min(Int64(pageRows), maximumRows ?? .max)))
        let page = try await runner.stoppingJob(isRunning ? reference : nil) {
            try await PageSizing.halvingOnce(range.count) { count in
                try await client.fetchFirstPage(
                    RowRange(start: range.start, count: count), of: reference, schema: schema, mayBeNew: mayBeNew,
                    memory: memory, onWait: notifyRunning)
            }
        }
        guard let schema = page.schema, let totalRows = page.totalRows else {
            throw PullError(code: .inconsistentResult, message: "the first page has no schema or no number of rows")
        }
        try PullPlan.check(schema)
        for message in schema.unknownTypes { meter.warn(.unknownType, message) }
        return Result(
            job: reference, schema: schema, totalRows: totalRows, maximumRows: maximumRows, firstPage: page)
    }

    private enum Event: Sendable {
        case fetched(ResultPage, RowRange)
        case delivered(rowCount: Int)
    }

    /// Fetches all rows and delivers them in order; the sink has finished afterwards.
    ///
    /// - Parameter willDeliver: called before each page is delivered, with the report including that page.
    func transfer(
        _ result: Result, to sink: some RowSink, willDeliver: (PullReport) -> Void = { _ in }
    ) async throws {
        let (client, memory) = (client, memory)
        async let finishedJob = try? client.fetchJob(result.job)
        try await sink.begin(result.schema)
        var window = PullWindow(firstPage: result.firstPage, totalRows: result.wantedRows, limits: pull.limits)
        let gate = PageGate(nextRow: window.deliveredRows)
        try await withThrowingTaskGroup(of: Event.self) { group in
            meter.beginTransfer(totalRows: result.wantedRows)
            meter.arrived(result.firstPage)
            // What came before was not about too many pages.
            _ = meter.wasThrottled()
            while !window.isFinished {
                gate.open(nextRow: window.deliveredRows, end: window.readableEnd)
                while let range = window.nextFetch() {
                    group.addTask { .fetched(try await client.fetchRows(range, of: result, memory, gate), range) }
                }
                if let page = window.nextDelivery() {
                    meter.note(page, of: result.schema)
                    willDeliver(meter.report)
                    group.addTask {
                        try await sink.append(page.rows)
                        memory.recycle(page.rows)
                        return .delivered(rowCount: page.rows.rowCount)
                    }
                }
                let event = try await group.next()
                if meter.wasThrottled() { window.throttled() }
                switch event {
                case .fetched(let page, let range):
                    meter.arrived(page)
                    window.fetched(page, of: range)
                case .delivered(let rowCount):
                    window.delivered(rowCount: rowCount)
                    meter.delivered(rowCount: rowCount, pagesInFlight: window.pagesInFlight)
                case nil:
                    throw PullError(
                        code: .inconsistentResult,
                        message: "the result was to have \(result.wantedRows) rows, but has \(window.deliveredRows)"
                    )
                }
            }
        }
        if let job = await finishedJob {
            meter.report.bytesProcessed = job.bytesProcessed ?? meter.report.bytesProcessed
            meter.report.bytesBilled = job.bytesBilled
            meter.report.cacheHit = job.cacheHit
        }
        meter.notify(.publishing)
        willDeliver(meter.report)
        try await sink.finish()
    }

    /// Publishes a run whose rows have all been staged before.
    func publish(_ schema: TableSchema, in sink: some RowSink) async throws {
        try await sink.begin(schema)
        meter.notify(.publishing)
        try await sink.finish()
    }

    /// The report with all durations.
    func finishedReport() -> PullReport { meter.finishedReport() }

    /// The report with all durations, and what the run counted and measured.
    func finishedReport(of run: StagingRun) -> PullReport { meter.finishedReport(of: run) }
}

extension RecordedRun {
    /// Its job; `nil` if a table is read without one.
    fileprivate var job: JobReference? {
        intent.jobID.map {
            JobReference(projectID: intent.project, jobID: $0, location: statistics.location ?? intent.location)
        }
    }
}

extension BigQueryClient {
    /// Fetches rows of a result whose number of rows must not change.
    fileprivate func fetchRows(
        _ range: RowRange, of result: QuerySession.Result, _ memory: PageMemory, _ gate: PageGate
    ) async throws -> ResultPage {
        try await PageSizing.halvingOnce(range.count) { count in
            let range = RowRange(start: range.start, count: count)
            return try await fetchPage(
                range, of: result.job, schema: result.schema, totalRows: result.totalRows, memory: memory
            ) {
                try await gate.pass(range)
            }
        }
    }
}
