import ArgumentParser
import BigQuery

/// `bqpull show`: describes a table without reading its rows.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a table or view: columns, rows, size, partitioning.",
        discussion: """
            Reads no rows, and is free of charge.

            Examples:
              bqpull show sales.orders
              bqpull show bigquery-public-data.samples.shakespeare
              bqpull show sales.orders --json
            """
    )

    @Argument(help: "DATASET.TABLE or PROJECT.DATASET.TABLE.")
    var table: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await Interruption.catching {
            try await Connection.with(connection) { connection in
                let client = try await connection.client()
                let name = try TableReference(parsing: table, defaultProject: client.configuration.project)
                let found = try await NameSuggestion(client: client).explaining(name) {
                    try await client.fetchTable(name)
                }
                if self.connection.json {
                    try StandardOutput.writeJSON(TableReport(found))
                } else {
                    try StandardOutput.write(TableText.text(found))
                }
                connection.showWarnings()
            }
        }
    }
}
