import ArgumentParser
import BigQuery
import BigQueryPull
import Foundation

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
              bqpull query 'SELECT * FROM sales.orders' --into staging.db --if-exists upsert --key order_id --incremental changed_at

            A pull that was interrupted goes on where it stopped when the same command is given again, without running the
            query a second time; bqpull runs staging.db shows what there is.
            """
    )

    @Argument(help: ArgumentHelp("The SQL text; - reads it from standard input.", valueName: "sql"))
    var sql: String?

    @Option(help: ArgumentHelp("A file with the SQL text.", valueName: "path"))
    var file: String?

    @OptionGroup var target: TargetOptions

    @Option(
        help: ArgumentHelp(
            "Take only rows above the highest value of this column so far (INT64, DATE, DATETIME, TIMESTAMP), with append or upsert. The first run takes all; later ones count the rows without a value, by a small query of its own.",
            valueName: "column"
        )
    )
    var incremental: String?

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

    @OptionGroup var options: PullOptions

    func validate() throws {
        guard (sql == nil) != (file == nil) else {
            throw ValidationError("Give the SQL text as an argument, - for standard input, or --file PATH; one of them")
        }
        guard maxBytesBilled ?? 1 > 0 else { throw ValidationError("--max-bytes-billed must be at least 1") }
    }

    func run() async throws {
        let query = try request()
        try await options.report(file: target.into) { connection, onProgress in
            var pull = QueryPull(query, client: try connection.client())
            pull.incrementalColumn = incremental
            pull.onInterruptedJob = InterruptedJobText.show
            options.configure(&pull, startsAnew: target.restart, onProgress)
            return try await pull.stage(into: target.stagingTarget(defaultTable: "results"))
        }
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
