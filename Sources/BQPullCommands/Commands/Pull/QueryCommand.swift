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
              bqpull query --file eu.sql --into staging.db --table orders \\
                  --if-exists append --incremental changed_at --lookback 2h \\
                  --load eu --load-column source
              bqpull query 'SELECT * FROM sales.orders' --dry-run
              bqpull query 'SELECT * FROM sales.orders LIMIT 1000' --format csv \\
                  > orders.csv

            Before the query runs, bqpull shows how much it will process and the
            approximate cost on demand; above 100 GB it asks for confirmation.

            With --incremental, each run pulls the rows from the highest value so far on,
            the mark of the load; bqpull loads staging.db lists the marks. --since and
            --until set the bounds of one run, for example to pull a month again.

            To continue an interrupted pull, run the same command again within 12 hours
            (--continue-within); the query does not run a second time. To list
            the runs, use bqpull runs staging.db.
            """
    )

    @OptionGroup var text: QueryText

    @OptionGroup var target: TargetOptions

    @OptionGroup var incremental: IncrementalOptions

    @OptionGroup var job: JobOptions

    @OptionGroup var options: PullOptions

    @Flag(help: "Show what the query would process and return, without running it.")
    var dryRun = false

    func validate() throws {
        guard text.isGiven else {
            throw ValidationError("Pass exactly one of: the SQL text, - for standard input, or --file PATH")
        }
        let isIncremental = incremental.column != nil
        guard !isIncremental || target.into != nil else {
            throw ValidationError("--incremental applies to a database; pass --into FILE")
        }
        try target.requireLoad(isIncremental: isIncremental)
    }

    func run() async throws {
        let sql = try text.read()
        let hint = LoadHint(command: TypedCommand(), argument: text.sql, sql: sql)
        try await hint.explaining { try await pull(sql) }
    }

    private func pull(_ sql: String) async throws {
        let settings = try options.connection.settings()
        let query = try job.query(sql, settings)
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
        configureLoad(of: &pull)
        pull.onInterruptedJob = InterruptedJobText.show
        pull.onWarning = LargeResultNote.show(text.typed + job.typed, options.connection, running.display)
        let (cost, connection) = (job.cost, options.connection)
        pull.onEstimate = { estimate in
            LoadText.debug(estimate, connection)
            try await cost.allow(estimate, limit: query.maximumBytesBilled, settings, running.display)
        }
        options.configure(&pull, restarts: target.restart, for: running)
        target.configure(&pull)
        return pull
    }

    private func configureLoad(of pull: inout QueryPull) {
        pull.load = target.load
        incremental.configure(&pull)
    }

    private func estimate(
        _ query: QueryRequest, into target: StagingTarget?, _ settings: Settings
    ) async throws {
        let (connection, staging) = (options.connection, options.lock.staging)
        let estimate = try await Interruption.catching {
            try await Connection.with(connection) { connection in
                var pull = QueryPull(query, client: try await connection.client())
                configureLoad(of: &pull)
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
