import ArgumentParser
import BigQuery
import Foundation
import TextSupport

/// `bqpull ls`: the datasets of a project, or the tables of a dataset.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List datasets, or the tables and views of a dataset.",
        discussion: """
            Prints one name per line; tables are followed by a tab and their type.
            Listing is free of charge.

            Examples:
              bqpull ls
              bqpull ls sales
              bqpull ls bigquery-public-data.samples --json
            """
    )

    @Argument(help: "DATASET or PROJECT.DATASET. Default: list the datasets of the project.")
    var dataset: String?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await Interruption.catching {
            try await Connection.with(connection) { connection in
                let client = try await connection.client()
                if let dataset {
                    try await listTables(dataset, client)
                } else {
                    try await listDatasets(client)
                }
                connection.showWarnings()
            }
        }
    }

    private func listDatasets(_ client: BigQueryClient) async throws {
        let datasets = try await client.listDatasets()
        if connection.json {
            try StandardOutput.writeJSON(DatasetListing(project: client.configuration.project, datasets))
        } else {
            try StandardOutput.write(datasets.map { printable($0.reference.dataset, limit: .max) + "\n" }.joined())
        }
    }

    private func listTables(_ name: String, _ client: BigQueryClient) async throws {
        let dataset = try DatasetReference(parsing: name, defaultProject: client.configuration.project)
        let tables = try await NameSuggestion(client: client).explaining(dataset) {
            try await client.listTables(dataset)
        }
        if connection.json { return try StandardOutput.writeJSON(TableListing(dataset, tables)) }
        let lines = tables.map { table in
            "\(printable(table.reference.table, limit: .max))\t\(printable(table.kind.name))\n"
        }
        try StandardOutput.write(lines.joined())
    }
}

/// The datasets as JSON.
private struct DatasetListing: Encodable {
    struct Item: Encodable {
        var dataset: String
        var location: String?
    }

    var project: String
    var datasets: [Item]

    init(project: String, _ datasets: [ListedDataset]) {
        self.project = project
        self.datasets = datasets.map { Item(dataset: $0.reference.dataset, location: $0.location) }
    }
}

/// The tables as JSON.
private struct TableListing: Encodable {
    struct Item: Encodable {
        var table: String
        var type: String
        var created: Date?
    }

    var project: String
    var dataset: String
    var tables: [Item]

    init(_ dataset: DatasetReference, _ tables: [ListedTable]) {
        project = dataset.project
        self.dataset = dataset.dataset
        self.tables = tables.map { Item(table: $0.reference.table, type: $0.kind.name, created: $0.created) }
    }
}
