import ArgumentParser
import BigQuery
import BigQueryPull
import Foundation
import SQLiteStaging

/// Pulls the result of a query into a table of a local SQLite database.
struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Pull the result of a query into a table of a local SQLite database.",
        discussion: """
            Examples:
              bqpull query 'SELECT * FROM sales.orders' --into staging.db
              bqpull query --file orders.sql --into staging.db --table orders
              bqpull query 'SELECT * FROM t WHERE day >= @day' --param day:DATE:2024-01-01 --into staging.db
            """
    )

    @Argument(help: ArgumentHelp("The SQL text; - reads it from standard input.", valueName: "sql"))
    var sql: String?

    @Option(help: ArgumentHelp("A file with the SQL text.", valueName: "path"))
    var file: String?

    @Option(help: ArgumentHelp("The SQLite database; it is created if it does not exist.", valueName: "file"))
    var into: String

    @Option(help: ArgumentHelp("The table.", valueName: "name"))
    var table = "results"

    @Option(
        help: ArgumentHelp(
            "What to do with an existing table: fail, replace or append. Default: replace one that bqpull made, fail for any other.",
            valueName: "mode"
        )
    )
    var ifExists: StagingTarget.ExistingTable?

    @OptionGroup var connection: ConnectionOptions

    @Option(help: ArgumentHelp("Where to run. Default: where the tables are.", valueName: "location"))
    var location: String?

    @Option(
        name: .customLong("param"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "A query parameter; an empty name makes it positional. Values of ARRAY and STRUCT are JSON.",
            valueName: "name:type:value"
        )
    )
    var parameters: [String] = []

    @Flag(name: .customLong("use-legacy-sql"), help: "The query is in the legacy dialect.")
    var useLegacySQL = false

    @Option(name: .customLong("label"), help: ArgumentHelp("A label of the job.", valueName: "key=value"))
    var labels: [Label] = []

    @Option(help: ArgumentHelp("When to run: interactive or batch.", valueName: "priority"))
    var priority: QueryRequest.Priority = .interactive

    @Flag(help: "Do not take the result from BigQuery's cache.")
    var noCache = false

    @Option(help: ArgumentHelp("Refuse to run if more bytes than this would be billed.", valueName: "bytes"))
    var maxBytesBilled: Int64?

    @Option(help: ArgumentHelp("The rows of a page. Default: as many as make about 8 MB.", valueName: "rows"))
    var pageRows: Int?

    @Flag(help: "Show no progress and no report.")
    var quiet = false

    func validate() throws {
        guard (sql == nil) != (file == nil) else {
            throw ValidationError("Give the SQL text as an argument, - for standard input, or --file PATH; one of them")
        }
        guard pageRows ?? 1 > 0 else { throw ValidationError("--page-rows must be at least 1") }
        guard maxBytesBilled ?? 1 > 0 else { throw ValidationError("--max-bytes-billed must be at least 1") }
    }

    func run() async throws {
        let query = try request()
        let target = StagingTarget(path: into, table: table, ifExists: ifExists)
        let report = try await Interruption.catching(note: "the table is as it was before") {
            try await Connection.with(connection) { connection in
                var pull = QueryPull(query, client: try connection.client())
                pull.limits.pageRows = pageRows
                pull.onInterruptedJob = { StandardError.write(InterruptedJobText.text($0)) }
                var report = try await stage(pull, into: target)
                report.warnings.insert(contentsOf: connection.warnings, at: 0)
                if quiet { connection.showWarnings() }
                return report
            }
        }
        if !quiet { StandardError.write(ReportText.text(report)) }
        if connection.json {
            try StandardOutput.writeJSON(report, hint: "the table is staged; only the report is lost")
        }
    }

    private func stage(_ pull: QueryPull, into target: StagingTarget) async throws -> PullReport {
        guard !quiet else { return try await pull.stage(into: target) }
        let display = ProgressDisplay()
        var pull = pull
        pull.onProgress = display.update
        return try await display.showing { [pull] in try await pull.stage(into: target) }
    }

    private func request() throws -> QueryRequest {
        var query = QueryRequest(try sqlText())
        query.parameters = try parameters.map { try QueryParameter(parsing: $0) }
        guard Set(query.parameters.map { $0.name == nil }).count < 2 else {
            throw CommandError(
                message: "some parameters are named and others are positional", exitStatus: .usage,
                hint: "use one kind in a query"
            )
        }
        query.useLegacySQL = useLegacySQL
        query.location = location
        query.labels = Dictionary(labels.map { ($0.key, $0.value) }) { _, last in last }
        query.priority = priority
        query.useQueryCache = !noCache
        query.maximumBytesBilled = maxBytesBilled
        return query
    }

    private func sqlText() throws -> String {
        let text: String?
        switch (sql, file) {
        case ("-", _): text = String(data: try FileHandle.standardInput.readToEnd() ?? Data(), encoding: .utf8)
        case (let sql?, _): text = sql
        case (nil, let path): text = try? String(contentsOfFile: path ?? "", encoding: .utf8)
        }
        guard let text else {
            throw CommandError(
                message: "the SQL text cannot be read from \(file ?? "standard input")",
                exitStatus: .inputMissing,
                hint: "it must be a readable file in UTF-8"
            )
        }
        guard !text.allSatisfy(\.isWhitespace) else {
            throw CommandError(message: "the SQL text is empty", exitStatus: .usage)
        }
        return text
    }
}
