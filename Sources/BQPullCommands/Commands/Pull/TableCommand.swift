import ArgumentParser
import BigQuery
import BigQueryPull
import TextSupport

/// `bqpull table`: pulls a table without a query into a SQLite table, or to standard output.
struct TableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract: "Pull a table without a query, free of charge.",
        discussion: """
            Examples:
              bqpull table sales.orders --into staging.db
              bqpull table sales.orders --into staging.db --columns order_id,amount \\
                  --rows 1000
              bqpull table bigquery-public-data.samples.shakespeare --into staging.db \\
                  --table words
              bqpull table sales.orders --rows 100

            Pages are read one after another; for large tables a query is faster. A table
            that changes while it is read is read again, at most twice. Views,
            materialized views and external tables can only be read with a query.

            To continue an interrupted pull, run the same command again within 12 hours
            (--continue-within), unless the table has changed. To list the runs, use
            bqpull runs staging.db.
            """
    )

    @Argument(help: ArgumentHelp("DATASET.TABLE or PROJECT.DATASET.TABLE.", valueName: "name"))
    var source: String

    @OptionGroup var target: TargetOptions

    @Option(
        help: ArgumentHelp(
            "The columns to read, in the order of the table. A STRUCT is read as a whole. Default: all.",
            valueName: "column[,column]"))
    var columns: ColumnList?

    @Option(
        help: ArgumentHelp(
            "The maximum number of rows to read, in the order of storage. Default: all.", valueName: "number"))
    var rows: Int64?

    @OptionGroup var options: PullOptions

    func validate() throws {
        guard rows ?? 1 > 0 else { throw ValidationError("--rows must be at least 1") }
        try target.requireLoad()
    }

    func run() async throws {
        try await LoadHint(command: TypedCommand()).explaining { try await pull() }
    }

    private func pull() async throws {
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
        pull.load = target.load
        pull.onWarning = LargeResultNote.show([shellWord(source)], options.connection, running.display)
        options.configure(&pull, restarts: target.restart, for: running)
        target.configure(&pull)
        return try await NameSuggestion(client: client).explaining(table) { [pull] in try await body(pull) }
    }
}
