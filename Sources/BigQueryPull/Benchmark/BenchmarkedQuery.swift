import BigQuery
import Foundation
import SQLiteStaging

/// The result of a query that has run once.
struct BenchmarkedQuery: BenchmarkSource {
    private let benchmark: PullBenchmark
    private let plan: PullPlan
    private let result: QuerySession.Result

    /// Runs the query, and fetches a page of its result.
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
        let result = try await session.repeatingFailedJobs { job in try await session.start(plan, as: job) }
        guard result.totalRows > 0 else { throw PullError.nothingToMeasure }
        (self.benchmark, self.plan, self.result) = (benchmark, plan, result)
    }

    func intent() throws -> StagingIntent {
        struct Command: Encodable {
            var benchmarkedSQL: String
        }
        let query = plan.query
        return StagingIntent(
            runID: StagingIntent.newRunID(), command: try stableJSON(Command(benchmarkedSQL: query.sql)),
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
            return session.finishedReport()
        }
        try await session.transfer(result, to: run) {
            run.record(StagingStatistics($0, totalRows: result.wantedRows))
        }
        return session.finishedReport(of: run)
    }
}
