import Foundation
import Testing

@testable import BigQueryEmulator

@Suite struct SQLTests {
    @Test(arguments: [
        "`local-project.bench.trips_3`", "`bench.trips_3`", "bench.trips_3", "local-project.bench.trips_3",
        "`local-project`.`bench`.`trips_3`", "`local-project`.bench.trips_3", "`local-project.bench`.trips_3",
    ])
    func acceptsEverySpellingOfATable(table: String) async throws {
        try await withClient { client in
            for sql in [
                "SELECT trip_id FROM \(table)", "SELECT t.trip_id FROM \(table) AS t",
                "SELECT t.trip_id FROM \(table) t",
                "SELECT trips_3.trip_id FROM \(table) WHERE trips_3.trip_id >= 0",
                "SELECT a.trip_id FROM \(table) a JOIN \(table) b ON a.trip_id = b.trip_id",
                "SELECT a.trip_id FROM \(table) a, \(table) b WHERE a.trip_id = b.trip_id",
                "WITH x AS (SELECT * FROM \(table)) SELECT trip_id FROM x",
                "SELECT trip_id FROM (SELECT * FROM \(table))",
            ] {
                let cells = try await client.results(sql).cells
                #expect(cells == [["0"], ["1"], ["2"]], "\(sql)")
            }
            #expect(try await client.results("SELECT * FROM \(table) LIMIT 2").cells.count == 2)
        }
    }

    @Test func acceptsBracketsOnlyInLegacySQL() async throws {
        try await withClient { client in
            func run(_ sql: String) async throws -> JSONObject {
                try await client.post("queries", ["query": .string(sql), "timeoutMs": 200_000])
            }
            for table in ["[local-project:bench.trips_2]", "[bench.trips_2]", "bench.trips_2"] {
                #expect(try await run("SELECT trip_id FROM \(table)").cells == [["0"], ["1"]])
            }
            let backticks = try await run("SELECT trip_id FROM `bench.trips_2`")
            #expect(
                backticks.string("error.message")?.hasPrefix(
                    "Invalid table name: `bench.trips_2`\n[Try using standard SQL") == true)
            let brackets = try await client.insert("SELECT trip_id FROM [bench.trips_2]")
            let message =
                "Syntax error: Unexpected \"[\" at [1:21]. If this is a table identifier, escape the name with `, e.g. `table.name` rather than [table.name]."
            #expect(brackets.string("error.message") == message)
        }
    }

    @Test(arguments: [
        (
            "SELECT * FROM bench.none", 404, "notFound",
            "Not found: Table local-project:bench.none was not found in location US"
        ),
        ("SELECT * FROM none.t", 404, "notFound", "Not found: Dataset local-project:none was not found in location US"),
        (
            "SELECT * FROM other.d.t", 403, "accessDenied",
            "Access Denied: Table other:d.t: User does not have permission to query table other:d.t, or perhaps it does not exist."
        ),
        ("SELECT * FROM t", 400, "invalid", "Table \"t\" must be qualified with a dataset (e.g. dataset.table)."),
        ("SLECT 1", 400, "invalidQuery", "Syntax error: Unexpected identifier \"SLECT\" at [1:1]"),
        ("SELECT 'unterminated", 400, "invalidQuery", "Syntax error: Unclosed string literal at [1:8]"),
        ("SELECT 1,\n  @missing", 400, "invalidQuery", "Query parameter 'missing' not found at [2:3]"),
        (
            "SELECT 1 AS a, 2 AS A", 400, "invalidQuery",
            "Duplicate column names in the result are not supported. Found duplicate(s): A"
        ),
        ("SELECT DATE '2013-02-30'", 400, "invalidQuery", "Invalid DATE literal at [1:8]"),
        ("SELECT /* open", 400, "invalidQuery", "Syntax error: Unclosed comment at [1:15]"),
    ])
    func rejectsWithBigQuerysErrors(sql: String, status: Int, reason: String, message: String) async throws {
        try await withClient { client in
            let response = try await client.insert(sql)
            #expect(response.at("error.code") == .number(String(status)))
            #expect(response.string("error.errors.0.reason") == reason)
            #expect(response.string("error.message") == message)
            #expect(client.emulator.server.counters.jobs == 0)
        }
    }

    @Test(arguments: [
        "SELECT nothing", "SELECT FROM", "SELECT FORMAT_DATE('%Y', '2013-01-01')", "SELECT CAST(1 AS NUMERIC)",
        "SELECT [1, 2]",
    ])
    func reportsSQLiteErrors(sql: String) async throws {
        try await withClient { client in
            let response = try await client.insert(sql)
            #expect(response.string("error.errors.0.reason") == "invalidQuery")
            #expect(response.string("error.errors.0.location") == "q")
        }
    }

    @Test func rejectsStatementsOtherThanQueries() async throws {
        try await withClient { client in
            let response = try await client.results("DELETE FROM bench.trips_3 WHERE true")
            #expect(response.string("error.errors.0.reason") == "invalidQuery")
            #expect(try await client.results("SELECT count(*) FROM bench.trips_3").cells == [["3"]])
        }
    }

    @Test func resolvesBareNamesInTheDefaultDataset() async throws {
        try await withClient { client in
            let dataset: JSONObject = ["defaultDataset": ["datasetId": "bench"]]
            let response = try await client.results("SELECT count(*) FROM trips_4", "", dataset)
            #expect(response.cells == [["4"]])
        }
    }

    @Test(
        arguments: [
            (#"'it''s'"#, nil), (#"'it\'s'"#, "it's"), (#""double 'quoted'""#, "double 'quoted'"),
            (#"'a\nb\tc\\d'"#, "a\nb\tc\\d"),
            (#"r'a\nb'"#, #"a\nb"#), (#"'''three 'quotes' '''"#, "three 'quotes' "),
            (#"'\x41\u00e9\U0001F600\101'"#, "Aé😀A"),
            (#"'nul\0x'"#, nil), (#"'nul\000x'"#, "nul\0x"), (#"'\q'"#, nil), ("'--no comment'", "--no comment"),
            ("'日本'", "日本"),
        ] as [(String, String?)])
    func parsesStringLiterals(literal: String, expected: String?) async throws {
        try await withClient { client in
            let response = try await client.results("SELECT \(literal) AS s")
            guard let expected else {
                #expect(response.at("error") != nil)
                return
            }
            #expect(response.cells == [[.string(expected)]])
        }
    }

    @Test(
        arguments: [
            ("1", "INTEGER", "1"), ("1.5", "FLOAT", "1.5"), ("'x'", "STRING", "x"), (#"b'\xff\x00a'"#, "BYTES", "/wBh"),
            ("NULL", "INTEGER", nil), ("TRUE", "BOOLEAN", "true"), ("1 = 1", "INTEGER", "1"),
            ("1e400", "FLOAT", "Infinity"),
            ("DATE '2013-1-2'", "DATE", "2013-01-02"), ("TIME '1:02:03.5'", "TIME", "01:02:03.500000"),
            ("DATETIME '2013-01-02 03:04:05'", "DATETIME", "2013-01-02T03:04:05"),
            ("TIMESTAMP '2013-01-02 03:04:05.25+01:00'", "TIMESTAMP", "1357092245250000"),
            ("NUMERIC '1.10'", "NUMERIC", "1.10"), (#"JSON '{"a": [1, "x"]}'"#, "JSON", #"{"a":[1,"x"]}"#),
            ("CAST('12' AS INT64)", "INTEGER", "12"), ("CAST(12 AS STRING)", "STRING", "12"),
            ("CAST(NULL AS STRING)", "STRING", nil),
            ("CAST(12 AS FLOAT64)", "FLOAT", "12.0"), ("CAST('2013-1-2' AS DATE)", "DATE", "2013-01-02"),
            ("CAST(upper('ab') AS BYTES)", "BYTES", "QUI="), ("5 IN UNNEST(json_array(4, 5))", "INTEGER", "1"),
        ] as [(String, String, String?)])
    func infersTypesOfExpressions(expression: String, type: String, value: String?) async throws {
        try await withClient { client in
            for suffix in ["", " AS named", " named"] {
                let response = try await client.results("SELECT \(expression)\(suffix)")
                #expect(response.columns == ["\(suffix.isEmpty ? "f0_" : "named") \(type) NULLABLE"])
                #expect(response.cells == [[value.map(JSON.string) ?? .null]])
            }
        }
    }

    @Test func rejectsAnInvalidCast() async throws {
        try await withClient { client in
            let response = try await client.results("SELECT CAST('soon' AS DATE)")
            #expect(response.string("error.message")?.hasPrefix("Invalid date: 'soon'") == true)
        }
    }

    @Test func keepsTypesOfTableColumns() async throws {
        try await withClient { client in
            let whole = try await client.results("SELECT * FROM bench.trips_40")
            let stored = try await client.results("SELECT * FROM bench.trips_40 ORDER BY trip_id")
            let table = try await client.get("datasets/bench/tables/trips_40")
            #expect(whole.columns == stored.columns)
            #expect(whole.columns == table.columns.map { $0.replacing("REQUIRED", with: "NULLABLE") })
            #expect(whole.cells == stored.cells)
        }
    }

    @Test(arguments: [
        ("", ["0", "1", "2", "3"]), (" LIMIT 2;", ["0", "1"]), (" LIMIT 0", []), (" LIMIT 9", ["0", "1", "2", "3"]),
        (" LIMIT 2 OFFSET 1", ["1", "2"]), (" ORDER BY trip_id DESC", ["3", "2", "1", "0"]),
        (" t", ["0", "1", "2", "3"]),
        (" WHERE trip_id IN (1, 3)", ["1", "3"]),
        (" UNION ALL SELECT * FROM bench.trips_1 ORDER BY 1", ["0", "0", "1", "2", "3"]),
        (" ORDER BY trip_id DESC LIMIT 1", ["3"]),
    ])
    func copiesNoRowsForAWholeTable(rest: String, expected: [String]) async throws {
        try await withClient { client in
            let response = try await client.results("SELECT * FROM bench.trips_4\(rest)")
            #expect(response.cells.map { $0[0].string } == expected)
        }
    }

    @Test func infersTypesFromValues() async throws {
        try await withClient { client in
            let sql = "SELECT column1, column2, column3 FROM (VALUES (1, 1, NULL), (2.5, 'a', NULL))"
            let response = try await client.results(sql)
            #expect(
                response.columns == ["column1 FLOAT NULLABLE", "column2 STRING NULLABLE", "column3 INTEGER NULLABLE"])
            #expect(response.cells == [["1.0", "1", .null], ["2.5", "a", .null]])
        }
    }

    @Test func namesColumnsAsBigQueryDoes() async throws {
        try await withClient { client in
            let sql =
                "SELECT 1, trip_id, count(*), 2 AS `order`, vendor v, NULL, 'x' AS `Ünï 😀` FROM bench.trips_1 GROUP BY 2"
            let names = try await client.results(sql).columns.map {
                $0.split(separator: " ").dropLast(2).joined(separator: " ")
            }
            #expect(names == ["f0_", "trip_id", "f1_", "order", "v", "f2_", "Ünï 😀"])
        }
    }

    @Test func ordersAndComparesDecimalsAsNumbers() async throws {
        try await withClient { client in
            let sql = "SELECT min(fare), max(fare) FROM bench.trips_500 WHERE fare > 9 AND fare < 150.5"
            let cells = try await client.results(sql).cells.first?.compactMap { $0.string.flatMap(Double.init) } ?? []
            #expect(cells.count == 2)
            #expect(cells.first.map { (9..<12).contains($0) } == true)
            #expect(cells.last.map { (145..<150.5).contains($0) } == true)
        }
    }

    @Test(arguments: [
        ("1", "2", -1), ("10", "9", 1), ("-1", "1", -1), ("-10", "-9", -1), ("1.50", "1.5", 0), ("-0", "0", 0),
        ("0.5", "0.45", 1),
        ("007", "7", 0), ("99999999999999999999999999999999999999.5", "99999999999999999999999999999999999999.4", 1),
    ])
    func comparesDecimals(left: String, right: String, order: Int) {
        #expect(DecimalCollation.compare(left, right).rawValue == order)
        #expect(DecimalCollation.compare(right, left).rawValue == -order)
    }
}

@Suite struct QueryParameterTests {
    private func parameter(_ name: String?, _ type: JSON, _ value: JSON) -> JSON {
        var parameter: JSONObject = ["parameterType": type, "parameterValue": value]
        if let name { parameter["name"] = .string(name) }
        return .object(parameter)
    }

    @Test(
        arguments: [
            ("INT64", "9223372036854775807", "INTEGER", "9223372036854775807"), ("FLOAT64", "1.5", "FLOAT", "1.5"),
            ("FLOAT64", "NaN", "FLOAT", "NaN"), ("FLOAT64", "-Infinity", "FLOAT", "-Infinity"),
            ("BOOL", "true", "BOOLEAN", "true"),
            ("STRING", "it's \"é\"\0", "STRING", "it's \"é\"\0"), ("BYTES", "/wA=", "BYTES", "/wA="),
            ("DATE", "2013-01-02", "DATE", "2013-01-02"), ("TIME", "03:04:05.000006", "TIME", "03:04:05.000006"),
            ("DATETIME", "2013-01-02T03:04:05", "DATETIME", "2013-01-02T03:04:05"),
            ("TIMESTAMP", "2013-01-02 03:04:05+00:00", "TIMESTAMP", "1357095845000000"),
            ("TIMESTAMP", "0001-01-01T00:00:00Z", "TIMESTAMP", "-62135596800000000"),
            ("NUMERIC", "-1.10", "NUMERIC", "-1.10"),
            (
                "BIGNUMERIC", "0.00000000000000000000000000000000000001", "BIGNUMERIC",
                "0.00000000000000000000000000000000000001"
            ),
            ("JSON", "{\"a\":1}", "JSON", "{\"a\":1}"), ("STRING", nil, "STRING", nil),
        ] as [(String, String?, String, String?)])
    func roundTrip(type: String, value: String?, wireType: String, expected: String?) async throws {
        try await withClient { client in
            let json: JSON = value.map { ["value": .string($0)] } ?? [:]
            for (sql, name) in [("SELECT @P AS x", "p"), ("SELECT ? AS x", nil)] as [(String, String?)] {
                let parameters: JSON = [parameter(name, ["type": .string(type)], json)]
                let response = try await client.results(sql, "", ["queryParameters": parameters])
                #expect(response.columns == ["x \(wireType) NULLABLE"])
                #expect(response.cells == [[expected.map(JSON.string) ?? .null]])
            }
        }
    }

    @Test func canBeArraysAndStructs() async throws {
        try await withClient { client in
            let list = parameter(
                "list", ["type": "ARRAY", "arrayType": ["type": "INT64"]],
                ["arrayValues": [["value": "3"], ["value": "1"]]])
            let record = parameter(
                "record",
                [
                    "type": "STRUCT",
                    "structTypes": [
                        ["name": "a", "type": ["type": "STRING"]], ["name": "b", "type": ["type": "BOOL"]],
                    ],
                ],
                ["structValues": ["b": ["value": "false"], "a": ["value": "x"]]])
            let settings: JSONObject = ["queryParameters": [list, record]]
            let response = try await client.results("SELECT @list AS l, @record AS r", "", settings)
            #expect(response.columns == ["l INTEGER REPEATED", "r RECORD NULLABLE"])
            #expect(response.cells == [[[["v": "3"], ["v": "1"]], ["f": [["v": "x"], ["v": "false"]]]]])
            let sql = "SELECT trip_id FROM bench.trips_5 WHERE trip_id IN UNNEST(@list) ORDER BY 1"
            #expect(try await client.results(sql, "", settings).cells == [["1"], ["3"]])
        }
    }

    @Test func selectRows() async throws {
        try await withClient { client in
            let settings: JSONObject = [
                "queryParameters": [
                    parameter("low", ["type": "TIMESTAMP"], ["value": "2013-01-01 00:00:00"]),
                    parameter("high", ["type": "TIMESTAMP"], ["value": "2014-01-01T00:00:00Z"]),
                ]
            ]
            let sql = "SELECT pickup_at FROM bench.trips_2000 WHERE pickup_at >= @low AND pickup_at < @HIGH"
            let times = try await client.results(sql, "", settings).cells.compactMap { $0[0].integer }
            #expect(times.count > 50)
            #expect(times.allSatisfy { (1_356_998_400_000_000..<1_388_534_400_000_000).contains($0) })
        }
    }

    @Test(arguments: [
        ("SELECT @x", "INT64", "twelve", "Invalid value for query parameter x: field x: not a INT64: twelve"),
        ("SELECT @x", "DATE", "2013-02-30", "Invalid value for query parameter x: field x: not a DATE: 2013-02-30"),
        ("SELECT @x", "ROMAN", "XII", "Query parameter x has the unknown type ROMAN"),
        ("SELECT ?", "INT64", "1", "Query parameter number 1 is not defined (1 provided) at [1:8]"),
    ])
    func rejectInvalidValues(sql: String, type: String, value: String, message: String) async throws {
        try await withClient { client in
            let parameters: JSON = [parameter("x", ["type": .string(type)], ["value": .string(value)])]
            let response = try await client.insert(sql, ["queryParameters": parameters])
            #expect(response.string("error.message") == message)
        }
    }
}
