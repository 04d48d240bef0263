import HTTPTypes
import Testing

@testable import BigQueryEmulator

@Suite struct ViewTests {
    private static let files = [
        "sales.orders.csv": "id,day,amount\n1,2024-01-01,1.5\n2,2024-01-02,\n3,2024-01-02,4\n",
        "sales.daily.sql": """
        -- What came in on a day.
        SELECT day, CAST('2024-01-31' AS DATE) AS month_end, COUNT(*) AS orders, SUM(amount) AS amount
        FROM `local-project.sales.orders` GROUP BY day ORDER BY day
        """,
        "sales.busy.sql": "SELECT d.* FROM sales.daily AS d WHERE d.orders > 1",
        "sales.trips.sql": "SELECT * FROM bench.trips_20;",
    ]

    @Test func isATableWithoutRows() async throws {
        try await TableFolder.with(Self.files) { client, _ in
            let view = try await client.get("datasets/sales/tables/daily")
            #expect(view.string("type") == "VIEW")
            #expect(view.string("view.query") == Self.files["sales.daily.sql"])
            #expect(view.at("view.useLegacySql") == false)
            #expect(view["numRows"] == "0")
            #expect(
                view.columns == [
                    "day DATE NULLABLE", "month_end DATE NULLABLE", "orders INTEGER NULLABLE", "amount FLOAT NULLABLE",
                ])
        }
    }

    @Test func cannotListRows() async throws {
        try await TableFolder.with(Self.files) { client, _ in
            let response = try await client.send(.get, "datasets/sales/tables/daily/data")
            #expect(response.status == 400)
            #expect(try response.json().string("error.message") == "Cannot list a table of type VIEW.")
            #expect(try response.json().string("error.errors.0.reason") == "invalid")
        }
    }

    @Test(arguments: [
        ("SELECT * FROM sales.daily ORDER BY day", [["2024-01-01", "1", "1.5"], ["2024-01-02", "2", "4.0"]]),
        ("SELECT * FROM sales.busy", [["2024-01-02", "2", "4.0"]]),
        ("SELECT a.* FROM sales.busy AS a JOIN sales.daily AS b ON b.day = a.day", [["2024-01-02", "2", "4.0"]]),
    ])
    func canBeQueried(sql: String, rows: [[String]]) async throws {
        try await TableFolder.with(Self.files) { client, _ in
            let result = try await client.results(sql)
            #expect(
                result.columns == [
                    "day DATE NULLABLE", "month_end DATE NULLABLE", "orders INTEGER NULLABLE", "amount FLOAT NULLABLE",
                ])
            #expect(result.cells == rows.map { [.string($0[0]), "2024-01-31", .string($0[1]), .string($0[2])] })
            let dry = try await client.insert(sql, dryRun: true)
            let columns = JSONObject(members: dry.at("statistics.query")?.object?.members ?? []).columns
            #expect(columns == result.columns)
        }
    }

    @Test func keepsTypesAndValues() async throws {
        try await TableFolder.with(Self.files) { client, _ in
            let through = try await client.results("SELECT * FROM sales.trips ORDER BY trip_id")
            let straight = try await client.results("SELECT * FROM bench.trips_20 ORDER BY trip_id")
            #expect(through.cells.count == 20)
            #expect(through.cells == straight.cells)
            #expect(through.at("schema") == straight.at("schema"))
        }
    }

    @Test func jobStatisticsNameTheTablesRead() async throws {
        try await TableFolder.with(Self.files) { client, _ in
            _ = try await client.insert("SELECT * FROM sales.busy", id: "busy")
            _ = try await client.get("queries/busy")
            let job = try await client.get("jobs/busy")
            let orders: JSON = ["projectId": "local-project", "datasetId": "sales", "tableId": "orders"]
            #expect(job.at("statistics.query.referencedTables") == .array([orders]))
            let size = try await client.get("datasets/sales/tables/orders").string("numBytes")
            #expect(job.string("statistics.query.totalBytesProcessed") == size)
        }
    }

    @Test func rejectsARecursiveView() async throws {
        try await TableFolder.with(["d.a.sql": "SELECT * FROM d.b", "d.b.sql": "SELECT * FROM d.a"]) { client, _ in
            let response = try await client.insert("SELECT * FROM d.a")
            #expect(response.string("error.errors.0.reason") == "invalidQuery")
            #expect(response.string("error.message") == "Views are nested more than 16 levels deep")
        }
    }

    @Test(arguments: ["SELECT nothing FROM bench.trips_1", "DELETE FROM bench.trips_1", "", "SELECT * FROM d.gone"])
    func startFailsForAQueryThatDoesNotCompile(sql: String) async throws {
        try await TableFolder.with(["d.v.sql": sql]) { client, folder in
            let file = folder.source("d.v.sql").file
            let error = await #expect(throws: EmulatorError.self) {
                try await client.emulator.withRunning { _ in }
            }
            #expect(error?.code == .invalidData)
            #expect(error?.message.hasPrefix("\(file): ") == true)
        }
    }
}
