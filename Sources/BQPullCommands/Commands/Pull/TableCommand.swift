import ArgumentParser
import BigQuery
import BigQueryPull
import TextSupport

/// Pulls a table, without a query, into a table of a local SQLite database.
struct TableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract: "Pull a table without a query, which costs nothing.",
        discussion: """
            Examples:
              bqpull table sales.orders --into staging.db
              bqpull table sales.orders --into staging.db --columns order_id,amount \\
                  --rows 1000
              bqpull table bigquery-public-data.samples.shakespeare --into staging.db \\
                  --table words
              bqpull table sales.orders --rows 100

            Tables come page by page, which is slower than a query for large ones. One
            that changes meanwhile is read again, twice at most. Views, materialized
            views and external tables have no rows to read without a query.

            A pull that was interrupted continues where it stopped when the same command
            is given again within 12 hours (--continue-within), as long as the table has
            not changed; bqpull runs staging.db shows what there is.
            """
    )

    @Argument(help: ArgumentHelp("DATASET.TABLE or PROJECT.DATASET.TABLE.", valueName: "name"))
    var source: String

    @OptionGroup var target: TargetOptions

    @Option(
        help: ArgumentHelp(
            "The columns to read, in the table's order. Default: all. A STRUCT is read as a whole.",
            valueName: "column[,column]"))
    var columns: ColumnList?

    @Option(
        help: ArgumentHelp(
            "The most rows to read, the first ones as BigQuery keeps them. Default: all.", valueName: "number"))
    var rows: Int64?

    @OptionGroup var options: PullOptions

    func validate() throws {
        guard rows ?? 1 > 0 else { throw ValidationError("--rows must be at least 1") }
    }

    func run() async throws {
        guard let into = target.into else {
            return try await options.write(as: target.format, null: target.null) { running, rows in
                try await pulling(running) { try await $0.run(into: rows) }
            }
        }
        try await options.stage(into: into) { running in
            try await pulling(running) { pull in
                try await pull.publish(into: target.stagingTarget(in: into, defaultTable: pull.table.table))
            }
        }
    }

    private func pulling<Result>(
        _ running: PullOptions.Running, _ body: (TablePull) async throws -> Result
    ) async throws -> Result {
        let client = try await running.connection.client()
        let table = try TableReference(parsing: source, defaultProject: client.configuration.project)
        var pull = TablePull(table, client: client)
        pull.columns = columns?.names
        pull.maximumRows = rows
        pull.onWarning = LargeResultNote.show([shellWord(source)], options.connection, running.display)
        options.configure(&pull, restarts: target.restart, for: running)
        target.configure(&pull)
        return try await NameSuggestion(client: client).explaining(table) { [pull] in try await body(pull) }
    }
}
