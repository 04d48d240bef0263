import ArgumentParser
import BigQuery
import BigQueryPull
import Foundation
import SQLiteStaging
import TextSupport

/// Measures how fast rows can be pulled.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how fast rows can be pulled, and what limits the speed.",
        discussion: """
            Examples:
              bqpull bench 'SELECT * FROM sales.orders'
              bqpull bench 'SELECT * FROM sales.orders' --parallel auto,1,4,16 \\
                  --page-rows auto,5000,50000 --gzip on,off
              bqpull bench 'SELECT * FROM sales.orders' --rows 1000000 --into bench.db \\
                  --plot bench.svg
              bqpull bench --table sales.orders --page-rows 1000,10000,50000

            The query runs once, after a dry run whose estimate is shown. It is rejected
            if more than \(Readable.bytes(defaultBytesBilled)) would be billed, unless
            --max-bytes-billed allows it. Its result is then fetched once per run for
            every combination of settings, which is free apart from the traffic. Settings
            take turns; the table shows the median run of each. Pages are fetched in
            parallel, so that their times add up to more than the elapsed time.
            """
    )

    /// The billing limit of a benchmark without `--max-bytes-billed`, in bytes.
    static let defaultBytesBilled: Int64 = 10_000_000_000

    @OptionGroup var text: QueryText

    @Option(
        help: ArgumentHelp(
            "A table to read instead of a query, one page at a time and free of charge: DATASET.TABLE or PROJECT.DATASET.TABLE.",
            valueName: "name"))
    var table: String?

    @Option(help: ArgumentHelp("The number of rows that a run fetches, or all.", valueName: "number"))
    var rows = RowLimit(100_000)

    @Option(
        help: ArgumentHelp(
            "The number of rows per page; auto makes pages of about 8 MB.", valueName: "rows[,rows]"))
    var pageRows = NumberList([nil])

    @Option(
        help: ArgumentHelp(
            "How many pages to fetch at a time; auto adjusts it as a pull does. Default: 1,2,4,8. A table is read one page at a time.",
            valueName: "pages[,pages]"))
    var parallel: NumberList?

    @Option(help: ArgumentHelp("Whether to compress pages: on, off, or both.", valueName: "on[,off]"))
    var gzip = SwitchList([true])

    @Option(help: ArgumentHelp("How many times to measure each setting.", valueName: "number"))
    var runs = 3

    @Option(
        help: ArgumentHelp(
            "Stage the rows of each run in the table \(tableName) of this SQLite database, replacing the previous ones. Default: discard them.",
            valueName: "file"))
    var into: String?

    @Option(
        help: ArgumentHelp("Plot the result as an SVG image. Replaces an existing file.", valueName: "file.svg"))
    var plot: String?

    @OptionGroup var job: JobOptions

    @OptionGroup var connection: ConnectionOptions

    /// The table into which the rows of the runs are staged.
    static let tableName = "bench"

    func validate() throws {
        guard [text.sql, text.file, table].compactMap(\.self).count == 1 else {
            throw ValidationError(
                "Pass exactly one of: the SQL text, - for standard input, --file PATH, or --table NAME")
        }
        if table != nil {
            guard parallel == nil else {
                throw ValidationError("--parallel applies to queries; a table is read one page at a time")
            }
            guard !job.isGiven else {
                throw ValidationError("job options do not apply to --table, which is read without a job")
            }
        }
        guard parallel?.values.allSatisfy({ $0 ?? 1 <= PullLimits.maxParallelPages }) != false else {
            throw ValidationError("--parallel must be at most \(PullLimits.maxParallelPages)")
        }
        guard runs > 0 else { throw ValidationError("--runs must be at least 1") }
        guard plot?.lowercased().hasSuffix(".svg") != false else {
            throw ValidationError("--plot writes SVG; pass a file whose name ends in .svg")
        }
    }

    func run() async throws {
        let settings = try connection.settings()
        let query = table == nil ? try newQuery(settings) : nil
        try plot.map(PlotFile.check)
        let display = ProgressDisplay()
        let options = connection
        let report = try await Interruption.catching(note: .init(message: "the measurements are discarded")) {
            try await Connection.with(options) { connection in
                var report = try await display.showing { try await measure(query, connection, settings, display) }
                report.warnings.insert(contentsOf: connection.warnings, at: 0)
                return report
            }
        }
        if connection.json {
            try StandardOutput.writeJSON(report)
        } else {
            try StandardOutput.write(BenchmarkText.table(report))
        }
        if let plot { try PlotFile.write(BenchmarkPlot(report).svg, to: plot) }
        Diagnostics.info(BenchmarkText.verdict(report))
        for warning in report.warnings { Diagnostics.warning(warning.message) }
    }

    private func newQuery(_ settings: Settings) throws -> QueryRequest {
        var query = try job.query(text.read(), settings)
        query.maximumBytesBilled = query.maximumBytesBilled ?? Self.defaultBytesBilled
        return query
    }

    private func measure(
        _ query: QueryRequest?, _ connection: Connection, _ settings: Settings, _ display: ProgressDisplay
    ) async throws -> BenchmarkReport {
        let client = try await connection.client()
        if let query { return try await benchmark(.query(query), client, settings, display).run() }
        let source = try TableReference(parsing: table ?? "", defaultProject: client.configuration.project)
        do {
            return try await NameSuggestion(client: client).explaining(source) {
                try await benchmark(.table(source), client, settings, display).run()
            }
        } catch let error as BigQueryError where error.code == .notATable {
            throw error.hinted("bqpull bench \(shellWord("SELECT * FROM `\(source)`"))")
        }
    }

    private func benchmark(
        _ source: PullBenchmark.Source, _ client: BigQueryClient, _ settings: Settings, _ display: ProgressDisplay
    ) -> PullBenchmark {
        var benchmark = PullBenchmark(source, client: client)
        let pages = table == nil ? parallel?.values ?? [1, 2, 4, 8] : [1]
        benchmark.settings = BenchmarkSetting.combinations(
            gzip: gzip.values, pageRows: pageRows.values, parallelPages: pages)
        benchmark.runs = runs
        benchmark.maximumRows = rows.rows
        benchmark.target = into.map { StagingTarget(path: $0, table: Self.tableName) }
        if case .query(let query) = source {
            let cost = job.cost
            benchmark.onEstimate = { estimate in
                try await cost.allow(estimate, limit: query.maximumBytesBilled, settings, display)
            }
        }
        benchmark.onProgress = display.update
        benchmark.onInterruptedJob = InterruptedJobText.show
        return benchmark
    }
}
