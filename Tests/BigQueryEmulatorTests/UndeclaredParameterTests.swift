import Testing

@testable import BigQueryEmulator

@Suite struct UndeclaredParameterTests {
    private static let files = [
        "shop.orders.csv":
            "id,day,at,stamp,note,price,open\n1,2024-01-01,2024-01-01T10:00:00,2024-01-01 10:00:00,x,1.5,true\n",
        "shop.orders.schema.json": """
        [{"name":"id","type":"INTEGER"},{"name":"day","type":"DATE"},{"name":"at","type":"DATETIME"},
        {"name":"stamp","type":"TIMESTAMP"},{"name":"note","type":"STRING"},{"name":"price","type":"NUMERIC"},
        {"name":"open","type":"BOOLEAN"}]
        """,
        "shop.recent.sql": "SELECT id, stamp FROM shop.orders",
    ]

    /// `name TYPE` of each undeclared parameter that a dry run reports.
    private static func undeclared(_ response: JSONObject) -> [String] {
        (response.at("statistics.query.undeclaredQueryParameters")?.array ?? []).map { parameter in
            let name = parameter.object?.string("name") ?? "-"
            let type = parameter.object?.string("parameterType.type") ?? "-"
            let element = parameter.object?.string("parameterType.arrayType.type").map { "<\($0)>" } ?? ""
            return "\(name) \(type)\(element)"
        }
    }

    /// The cases without tables are those of ZetaSQL's `undeclared_parameters.test`.
    @Test(
        arguments: [
            ("SELECT @p", ["p INT64"]), ("SELECT @p < 'bar'", ["p STRING"]), ("SELECT @p < 1 AND @P > 2", ["p INT64"]),
            ("SELECT 'foo' IN UNNEST(@p)", ["p ARRAY<STRING>"]), ("SELECT b'x' IN (@p, @q)", ["p BYTES", "q BYTES"]),
            ("SELECT @p IN (3.0, 5)", ["p FLOAT64"]), ("SELECT @p IS TRUE", ["p BOOL"]),
            ("SELECT CAST(@p AS FLOAT64) = @q", ["p FLOAT64", "q FLOAT64"]),
            ("SELECT COALESCE(@p, NULL, 1.0)", ["p FLOAT64"]), ("SELECT @p = @q", ["p INT64", "q INT64"]),
            ("SELECT x FROM (SELECT 0 AS x) WHERE @p", ["p BOOL"]), ("SELECT length(@p)", ["p STRING"]),
            ("SELECT id FROM shop.orders WHERE id >= @p", ["p INT64"]),
            ("SELECT id FROM shop.orders WHERE @bqpull_watermark <= day", ["bqpull_watermark DATE"]),
            ("SELECT id FROM shop.orders WHERE at BETWEEN @p AND @q", ["p DATETIME", "q DATETIME"]),
            ("SELECT id FROM shop.orders t WHERE t.stamp > @p", ["p TIMESTAMP"]),
            ("SELECT id FROM `shop.orders` AS t WHERE price + 1 < @p", ["p NUMERIC"]),
            ("SELECT orders.id FROM shop.orders WHERE orders.note != @p OR open = @q", ["p STRING", "q BOOL"]),
            ("SELECT id FROM shop.recent WHERE stamp >= @p", ["p TIMESTAMP"]),
            ("WITH x AS (SELECT id, stamp AS s FROM shop.orders) SELECT id FROM x WHERE s >= @p", ["p TIMESTAMP"]),
            ("SELECT * FROM (\nWITH x AS (SELECT * FROM shop.orders) SELECT * FROM x\n) WHERE day >= @p", ["p DATE"]),
            ("SELECT * FROM (SELECT id, CAST(note AS DATETIME) AS c FROM shop.orders) WHERE c < @p", ["p DATETIME"]),
            ("SELECT id, max(stamp) AS m FROM shop.orders GROUP BY id HAVING m >= @p", ["p TIMESTAMP"]),
            ("SELECT a.id FROM shop.orders a JOIN shop.orders b ON a.id = b.id AND b.day >= @p", ["p DATE"]),
            ("SELECT id FROM shop.orders UNION ALL SELECT id FROM shop.orders WHERE at >= @p", ["p DATETIME"]),
            ("SELECT id FROM shop.orders WHERE stamp >= ifnull(@p, TIMESTAMP '2024-01-01')", ["p TIMESTAMP"]),
            ("SELECT id FROM shop.orders o WHERE EXISTS (SELECT 1 FROM shop.recent WHERE o.day = @p)", ["p DATE"]),
            ("SELECT id FROM shop.orders WHERE day >= @p LIMIT 1", ["p DATE"]),
            ("SELECT id FROM shop.orders WHERE note LIKE @p AND NOT @q", ["p STRING", "q BOOL"]),
            ("SELECT CASE WHEN @p THEN @q ELSE day END AS c FROM shop.orders", ["p BOOL", "q DATE"]),
            ("SELECT id FROM shop.orders WHERE day >= date(@p)", ["p TIMESTAMP"]), ("SELECT 1", []),
        ] as [(String, [String])])
    func areReportedByADryRun(sql: String, expected: [String]) async throws {
        try await TableFolder.with(Self.files) { client, _ in
            let response = try await client.insert(sql, dryRun: true)
            #expect(response.string("error.message") == nil)
            #expect(Self.undeclared(response) == expected)
            #expect((response.at("statistics.query.undeclaredQueryParameters") == nil) == expected.isEmpty)
        }
    }

    @Test func failAJob() async throws {
        try await TableFolder.with(Self.files) { client, _ in
            let response = try await client.insert("SELECT id FROM shop.orders WHERE id >= @low")
            #expect(response.string("error.message") == "Query parameter 'low' not found at [1:40]")
            #expect(client.emulator.server.counters.jobs == 0)
        }
    }

    @Test func areReportedNextToDeclaredOnes() async throws {
        try await TableFolder.with(Self.files) { client, _ in
            let declared: JSON = [
                ["name": "Low", "parameterType": ["type": "INT64"], "parameterValue": ["value": "1"]]
            ]
            let response = try await client.insert(
                "SELECT id FROM shop.orders WHERE id >= @low AND day < @high", ["queryParameters": declared],
                dryRun: true)
            #expect(Self.undeclared(response) == ["high DATE"])
        }
    }

    @Test func haveTheirTypeInTheResult() async throws {
        try await TableFolder.with(Self.files) { client, _ in
            let response = try await client.insert(
                "SELECT @p AS p, id FROM shop.orders WHERE stamp >= @p", dryRun: true)
            let schema: JSONObject = ["schema": response.at("statistics.query.schema") ?? .null]
            #expect(schema.columns == ["p TIMESTAMP NULLABLE", "id INTEGER NULLABLE"])
        }
    }

    @Test(
        arguments: [
            (
                "SELECT id FROM shop.orders WHERE day >= @p AND note = @P", [:],
                "Undeclared parameter 'p' is used assuming different types (DATE vs STRING) at [1:55]"
            ),
            (
                "SELECT @p", ["parameterMode": "POSITIONAL"], "Query parameter 'p' not found at [1:8]"
            ),
            ("SELECT ?", [:], "Query parameter number 1 is not defined (0 provided) at [1:8]"),
        ] as [(String, JSONObject, String)])
    func canBeRejected(sql: String, settings: JSONObject, message: String) async throws {
        try await TableFolder.with(Self.files) { client, _ in
            let response = try await client.insert(sql, settings, dryRun: true)
            #expect(response.string("error.message") == message)
        }
    }

    /// SQLite limits the depth of expressions; the inference must not exceed the stack before that.
    @Test(arguments: ["(", "NOT ", "- ", "CASE ", "coalesce(1, ", "(SELECT "])
    func surviveDeepNesting(opening: String) async throws {
        try await withClient { client in
            let count = 20_000
            let closing = opening.contains("(") ? String(repeating: ")", count: count) : ""
            let sql = "SELECT \(String(repeating: opening, count: count))@p\(closing)"
            let response = try await client.insert(sql, dryRun: true)
            #expect(response.string("error.errors.0.reason") == "invalidQuery")
        }
    }
}
