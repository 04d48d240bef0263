import BigQueryRows
import SQLiteStaging
import Testing

/// Rows that replace those of their key, which need not be unique.
@Suite struct KeyReplacementTests {
    private static let schema = TableSchema(fields: [
        .init(name: "day", type: .date), .init(name: "n", type: .int64),
    ])
    private static let rows = "SELECT day, n FROM results ORDER BY day, n"

    private func row(_ day: Int?, _ number: Int64) -> [CellValue] {
        [day.map { .text("2024-02-0\($0)") } ?? .null, .integer(number)]
    }

    private func shown(_ day: Int?, _ number: Int64) -> String {
        "\(day.map { "\"2024-02-0\($0)\"" } ?? "NULL")|\(number)"
    }

    private static let tables = [
        nil, "CREATE TABLE results (day TEXT COLLATE NOCASE, n INTEGER); CREATE INDEX i ON results (day)",
        "CREATE TABLE results (day TEXT, n INTEGER PRIMARY KEY) WITHOUT ROWID",
        "CREATE TABLE results (day TEXT, n INTEGER) STRICT",
    ]

    @Test(arguments: tables) func replacesTheRowsOfEachKeyThatOccurs(_ table: String?) async throws {
        try await StagingFolder.with { folder in
            if let table { try folder.execute(table) }
            let target = folder.target("results", .deleteInsert, key: ["day"])
            let first = try await folder.stage(
                [row(1, 1), row(1, 2), row(2, 3), row(nil, 4), row(nil, 5)], schema: Self.schema, into: target)
            #expect(first.rows.inserted == 5)
            #expect(first.rows.deleted == 0)

            let second = try await folder.stage(
                [row(1, 6), row(nil, 7), row(3, 8)], schema: Self.schema, into: target)
            #expect(second.rows.inserted == 3)
            #expect(second.rows.deleted == 4)
            #expect(second.rows.total == 4)
            #expect(try folder.read(Self.rows) == [shown(nil, 7), shown(1, 6), shown(2, 3), shown(3, 8)])
            let indexes = try folder.read(
                """
                SELECT DISTINCT i.name FROM pragma_index_list('results') l, pragma_index_xinfo(l.name) i
                WHERE NOT l."unique" AND i.key AND i.coll = 'BINARY'
                """)
            #expect(indexes == ["\"day\""])
            try await folder.stage([row(1, 9)], schema: Self.schema, into: target)
            #expect(
                try folder.read("SELECT count(*) FROM sqlite_master WHERE name LIKE '%\\_index\\_%' ESCAPE '\\'") == [
                    "1"
                ])
        }
    }

    /// The name is that of the new rows in SQL.
    @Test func canReplaceRowsOfATableOfAnyName() async throws {
        try await StagingFolder.with { folder in
            try folder.execute(
                """
                CREATE TABLE new (day TEXT, n INTEGER PRIMARY KEY) WITHOUT ROWID;
                INSERT INTO new VALUES ('2024-02-01', 1), ('2024-02-02', 2);
                """)
            try await folder.stage(
                [row(1, 3)], schema: Self.schema, into: folder.target("new", .deleteInsert, key: ["day"]))
            #expect(try folder.read("SELECT day, n FROM new ORDER BY day") == [shown(1, 3), shown(2, 2)])
        }
    }

    @Test func needsAKey() async throws {
        try await StagingFolder.with { folder in
            try await expectCode(.noKey) {
                _ = try await StagingDatabase.open(folder.target("results", .deleteInsert))
            }
        }
    }

    struct Replacement: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let since: String?
        let until: String?
        /// The days whose rows stay; 0 for NULL.
        let kept: [Int]
    }

    static let replacements = [
        Replacement(testDescription: "both bounds", since: "2024-02-02", until: "2024-02-04", kept: [0, 1, 4]),
        Replacement(testDescription: "a lower bound", since: "2024-02-03", until: nil, kept: [0, 1, 2]),
        Replacement(testDescription: "an upper bound", since: nil, until: "2024-02-03", kept: [3, 4]),
        Replacement(testDescription: "everything", since: nil, until: nil, kept: []),
    ]

    @Test(arguments: replacements)
    func replacesARangeWithItsEmptyDays(_ replacement: Replacement) async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .deleteInsert, key: ["day"])
            try await folder.stage(
                [nil, 1, 2, 3, 4].map { row($0, 1) }, schema: Self.schema, into: target,
                intent: .test(load: .test(column: "day", type: .date)))
            let load = LoadIntent.test(
                column: "day", type: .date, since: replacement.since, until: replacement.until, isReplaced: true)
            let outcome = try await folder.stage([], schema: Self.schema, into: target, intent: .test(load: load))
            #expect(outcome.rows.deleted == Int64(5 - replacement.kept.count))
            #expect(try folder.read(Self.rows) == replacement.kept.map { shown($0 == 0 ? nil : $0, 1) })
        }
    }

    @Test func replacesOnlyRowsOfItsLoad() async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .deleteInsert, key: ["day", "l"], loadColumn: "l")
            func stage(_ rows: [[CellValue]], _ name: String, isReplaced: Bool) async throws {
                let load = LoadIntent.test(
                    name, column: "day", type: .date, since: isReplaced ? "2024-02-01" : nil, isReplaced: isReplaced)
                try await folder.stage(rows, schema: Self.schema, into: target, intent: .test(load: load))
            }
            for name in ["eu", "us"] { try await stage([row(1, 1), row(2, 2)], name, isReplaced: false) }
            try await stage([row(1, 3)], "eu", isReplaced: false)
            let rows = "SELECT day, n, l FROM results ORDER BY l, day"
            #expect(
                try folder.read(rows) == [
                    shown(1, 3) + #"|"eu""#, shown(2, 2) + #"|"eu""#, shown(1, 1) + #"|"us""#, shown(2, 2) + #"|"us""#,
                ])
            try await stage([row(3, 4)], "US", isReplaced: true)
            #expect(
                try folder.read("SELECT day, n FROM results ORDER BY l COLLATE NOCASE, day") == [
                    shown(1, 3), shown(2, 2), shown(3, 4),
                ])
        }
    }
}
