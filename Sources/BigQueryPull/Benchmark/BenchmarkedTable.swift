import BigQuery
import BigQueryRows
import Foundation
import SQLiteStaging
import TextSupport

/// A table that is read without a query.
struct BenchmarkedTable: BenchmarkSource {
    private let benchmark: PullBenchmark
    private let table: TableReference
    private let location: String?
    private let columns: TableSchema

    /// Looks the table up, and fetches its first page.
    init(_ benchmark: PullBenchmark, _ table: TableReference, onProgress: @escaping @Sendable (PullProgress) -> Void)
        async throws
    {
        var pull = TablePull(table, client: benchmark.client, clock: benchmark.clock)
        pull.maximumRows = Int64(benchmark.firstPageRows)
        pull.onProgress = onProgress
        let (client, reporter) = pull.reporting()
        let session = try await TableSession(pull, client, reporter)
        try await session.transfer(to: DiscardingSink())
        guard reporter.report.rowsRead > 0 else { throw PullError.nothingToMeasure }
        (self.benchmark, self.table) = (benchmark, table)
        (location, columns) = (session.table.location, session.columns)
    }

    func intent() throws -> StagingIntent {
        struct Command: Encodable {
            var benchmarkedTable: TableReference
        }
        return StagingIntent(
            runID: StagingIntent.newRunID(), command: try JSONEncoder.canonical.text(Command(benchmarkedTable: table)),
            project: table.project, location: location, jobID: nil, sql: "\(table)",
            configuration: Self.configuration, schema: columns, toolVersion: ToolVersion.programName,
            startedAt: Date())
    }

    func measure(
        _ setting: BenchmarkSetting, into run: StagingRun?, onProgress: @escaping @Sendable (PullProgress) -> Void
    ) async throws -> PullReport {
        var pull = TablePull(
            table, client: benchmark.client.compressingPages(setting.gzip), clock: benchmark.clock)
        pull.maximumRows = benchmark.maximumRows
        pull.limits.pageRows = setting.pageRows
        pull.onProgress = onProgress
        let (client, reporter) = pull.reporting()
        let session = try await TableSession(pull, client, reporter)
        guard let run else {
            try await session.transfer(to: DiscardingSink())
            return reporter.finishedReport()
        }
        try await session.transfer(to: run, willDeliver: run.record)
        return reporter.finishedReport(of: run)
    }
}
