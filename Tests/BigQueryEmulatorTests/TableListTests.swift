import HTTPTypes
import Testing

@testable import BigQueryEmulator

@Suite struct TableListTests {
    private static let files = [
        "sales.orders.csv": "id,day\n1,2024-01-01\n", "sales.people.csv": "id\n1\n",
        "sales.recent.sql": "SELECT id FROM sales.orders",
        "sales.orders.schema.json": """
        {"kind": "bigquery#table", "description": "All orders",
         "schema": {"fields": [{"name": "id", "type": "INTEGER"}, {"name": "day", "type": "DATE"}]},
         "timePartitioning": {"type": "DAY", "field": "day", "expirationMs": "86400000"},
         "clustering": {"fields": ["id"]}, "requirePartitionFilter": true}
        """,
    ]

    private static func names(in response: JSONObject) -> [String] {
        (response["tables"]?.array ?? []).compactMap { $0.object?.string("tableReference.tableId") }
    }

    @Test func describesEachTable() async throws {
        try await TableFolder.with(Self.files) { client, _ in
            let list = try await client.get("datasets/sales/tables")
            #expect(list.string("kind") == "bigquery#tableList")
            #expect(list.at("totalItems") == 3)
            #expect(Self.names(in: list) == ["orders", "people", "recent"])
            let created = try await client.get("datasets/sales/tables/orders").string("creationTime") ?? ""
            let orders: JSON = [
                "kind": "bigquery#table", "id": "local-project:sales.orders",
                "tableReference": ["projectId": "local-project", "datasetId": "sales", "tableId": "orders"],
                "type": "TABLE", "creationTime": .string(created),
                "timePartitioning": ["type": "DAY", "field": "day", "expirationMs": "86400000"],
                "requirePartitionFilter": true, "clustering": ["fields": ["id"]],
            ]
            #expect(list.at("tables.0") == orders)
            #expect(list.at("tables.1.timePartitioning") == nil)
            #expect(list.string("tables.2.type") == "VIEW")
            #expect(list.at("tables.2.view") == ["useLegacySql": false])
            #expect(client.emulator.server.counters.requests["tables.list"] == 1)
        }
    }

    @Test func includesPropertiesOfTheSchemaFile() async throws {
        try await TableFolder.with(Self.files) { client, _ in
            let table = try await client.get("datasets/sales/tables/orders")
            #expect(table.columns == ["id INTEGER NULLABLE", "day DATE NULLABLE"])
            #expect(table.string("description") == "All orders")
            #expect(table.string("timePartitioning.field") == "day")
            #expect(table.at("clustering.fields.0") == "id")
            #expect(table.at("requirePartitionFilter") == true)
        }
    }

    @Test(arguments: [
        (1, [["orders"], ["people"], ["recent"]]), (2, [["orders", "people"], ["recent"]]),
        (3, [["orders", "people", "recent"]]),
    ])
    func pagesTables(size: Int, pages: [[String]]) async throws {
        try await TableFolder.with(Self.files) { client, _ in
            var found: [[String]] = []
            var token: String?
            for _ in pages {
                let page = try await client.get("datasets/sales/tables?maxResults=\(size)&pageToken=\(token ?? "")")
                found.append(Self.names(in: page))
                token = page.string("nextPageToken")
            }
            #expect(found == pages)
            #expect(token == nil)
        }
    }

    @Test func listsSomeGeneratedTables() async throws {
        try await TableFolder.with(["bench.mine.csv": "id\n1\n"]) { client, _ in
            // A table that was requested is not listed either.
            #expect(try await client.get("datasets/bench/tables/trips_7").string("numRows") == "7")
            let list = try await client.get("datasets/bench/tables")
            let sizes = ["1000", "100000", "1000000"]
            let generated = ["nested", "numbers", "texts", "trips"].flatMap { name in sizes.map { "\(name)_\($0)" } }
            #expect(Self.names(in: list) == ["mine"] + generated)
        }
    }

    @Test(arguments: ["datasets/nothing/tables", "/bigquery/v2/projects/other/datasets/bench/tables"])
    func rejectsAMissingDataset(path: String) async throws {
        try await withClient { client in
            let response = try await client.send(.get, path)
            #expect(response.status == 404)
            #expect(try response.json().string("error.message")?.hasPrefix("Not found: Dataset ") == true)
        }
    }
}
