import ArgumentParser
import BigQuery
import BigQueryPull
import SQLiteStaging

/// `bqpull query`: pulls the result of a query into a SQLite table, or to standard output.
struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Pull the result of a query into SQLite, or to standard output.",
        discussion: """
            Examples:
              bqpull query 'SELECT * FROM sales.orders' --into staging.db
              bqpull query --file orders.sql --into staging.db --table orders
              bqpull query 'SELECT * FROM t WHERE day >= @day' \\
                  --param day:DATE:2024-01-01 --into staging.db
              bqpull query 'SELECT * FROM sales.orders' --into staging.db \\
                  --if-exists upsert --key order_id --incremental changed_at
              bqpull query 'SELECT * FROM sales.orders' --dry-run
              bqpull query 'SELECT * FROM sales.orders LIMIT 1000' --format csv \\
                  > orders.csv

            Before the query runs, bqpull shows how much it will process and the
            approximate cost on demand; above 100 GB it asks for confirmation.

            To continue an interrupted pull, run the same command again within 12 hours
            (--continue-within); the query does not run a second time. To list
            the runs, use bqpull runs staging.db.
            """
    )

    @OptionGroup var text: QueryText

    @OptionGroup var target: TargetOptions

    @Option(
        help: ArgumentHelp(
            "Pull only rows above the highest value of this column so far (INT64, DATE, DATETIME, TIMESTAMP), with append or upsert. The first run pulls all rows; later runs also count the rows where it is NULL, with a separate small query.",
            valueName: "column"
        )
    )
    var incremental: String?

    @OptionGroup var job: JobOptions

    @OptionGroup var options: PullOptions

    @Flag(help: "Show what the query would process and return, without running it.")
    var dryRun = false

    func validate() throws {
        guard text.isGiven else {
            throw ValidationError("Pass exactly one of: the SQL text, - for standard input, or --file PATH")
        }
        guard incremental == nil || target.into != nil else {
            throw ValidationError("--incremental applies to a database; pass --into FILE")
        }
    }

    func run() async throws {
        let settings = try options.connection.settings()
        let query = try job.query(text.read(), settings)
        let stagingTarget = target.into.map { target.stagingTarget(in: $0, defaultTable: "results") }
        if dryRun { return try await estimate(query, into: stagingTarget, settings) }
        guard let stagingTarget else {
            return try await options.write(as: target.format, null: target.null) { running, rows in
                let client = try await running.connection.client()
                let pull = pull(query, client, settings, running)
                return try await NameSuggestion(client: client).explainingQuery { try await pull.run(into: rows) }
            }
        }
        try await options.stage(into: stagingTarget.path) { running in
            let client = try await running.connection.client()
            let pull = pull(query, client, settings, running)
            return try await NameSuggestion(client: client).explainingQuery {
                try await pull.publish(into: stagingTarget)
            }
        }
    }

    private func pull(
        _ query: QueryRequest, _ client: BigQueryClient, _ settings: Settings, _ running: PullOptions.Running
    ) -> QueryPull {
        var pull = QueryPull(query, client: client)
        pull.incrementalColumn = incremental
        pull.onInterruptedJob = InterruptedJobText.show
        pull.onWarning = LargeResultNote.show(text.typed + job.typed, options.connection, running.display)
        let cost = job.cost
        pull.onEstimate = { estimate in
            try await cost.allow(estimate, limit: query.maximumBytesBilled, settings, running.display)
        }
        options.configure(&pull, restarts: target.restart, for: running)
        target.configure(&pull)
        return pull
    }

    private func estimate(
        _ query: QueryRequest, into target: StagingTarget?, _ settings: Settings
    ) async throws {
        let (connection, staging, incremental) = (options.connection, options.lock.staging, incremental)
        let estimate = try await Interruption.catching {
            try await Connection.with(connection) { connection in
                var pull = QueryPull(query, client: try await connection.client())
                pull.incrementalColumn = incremental
                pull.staging = staging
                defer { connection.showWarnings() }
                guard let target else { return try await pull.estimate() }
                return try await pull.estimate(into: target)
            }
        }
        try connection.json
            ? StandardOutput.writeJSON(EstimateReport(estimate))
            : StandardOutput.write(
                EstimateText.text(
                    estimate, verdict: job.cost.verdict(estimate, limit: query.maximumBytesBilled, settings)))
    }
}
