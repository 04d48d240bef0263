import BigQuery
import Foundation
import SQLiteStaging
import TextSupport

/// The result of a query, which has run once.
struct BenchmarkedQuery: BenchmarkSource {
    private let benchmark: PullBenchmark
    private let plan: PlannedQuery
    private let result: QueryResult

    /// Runs the query, and fetches the first page of its result.
    init(_ benchmark: PullBenchmark, _ query: QueryRequest, onProgress: @escaping @Sendable (PullProgress) -> Void)
        async throws
    {
        var pull = QueryPull(query, client: benchmark.client, clock: benchmark.clock)
        pull.limits.pageRows = benchmark.firstPageRows
        pull.onProgress = onProgress
        pull.onInterruptedJob = benchmark.onInterruptedJob
        let session = QuerySession(pull)
        let plan = try await session.plan(query)
        try await benchmark.onEstimate(QueryEstimate(plan))
        let result = try await session.retryingFailedJobs { job in try await session.start(plan, as: job) }
        guard result.totalRows > 0 else { throw PullError.nothingToMeasure }
        (self.benchmark, self.plan, self.result) = (benchmark, plan, result)
    }

    func intent() throws -> StagingIntent {
        struct Command: Encodable {
            var benchmarkedSQL: String
        }
        let query = plan.query
        return StagingIntent(
            runID: StagingIntent.newRunID(),
            command: try JSONEncoder.canonical.text(Command(benchmarkedSQL: query.sql)),
            project: result.job.projectID, location: result.job.location, jobID: result.job.jobID, sql: query.sql,
            configuration: Self.configuration, statementType: plan.dryRun.statementType,
            estimatedBytes: plan.dryRun.bytesProcessed, schema: result.schema, toolVersion: ToolVersion.programName,
            startedAt: Date())
    }

    func measure(
        _ setting: BenchmarkSetting, into run: StagingRun?, onProgress: @escaping @Sendable (PullProgress) -> Void
    ) async throws -> PullReport {
        var pull = QueryPull(
            plan.query, client: benchmark.client.compressingPages(setting.gzip), clock: benchmark.clock)
        pull.limits.pageRows = setting.pageRows
        pull.limits.parallelPages = setting.parallelPages
        pull.onProgress = onProgress
        let session = QuerySession(pull)
        let result = try await session.reopen(result, maximumRows: benchmark.maximumRows)
        guard let run else {
            try await session.transfer(result, to: DiscardingSink())
            return session.reporter.finishedReport()
        }
        try await session.transfer(result, to: run, willDeliver: run.record)
        return session.reporter.finishedReport(of: run)
    }
}
