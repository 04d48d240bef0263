/// The report of a benchmark.
package struct BenchmarkReport: Sendable, Encodable {
    /// The project billed for the query, or of the table.
    package var project: String
    /// The location of the job or the table, if the service reports it.
    package var location: String?
    /// The ID of the job whose result was fetched; `nil` for a table.
    package var jobID: String?
    /// The table that was read; `nil` for a query.
    package var sourceTable: String?
    /// Bytes processed by the query, if the service reports them.
    package var bytesProcessed: Int64?
    /// Bytes billed for the query, which runs once, if the service reports them.
    package var bytesBilled: Int64?
    /// Whether the result came from the cache, if the service reports it.
    package var cacheHit: Bool?
    /// The staging database; `nil` if rows were discarded.
    package var file: String?
    /// The table in the staging database, with the rows of the last run.
    package var table: String?
    /// The number of rows that each run fetched.
    package var rows: Int64
    /// The setting with the most rows per second.
    package var best: BenchmarkSetting
    /// The factor that limited the best setting.
    package var limitedBy: LimitingFactor
    /// The results of all settings, in the given order.
    package var results: [BenchmarkResult]
    /// The warnings, in order.
    package var warnings: [PullWarning]

    private enum CodingKeys: String, CodingKey {
        case project, location, sourceTable, bytesProcessed, bytesBilled, cacheHit, file, table, rows, best,
            limitedBy, results, warnings
        case jobID = "jobId"
    }

    /// Takes the members common to all runs from the report of one. `results` has at least one element.
    init(_ report: PullReport, _ results: [BenchmarkResult]) {
        project = report.project
        location = report.location
        jobID = report.jobID
        sourceTable = report.sourceTable
        bytesProcessed = report.bytesProcessed
        bytesBilled = report.bytesBilled
        cacheHit = report.cacheHit
        rows = report.rowsRead
        warnings = report.warnings
        let best = results.reduce(results[0]) { $1.median.rowsPerSecond > $0.median.rowsPerSecond ? $1 : $0 }
        self.best = best.setting
        limitedBy = best.limitedBy
        self.results = results
    }

    /// The result of ``best``.
    package var bestResult: BenchmarkResult? { results.first { $0.setting == best } }
}
