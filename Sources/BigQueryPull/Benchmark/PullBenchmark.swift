public import BigQuery
import Foundation
public import SQLiteStaging

/// Measures how fast rows can be pulled, by pulling the same ones in different ways.
///
/// A query runs once, after a dry run; its result is fetched once for every setting and run, by what a pull does. One
/// page is fetched before the first run, which is not measured, so that there is a connection and a token. The runs of
/// the settings take turns, so that what changes with time does not count for one of them only.
public struct PullBenchmark: Sendable {
    /// Where the rows come from.
    public enum Source: Sendable {
        /// The result of a query.
        case query(QueryRequest)
        /// A table, which is read page after page, whatever ``BenchmarkSetting/parallelPages`` says, and costs nothing.
        case table(TableReference)
    }

    /// Where the rows come from.
    public var source: Source
    /// How they are fetched, at least one way. Defaults to 1, 2, 4 and 8 pages at a time.
    public var settings = BenchmarkSetting.combinations()
    /// How often every setting is measured, at least 1. Defaults to 3.
    public var runs = 3
    /// The most rows that a run fetches, at least 1: the first ones. Defaults to 100,000; `nil` for all.
    public var maximumRows: Int64? = 100_000
    /// Where every run stages its rows, in place of those of the run before; `nil`, the default, drops them.
    public var target: StagingTarget?
    /// Told what the query will read, before it runs; an error that it throws stops the benchmark.
    public var onEstimate: @Sendable (QueryEstimate) async throws -> Void = { _ in }
    /// Told how far the benchmark is, at every page and while waiting. Must return at once.
    public var onProgress: @Sendable (BenchmarkProgress) -> Void = { _ in }
    /// Told what became of a job that was running when the benchmark was cancelled.
    public var onInterruptedJob: @Sendable (InterruptedJob) -> Void = { _ in }

    /// How the staging database is opened and used.
    public var staging = StagingOptions()

    let client: BigQueryClient
    let clock: any Clock<Duration>

    /// The rows of the page that is not measured.
    var firstPageRows: Int { Int(min(Int64(PullLimits.firstPageRows), maximumRows ?? .max)) }

    /// Makes a benchmark.
    ///
    /// - Parameter clock: measures durations.
    public init(_ source: Source, client: BigQueryClient, clock: any Clock<Duration> = ContinuousClock()) {
        self.source = source
        self.client = client
        self.clock = clock
    }

    /// Measures every setting.
    ///
    /// - Throws: ``PullError`` (`nothingToMeasure` if there are no rows), `StagingError`, `BigQueryError`, `RowsError`,
    ///   `HTTPError`, `OAuthError` or `CancellationError`.
    public func run() async throws -> BenchmarkReport {
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
            // Another benchmark runs again.
            try await database?.acknowledge(staging.recorded.intent.runID)
            return report
        } catch {
            // No caller continues it. A task of its own, since the database does not work for a task that is cancelled.
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
