/// The report of a benchmark.
public struct BenchmarkReport: Sendable, Codable {
    /// The project billed for the query, or of the table.
    public var project: String
    /// The location of the job or the table, if the service reports it.
    public var location: String?
    /// The ID of the job whose result was fetched; `nil` for a table.
    public var jobID: String?
    /// The table that was read; `nil` for a query.
    public var sourceTable: String?
    /// Bytes processed by the query, if the service reports them.
    public var bytesProcessed: Int64?
    /// Bytes billed for the query, which runs once, if the service reports them.
    public var bytesBilled: Int64?
    /// Whether the result came from the cache, if the service reports it.
    public var cacheHit: Bool?
    /// The staging database; `nil` if rows were discarded.
    public var file: String?
    /// The table in the staging database, with the rows of the last run.
    public var table: String?
    /// The number of rows that each run fetched.
    public var rows: Int64
    /// The setting with the most rows per second.
    public var best: BenchmarkSetting
    /// The factor that limited the best setting.
    public var limitedBy: LimitingFactor
    /// The results of all settings, in the given order.
    public var results: [BenchmarkResult]
    /// The warnings, in order.
    public var warnings: [PullWarning]

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
    public var bestResult: BenchmarkResult? { results.first { $0.setting == best } }
}
