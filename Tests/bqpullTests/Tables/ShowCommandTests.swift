import BigQueryEmulator
import Foundation
import TestSupport
import Testing

@Suite struct ShowCommandTests {
    /// Runs `bqpull show` with a table made of these files.
    private func show(
        _ arguments: [String], files: [String: String] = [:]
    ) async throws -> Binary.Outcome {
        try await EmulatorHome.with { home in
            for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: home.folder.file(name))) }
            for name in files.keys.sorted() where !name.hasSuffix(".json") {
                let table = String(name.prefix { $0 != "." })
                try await home.emulator.load(.init(dataset: "sales", table: table, file: home.folder.file(name)))
            }
            return try await home.run(
                ["show"] + arguments + ["--credentials", home.credentials, "--endpoint", home.emulator.endpoint])
        }
    }

    private static let orders = [
        "orders.csv": "id,day\n1,2024-01-01\n",
        "orders.schema.json": """
        {"description": "All orders\\n\\u001b[31mred",
         "schema": {"fields": [{"name": "id", "type": "INTEGER", "mode": "REQUIRED", "description": "\\u001b[2J"},
                               {"name": "day", "type": "DATE"}]},
         "timePartitioning": {"type": "DAY", "field": "day", "expirationMs": "7776000000"},
         "requirePartitionFilter": true, "clustering": {"fields": ["id"]}}
        """,
    ]

    @Test func showsATableWithItsColumns() async throws {
        let outcome = try await show(["bench.trips_1000"])
        #expect(outcome.exitCode == 0 && outcome.errors.isEmpty)
        let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.first == "local-project.bench.trips_1000")
        for line in [
            "  type        TABLE", "  rows        1,000", "  size        330 kB (330,000 bytes)", "  location    US",
            "columns", "  trip_id       INT64 REQUIRED   The row's position", "  tariff        RANGE<DATE>",
            "  rider         STRUCT", "    home        STRUCT", "      zip       INT64",
            "  tags          ARRAY<STRING>", "  stops         ARRAY<STRUCT>", "    boarded     ARRAY<INT64>",
        ] { #expect(lines.contains(line), "\(line) is not in \(outcome.output)") }
        #expect(!outcome.output.contains("partitions") && !outcome.output.contains("query"))
    }

    @Test func showsPartitionsAndEscapesText() async throws {
        let outcome = try await show(["sales.orders"], files: Self.orders)
        for line in [
            "  partitions  DAY on day, kept for 90 days, queries must filter on it\n", "  clustering  id\n",
            #"  description All orders \u{1b}[31mred"# + "\n", #"  id   INT64 REQUIRED  \u{1b}[2J"# + "\n",
        ] { #expect(outcome.output.contains(line), "\(line) is not in \(outcome.output)") }
        #expect(!outcome.output.contains("\u{1B}"))
    }

    @Test func showsAViewWithItsQuery() async throws {
        let files = ["latest.sql": "SELECT MAX(trip_id) AS id\nFROM bench.trips_5 -- \u{1B}[31m"]
        let outcome = try await show(["sales.latest"], files: files)
        #expect(outcome.output.contains("  type        VIEW\n"))
        #expect(outcome.output.contains("  id  INT64\n"))
        #expect(
            outcome.output.hasSuffix("query\n  SELECT MAX(trip_id) AS id\n  FROM bench.trips_5 -- \\u{1b}[31m\n"))
        #expect(!outcome.output.contains("rows"))
    }

    @Test func jsonHasTheWholeTable() async throws {
        let outcome = try await show(["`local-project.sales.orders`", "--json"], files: Self.orders)
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        let names = [
            "bytes", "clustering", "created", "dataset", "description", "etag", "hasStreamingBuffer", "location",
            "modified", "project", "requiresPartitionFilter", "rows", "schema", "table", "timePartitioning", "type",
        ]
        #expect(json.keys.sorted() == names)
        #expect(outcome.output.contains(#""rows":1,"#))
        #expect(
            outcome.output.contains(
                #""timePartitioning":{"expirationSeconds":7776000,"field":"day","type":"DAY"},"type":"TABLE"}"#))
        #expect(outcome.output.contains(#"{"mode":"NULLABLE","name":"day","type":"DATE"}"#))
        #expect(json["description"] as? String == "All orders\n\u{1B}[31mred")
    }

    @Test(arguments: [
        ("sales.order", 3, "did you mean sales.orders?"), ("slaes.orders", 3, "did you mean sales?"),
        ("sales.nothing-like-it", 3, "bqpull ls lists"), ("orders", 64, "DATASET.TABLE"),
    ])
    func aMissingNameGetsAHint(table: String, exit: Int32, hint: String) async throws {
        let outcome = try await show([table], files: Self.orders)
        #expect(outcome.exitCode == exit)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains("hint: ") && outcome.errors.contains(hint), "\(outcome.errors)")
    }
}
