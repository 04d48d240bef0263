package import BigQuery
import Foundation
package import SQLiteStaging

/// Measures the throughput of a pull, by pulling the same rows with different settings.
///
/// A query runs once, after a dry run; its result is fetched once per setting and run, with the code of a pull. One page
/// is fetched before the first run and not measured, to open a connection and get a token. The settings alternate, so
/// that changes over time affect all of them.
package struct PullBenchmark: Sendable {
    /// A source of rows.
    package enum Source: Sendable {
        /// The result of a query.
        case query(QueryRequest)
        /// A table, which is free, and read one page at a time regardless of ``BenchmarkSetting/parallelPages``.
        case table(TableReference)
    }

    /// The source of the rows.
    package var source: Source
    /// The settings to measure, at least one. Defaults to 1, 2, 4 and 8 parallel pages.
    package var settings = BenchmarkSetting.combinations()
    /// The number of runs per setting, at least 1. Defaults to 3.
    package var runs = 3
    /// The maximum number of rows per run, at least 1, from the first. Defaults to 100,000; `nil` for all.
    package var maximumRows: Int64? = 100_000
    /// The table in which every run stages its rows, replacing those of the previous run; `nil`, the default, discards
    /// them.
    package var target: StagingTarget?
    /// Called with the estimate before the query runs. An error that it throws stops the benchmark.
    package var onEstimate: @Sendable (QueryEstimate) async throws -> Void = { _ in }
    /// Called with the progress, at every page and while waiting. Must not block.
    package var onProgress: @Sendable (BenchmarkProgress) -> Void = { _ in }
    /// Called after an attempt to cancel the job, if the benchmark is cancelled while the job runs.
    package var onInterruptedJob: @Sendable (InterruptedJob) -> Void = { _ in }
    /// How the staging database is opened and used.
    package var staging = StagingOptions()

    let client: BigQueryClient
    let clock: any Clock<Duration>

    /// The number of rows of the page that is not measured.
    var firstPageRows: Int { Int(min(Int64(PullLimits.firstPageRows), maximumRows ?? .max)) }

    /// Creates a benchmark.
    ///
    /// - Parameters:
    ///   - source: the source of the rows.
    ///   - client: the client that reads them.
    ///   - clock: measures durations; a `ContinuousClock` by default.
    package init(_ source: Source, client: BigQueryClient, clock: any Clock<Duration> = ContinuousClock()) {
        self.source = source
        self.client = client
        self.clock = clock
    }

    /// Measures every setting.
    ///
    /// - Returns: the results of all settings.
    /// - Throws: ``PullError`` (`nothingToMeasure` if there are no rows), `StagingError`, `BigQueryError`, `RowsError`,
    ///   `HTTPError`, `OAuthError`, the errors of ``onEstimate``, or `CancellationError`.
    package func run() async throws -> BenchmarkReport {
        precondition(!settings.isEmpty && runs > 0)
        guard let target else { return try await measure(in: nil) }
        var options = staging
        options.clock = clock
        var (report, warning) = try await StagingDatabase.with(target, options) { try await measure(in: $0) }
        report.file = target.path
        report.table = target.table
        if let warning { report.warnings.append(warning) }
        return report
    }

    private func measure(in database: StagingDatabase?) async throws -> BenchmarkReport {
        let source = try await prepare()
        var measurements = settings.map { _ in [BenchmarkMeasurement]() }
        var (latest, warnings): (PullReport?, [PullWarning]) = (nil, [])
        for run in 0..<runs {
            for (place, setting) in settings.enumerated() {
                let report = try await measure(source, setting, run: run * settings.count + place + 1, in: database)
                measurements[place].append(BenchmarkMeasurement(report))
                warnings += report.warnings.filter { !warnings.contains($0) }
                latest = report
            }
        }
        guard var latest else { throw PullError.nothingToMeasure }
        latest.warnings = warnings
        let processors = ProcessInfo.processInfo.activeProcessorCount
        return BenchmarkReport(
            latest, zip(settings, measurements).map { BenchmarkResult($0, $1, processors: processors) })
    }

    private func prepare() async throws -> any BenchmarkSource {
        let onProgress = progress(nil, run: 0)
        return switch source {
        case .query(let query): try await BenchmarkedQuery(self, query, onProgress: onProgress)
        case .table(let table): try await BenchmarkedTable(self, table, onProgress: onProgress)
        }
    }

    private func measure(
        _ source: any BenchmarkSource, _ setting: BenchmarkSetting, run: Int, in database: StagingDatabase?
    ) async throws -> PullReport {
        let onProgress = progress(setting, run: run)
        guard let staging = try await database?.begin(try source.intent()) else {
            return try await source.measure(setting, into: nil, onProgress: onProgress)
        }
        do {
            let report = try await source.measure(setting, into: staging, onProgress: onProgress)
            // The same benchmark measures again instead of reporting this run.
            try await database?.acknowledge(staging.recorded.intent.runID)
            return report
        } catch {
            // No later run continues it, even if it cannot be discarded. In a new task, since the database throws in a
            // cancelled one.
            let reason = error is CancellationError ? "interrupted" : "\(error)"
            await Task { try? await staging.discard(error: reason) }.value
            throw error
        }
    }

    private func progress(_ setting: BenchmarkSetting?, run: Int) -> @Sendable (PullProgress) -> Void {
        let (onProgress, runs) = (onProgress, runs * settings.count)
        return { onProgress(BenchmarkProgress(setting: setting, run: run, runs: runs, pull: $0)) }
    }
}
