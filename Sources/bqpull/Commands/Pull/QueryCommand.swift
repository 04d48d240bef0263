import ArgumentParser
import BigQuery
import BigQueryPull

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

    @OptionGroup var text: QueryText

    @OptionGroup var target: TargetOptions

    @Option(
        help: ArgumentHelp(
            "Take only rows above the highest value of this column so far (INT64, DATE, DATETIME, TIMESTAMP), with append or upsert. The first run takes all; later ones count the rows without a value, by a small query of its own.",
            valueName: "column"
        )
    )
    var incremental: String?

    @OptionGroup var job: JobOptions

    @OptionGroup var options: PullOptions

    func validate() throws {
        guard text.isGiven else {
            throw ValidationError("Give the SQL text as an argument, - for standard input, or --file PATH; one of them")
        }
    }

    func run() async throws {
        let query = try job.query(text.read())
        try await options.report(file: target.into) { connection, onProgress in
            var pull = QueryPull(query, client: try await connection.client())
            pull.incrementalColumn = incremental
            pull.onInterruptedJob = InterruptedJobText.show
            options.configure(&pull, startsAnew: target.restart, onProgress)
            return try await pull.stage(into: target.stagingTarget(defaultTable: "results"))
        }
    }
}
