import Testing

@testable import BigQueryEmulator

/// Comparisons of columns with typed parameters, in the forms that incremental loads use.
@Suite struct ComparisonTests {
    private static let schema = """
        [{"name":"row","type":"INTEGER"},{"name":"number","type":"INTEGER"},{"name":"day","type":"DATE"},
        {"name":"at","type":"DATETIME"},{"name":"stamp","type":"TIMESTAMP"}]
        """
    /// The values ascend. The spellings differ from the stored form.
    private static let rows = [
        (#""0001-1-1""#, #""0001-01-01 00:00:00""#, #""0001-01-01 00:00:00+00""#, "-9223372036854775808"),
        (#""2024-1-9""#, #""2024-01-09 10:00:00""#, #""2024-01-09T12:00:00+02:00""#, "9"),
        (#""2024-01-09""#, #""2024-01-09T10:00:00.0""#, #""2024-01-09 10:00:00 UTC""#, "9"),
        (#""2024-01-10""#, #""2024-01-09T10:00:00.000001""#, #""2024-01-09 10:00:00.000001Z""#, "10"),
        (#""2024-02-01""#, #""2024-01-09T10:00:00.5""#, #""2024-01-09 10:00:00.50Z""#, "100"),
        (#""9999-12-31""#, #""9999-12-31T23:59:59.999999""#, #""9999-12-31 23:59:59.999999Z""#, "9223372036854775807"),
        ("null", "null", "null", "null"),
    ].enumerated().map { index, row in
        #"{"row":\#(index + 1),"day":\#(row.0),"at":\#(row.1),"stamp":\#(row.2),"number":\#(row.3)}"#
    }.joined(separator: "\n")

    /// The tables `d.t` from JSON lines and `d.u` from a view over it.
    private static let files = [
        "d.t.jsonl": rows, "d.t.schema.json": schema, "d.u.sql": "SELECT * FROM d.t",
    ]

    /// The value of rows 2 and 3, and that of row 5, in a spelling that is not the stored form.
    private static let bounds: [(column: String, type: String, low: String, high: String)] = [
        ("number", "INT64", "9", "100"), ("day", "DATE", "2024-1-9", "2024-02-01"),
        ("at", "DATETIME", "2024-01-09 10:00:00", "2024-01-09T10:00:00.500"),
        ("stamp", "TIMESTAMP", "2024-01-09T10:00:00.000000Z", "2024-01-09 12:00:00.5+02:00"),
    ]

    private static let sources = [
        "d.t", "d.u", "(\nSELECT * FROM d.t\n)", "(\nSELECT * FROM d.t ORDER BY row LIMIT 100 -- end\n)",
        "(\nWITH a AS (SELECT * FROM d.t), b AS (SELECT * FROM a) SELECT * FROM b\n)",
        """
        (
        SELECT row, number, CAST(day AS DATE) AS day, CAST(at AS DATETIME) AS at, CAST(stamp AS TIMESTAMP) AS stamp
        FROM d.t
        )
        """,
        """
        (
        SELECT row, max(number) AS number, max(day) AS day, max(at) AS at, max(stamp) AS stamp FROM d.t GROUP BY row
        )
        """,
    ]

    @Test(
        arguments: [
            ("COLUMN >= @low", [2, 3, 4, 5, 6]), ("COLUMN > @low", [4, 5, 6]), ("COLUMN < @low", [1]),
            ("COLUMN <= @low", [1, 2, 3]), ("COLUMN = @low", [2, 3]), ("@low <= COLUMN", [2, 3, 4, 5, 6]),
            ("COLUMN >= @low AND COLUMN < @high", [2, 3, 4]), ("COLUMN BETWEEN @low AND @high", [2, 3, 4, 5]),
            ("(COLUMN < @high OR COLUMN IS NULL)", [1, 2, 3, 4, 7]), ("COLUMN IS NOT NULL", [1, 2, 3, 4, 5, 6]),
            ("COLUMN >= @low AND (COLUMN < @high OR COLUMN IS NULL)", [2, 3, 4]), ("COLUMN IS NULL", [7]),
        ] as [(String, [Int])])
    func ofTypedParameters(condition: String, expected: [Int]) async throws {
        try await TableFolder.with(Self.files) { client, _ in
            for (column, type, low, high) in Self.bounds {
                let parameters = [("low", low), ("high", high)].map { name, value -> JSON in
                    [
                        "name": .string(name), "parameterType": ["type": .string(type)],
                        "parameterValue": ["value": .string(value)],
                    ]
                }
                for source in Self.sources {
                    let sql =
                        "SELECT * FROM \(source) WHERE \(condition.replacing("COLUMN", with: column)) ORDER BY row"
                    let response = try await client.results(sql, "", ["queryParameters": .array(parameters)])
                    #expect(response.cells.map { $0[0].integer } == expected.map { Int64($0) }, "\(sql)")
                    let types = ["INTEGER", "INTEGER", "DATE", "DATETIME", "TIMESTAMP"]
                    #expect(response.columns.map { String($0.split(separator: " ")[1]) } == types, "\(sql)")
                }
            }
        }
    }
}
