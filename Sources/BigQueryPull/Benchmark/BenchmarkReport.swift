/// What a benchmark measured.
public struct BenchmarkReport: Sendable, Codable {
    /// The project that ran the query, or that holds the table.
    public var project: String
    /// Where it ran, or where the table is, if the service says.
    public var location: String?
    /// The job whose result was fetched; `nil` if a table was read without one.
    public var jobID: String?
    /// The table that was read; `nil` if a query was run.
    public var sourceTable: String?
    /// Bytes that the query read, if the service says.
    public var bytesProcessed: Int64?
    /// Bytes that are billed, for the one time that the query ran, if the service says.
    public var bytesBilled: Int64?
    /// Whether the result came from the cache, if the service says.
    public var cacheHit: Bool?
    /// The staging database; `nil` if rows were dropped.
    public var file: String?
    /// The table in it, with the rows of the last run.
    public var table: String?
    /// The rows that every run fetched.
    public var rows: Int64
    /// The setting with the most rows a second.
    public var best: BenchmarkSetting
    /// What limited it.
    public var limitedBy: LimitingFactor
    /// All settings, in the order in which they were given.
    public var results: [BenchmarkResult]
    /// What the user should know although nothing failed.
    public var warnings: [PullWarning]

    private enum CodingKeys: String, CodingKey {
        case project, location, sourceTable, bytesProcessed, bytesBilled, cacheHit, file, table, rows, best,
            limitedBy, results, warnings
        case jobID = "jobId"
    }

    /// - Parameters:
    ///   - report: that of a run, for what is the same in all.
    ///   - results: at least one.
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
