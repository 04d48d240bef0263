import Testing

@testable import BigQueryEmulator

@Suite struct TemporaryFunctionTests {
    private static let two = "CREATE TEMP FUNCTION twice(x INT64) AS (2 * x);"
    private static let plus = """
        \(two)
        CREATE TEMPORARY FUNCTION plus(a INT64, b INT64) RETURNS INT64 AS (twice(a) + b);
        """

    @Test(
        arguments: [
            ("\(two) SELECT twice(21)", "42"), ("\(two) SELECT twice(twice(3) + 1)", "14"),
            ("\(two) SELECT TWICE(trip_id) FROM bench.trips_3 ORDER BY 1 DESC LIMIT 1", "4"),
            ("\(plus)\nSELECT plus(1, twice(2));;", "6"), ("\(plus) SELECT plus(1, twice(b => 2))", nil),
            ("CREATE OR REPLACE TEMP FUNCTION one() AS (1); SELECT one() -- end", "1"),
            ("CREATE TEMP FUNCTION half(x FLOAT64) AS (x / 2); SELECT half(1)", "0.5"),
            (
                "CREATE TEMP FUNCTION day(x STRING) RETURNS DATE AS (CAST(x AS DATE)); SELECT day('2024-1-2')",
                "2024-01-02"
            ),
            ("CREATE TEMP FUNCTION first(x ANY TYPE, y STRUCT<a INT64, b STRING>) AS (x); SELECT first('a', 1)", "a"),
            ("CREATE TEMP FUNCTION x(trip_id INT64) AS (trip_id + 1); SELECT x(t.trip_id) FROM bench.trips_1 t", "1"),
            ("\(two) WITH a AS (SELECT twice(5) AS n) SELECT n FROM a", "10"),
            ("SELECT 1;", "1"), ("SELECT 1;;", "1"), ("SELECT 1; -- end", "1"), ("SELECT 1 -- end\n;\n# end", "1"),
            (";SELECT 1", nil), ("\(two) SELECT twice(1, 2)", nil), ("\(two) SELECT thrice(1)", nil),
            ("CREATE TEMP FUNCTION f(x INT64) AS x; SELECT f(1)", nil),
            ("CREATE TEMP FUNCTION f(x INT64) AS (f(x)); SELECT f(1)", nil),
            ("CREATE TEMP FUNCTION f(x INT64; SELECT f(1)", nil), ("\(two) SELECT 1; SELECT 2", nil),
        ] as [(String, String?)])
    func evaluate(sql: String, expected: String?) async throws {
        try await withClient { client in
            let response = try await client.results(sql)
            #expect(response.cells.first?.first?.string == expected)
            #expect((response.string("error.errors.0.reason") == "invalidQuery") == (expected == nil))
        }
    }

    @Test func haveTheStatementTypeOfTheLastStatement() async throws {
        try await withClient { client in
            for (sql, type) in [
                ("\(Self.two) SELECT twice(1)", "SELECT"), ("\(Self.two)", "CREATE_FUNCTION"),
                ("\(Self.two) DELETE FROM bench.trips_1 WHERE true", "DELETE"),
                ("SELECT 1; \(Self.two)", "SCRIPT"), ("\(Self.two) SELECT 1; SELECT 2", "SCRIPT"),
            ] {
                let response = try await client.insert(sql, dryRun: true)
                #expect(response.string("statistics.query.statementType") == type, "\(sql)")
            }
        }
    }

    @Test func giveArgumentsTheirTypes() async throws {
        try await withClient { client in
            let sql = "CREATE TEMP FUNCTION f(x DATE) RETURNS TIMESTAMP AS (CAST(x AS TIMESTAMP)); SELECT f(@p) AS t"
            let response = try await client.insert(sql, dryRun: true)
            #expect(response.string("statistics.query.undeclaredQueryParameters.0.parameterType.type") == "DATE")
            #expect(response.string("statistics.query.schema.fields.0.type") == "TIMESTAMP")
        }
    }

    @Test func bindPositionalParametersInTheOrderOfTheText() async throws {
        try await withClient { client in
            let sql = "CREATE TEMP FUNCTION f(a INT64, b INT64) AS (b - a + b - a); SELECT f(?, ?), ?"
            let parameters = ["1", "10", "7"].map { value -> JSON in
                ["parameterType": ["type": "INT64"], "parameterValue": ["value": .string(value)]]
            }
            let response = try await client.results(sql, "", ["queryParameters": .array(parameters)])
            #expect(response.cells == [["18", "7"]])
        }
    }

    @Test func inJavaScriptCompileButDoNotRun() async throws {
        let sql = #"""
            CREATE TEMP FUNCTION shout(x STRING) RETURNS STRING LANGUAGE js OPTIONS (library = []) AS r"""
              return x.toUpperCase() + "!;";
            """;
            SELECT shout('a') AS loud
            """#
        try await withClient { client in
            let dryRun = try await client.insert(sql, dryRun: true)
            #expect(dryRun.string("statistics.query.statementType") == "SELECT")
            #expect(dryRun.string("statistics.query.schema.fields.0.type") == "STRING")
            let job = try await client.insert(sql)
            #expect(job.string("error.errors.0.reason") == "invalidQuery")
            #expect(job.string("error.message")?.hasPrefix("Function shout is not supported by the emulator") == true)
            // A function that is not called does no harm.
            let unused = try await client.results(sql.replacing("shout('a')", with: "'a'"))
            #expect(unused.cells == [["a"]])
        }
    }

    @Test func cannotGrowWithoutBounds() async throws {
        let functions = (1...60).map { number in
            let body = number == 1 ? "x" : "f\(number - 1)(x) + f\(number - 1)(x)"
            return "CREATE TEMP FUNCTION f\(number)(x INT64) AS (\(body));"
        }
        let nested = String(repeating: "f1(", count: 5_000) + "1" + String(repeating: ")", count: 5_000)
        try await withClient { client in
            for sql in [functions.joined() + "SELECT f60(1)", functions[0] + "SELECT " + nested] {
                let response = try await client.insert(sql)
                #expect(response.string("error.errors.0.reason") == "invalidQuery")
            }
        }
    }
}
