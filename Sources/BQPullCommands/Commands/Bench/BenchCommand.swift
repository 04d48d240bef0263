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
        abstract: "Measure how fast rows can be pulled, and what limits it.",
        discussion: """
            Examples:
              bqpull bench 'SELECT * FROM sales.orders'
              bqpull bench 'SELECT * FROM sales.orders' --parallel auto,1,4,16 \\
                  --page-rows auto,5000,50000 --gzip on,off
              bqpull bench 'SELECT * FROM sales.orders' --rows 1000000 --into bench.db \\
                  --plot bench.svg
              bqpull bench --table sales.orders --page-rows 1000,10000,50000

            The query runs once, after a dry run whose estimate is shown, and is refused
            if more than \(Readable.bytes(defaultBytesBilled)) would be billed, unless
            --max-bytes-billed allows it. Its result is then fetched once for every
            combination of settings and every run, which costs nothing but the traffic.
            The runs take turns; the table shows the one in the middle of each setting.
            The times of pages that come side by side add up to more than the time that
            passed.
            """
    )

    /// What a benchmark may be billed without having been asked for, in bytes.
    static let defaultBytesBilled: Int64 = 10_000_000_000

    @OptionGroup var text: QueryText

    @Option(
        help: ArgumentHelp(
            "A table to read instead of a query, page after page and without cost: DATASET.TABLE or PROJECT.DATASET.TABLE.",
            valueName: "name"))
    var table: String?

    @Option(help: ArgumentHelp("The most rows that a run fetches, the first ones, or all.", valueName: "number"))
    var rows = RowLimit(100_000)

    @Option(
        help: ArgumentHelp(
            "The rows of a page; auto is as many as make about 8 MB.", valueName: "rows[,rows]"))
    var pageRows = NumberList([nil])

    @Option(
        help: ArgumentHelp(
            "How many pages to fetch at a time; auto is what a pull does. Default: 1,2,4,8; a table comes page after page.",
            valueName: "pages[,pages]"))
    var parallel: NumberList?

    @Option(help: ArgumentHelp("Whether pages come compressed: on, off, or both.", valueName: "on[,off]"))
    var gzip = SwitchList([true])

    @Option(help: ArgumentHelp("How often to measure every setting.", valueName: "number"))
    var runs = 3

    @Option(
        help: ArgumentHelp(
            "Stage the rows of every run in the table \(tableName) of this SQLite database, in place of those before. Default: drop them.",
            valueName: "file"))
    var into: String?

    @Option(
        help: ArgumentHelp("Draw the result as an SVG image, in place of a file that is there.", valueName: "file.svg"))
    var plot: String?

    @OptionGroup var job: JobOptions

    @OptionGroup var connection: ConnectionOptions

    /// Where the rows of the runs are staged.
    static let tableName = "bench"

    func validate() throws {
        guard [text.sql, text.file, table].compactMap(\.self).count == 1 else {
            throw ValidationError(
                "Give the SQL text as an argument, - for standard input, --file PATH, or --table NAME; one of them")
        }
        if table != nil {
            guard parallel == nil else {
                throw ValidationError("--parallel is for queries; a table is read page after page")
            }
            guard !job.isGiven else { throw ValidationError("a table is read without a job, which takes no options") }
        }
        guard parallel?.values.allSatisfy({ $0 ?? 1 <= PullLimits.maxParallelPages }) != false else {
            throw ValidationError("--parallel goes up to \(PullLimits.maxParallelPages)")
        }
        guard runs > 0 else { throw ValidationError("--runs must be at least 1") }
        guard plot?.lowercased().hasSuffix(".svg") != false else {
            throw ValidationError("--plot draws SVG; give a file whose name ends in .svg")
        }
    }

    func run() async throws {
        let settings = try connection.settings()
        let query = table == nil ? try newQuery(settings) : nil
        try plot.map(PlotFile.check)
        let display = ProgressDisplay()
        let options = connection
        let report = try await Interruption.catching(note: { Self.interruptionNote }) {
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
        report.warnings.forEach { Diagnostics.warning($0.message) }
    }

    private static let interruptionNote = Interruption.Note(message: "what was measured is dropped")

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
