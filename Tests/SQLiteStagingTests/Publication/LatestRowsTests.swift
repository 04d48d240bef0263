import BigQueryRows
import SQLiteStaging
import Testing

/// Several rows of one key, of which the latest is kept.
@Suite struct LatestRowsTests {
    private static let schema = TableSchema(fields: [
        .init(name: "k", type: .string), .init(name: "at", type: .timestamp), .init(name: "s", type: .string),
    ])
    private static let rows = "SELECT k, at, s FROM results ORDER BY k"

    private static func row(_ key: String, _ hour: Int?, _ text: String) -> [CellValue] {
        [.text(key), hour.map { .text("2024-01-01T0\($0):00:00.000000Z") } ?? .null, .text(text)]
    }

    private static func shown(_ key: String, _ hour: Int?, _ text: String) -> String {
        "\"\(key)\"|\(hour.map { "\"2024-01-01T0\($0):00:00.000000Z\"" } ?? "NULL")|\"\(text)\""
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let rows: [[CellValue]]
        let kept: [String]
        var outdated: Int64 = 0
        var unchanged: Int64 = 0
    }

    static let cases = [
        Case(
            testDescription: "one row per key", rows: [row("a", 1, "x"), row("b", 1, "y")],
            kept: [shown("a", 1, "x"), shown("b", 1, "y")]),
        Case(
            testDescription: "a later row", rows: [row("a", 2, "new"), row("a", 1, "old"), row("b", 1, "x")],
            kept: [shown("a", 2, "new"), shown("b", 1, "x")], outdated: 1),
        Case(
            testDescription: "NULL is the lowest", rows: [row("a", nil, "old"), row("a", 0, "new")],
            kept: [shown("a", 0, "new")], outdated: 1),
        Case(
            testDescription: "equal rows", rows: [row("a", 1, "x"), row("a", 1, "x"), row("a", 0, "old")],
            kept: [shown("a", 1, "x")], outdated: 1, unchanged: 1),
        Case(
            testDescription: "equal rows without a value", rows: [row("a", nil, "x"), row("a", nil, "x")],
            kept: [shown("a", nil, "x")], unchanged: 1),
        Case(
            testDescription: "a tie below the latest", rows: [row("a", 1, "x"), row("a", 1, "y"), row("a", 2, "z")],
            kept: [shown("a", 2, "z")], outdated: 2),
    ]

    @Test(arguments: cases, [nil, .replace, .append, .upsert] as [StagingTarget.ExistingTable?])
    func keepsTheRowWithTheHighestValue(_ example: Case, _ ifExists: StagingTarget.ExistingTable?) async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", ifExists, key: ["k"], latestColumn: "AT")
            // Rows are renamed into place first, and then replaced or added.
            for keys in [[], example.rows] {
                let outcome = try await folder.stage(keys, schema: Self.schema, into: target, rowsPerPage: 2)
                guard !keys.isEmpty else { continue }
                #expect(outcome.rows.inserted == Int64(example.kept.count))
                #expect(outcome.rows.outdated == example.outdated)
                #expect(outcome.rows.unchanged == example.unchanged)
                #expect(outcome.rows.total == Int64(example.kept.count))
            }
            #expect(try folder.read(Self.rows) == example.kept)
            #expect(try folder.read("SELECT \"unique\" FROM pragma_index_list('results')") == ["1"])
        }
    }

    @Test func rejectsTwoLatestRows() async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .upsert, key: ["k"], latestColumn: "at")
            try await folder.stage([Self.row("z", 1, "kept")], schema: Self.schema, into: target)
            let error = await #expect(throws: StagingError.self) {
                try await folder.stage(
                    [Self.row("a", 1, "x"), Self.row("b", 2, "x"), Self.row("b", 1, "x"), Self.row("b", 2, "y")],
                    schema: Self.schema, into: target)
            }
            #expect(error?.code == .keyViolated)
            #expect(
                error?.message == """
                    rows 2 and 4 have the same key (k = "b") and are both the latest \
                    (at = "2024-01-01T02:00:00.000000Z")
                    """)
            #expect(try folder.read(Self.rows) == [Self.shown("z", 1, "kept")])
        }
    }

    @Test func showsAKeyPrintablyAndInPart() async throws {
        try await StagingFolder.with { folder in
            let key = "\u{1b}[31m" + String(repeating: "k", count: 1000)
            let error = await #expect(throws: StagingError.self) {
                try await folder.stage(
                    [Self.row(key, 1, "x"), Self.row(key, 2, "x")], schema: Self.schema,
                    into: folder.target(key: ["k"]))
            }
            let message = try #require(error?.message)
            #expect(message.hasPrefix("rows 1 and 2 have the same key (k = \"\\u{1b}[31mkkk"))
            #expect(message.count < 260)
        }
    }

    /// The second name is that of the new row in SQL.
    @Test(arguments: ["results", "excluded"]) func doesNotOverwriteALaterRow(_ table: String) async throws {
        try await StagingFolder.with { folder in
            let target = folder.target(table, .upsert, key: ["k"], latestColumn: "at")
            try await folder.stage(
                [("a", 2), ("b", 2), ("c", nil), ("d", 2), ("e", nil), ("f", 2)].map { Self.row($0, $1, "old") },
                schema: Self.schema, into: target)
            let outcome = try await folder.stage(
                [
                    Self.row("a", 1, "new"), Self.row("b", 2, "new"), Self.row("c", 1, "new"),
                    Self.row("d", nil, "new"),
                    Self.row("e", nil, "new"), Self.row("f", 2, "old"), Self.row("g", 1, "new"),
                ], schema: Self.schema, into: target)
            #expect(outcome.rows.outdated == 2)
            #expect(outcome.rows.updated == 3)
            #expect(outcome.rows.unchanged == 1)
            #expect(outcome.rows.inserted == 1)
            #expect(
                try folder.read("SELECT k, at, s FROM \(table) ORDER BY k") == [
                    Self.shown("a", 2, "old"), Self.shown("b", 2, "new"), Self.shown("c", 1, "new"),
                    Self.shown("d", 2, "old"), Self.shown("e", nil, "new"), Self.shown("f", 2, "old"),
                    Self.shown("g", 1, "new"),
                ])
        }
    }

    @Test(arguments: ["s", "k", "nothing"]) func needsAColumnWithAnOrder(_ name: String) async throws {
        try await StagingFolder.with { folder in
            try await expectCode(.unknownColumn) {
                try await folder.withRun(
                    folder.target(key: ["k"], latestColumn: name), intent: .test(schema: Self.schema)
                ) { _ in }
            }
        }
    }

    @Test(arguments: [(StagingTarget.ExistingTable.upsert, [String]()), (.deleteInsert, ["k"])])
    func needsAUniqueKey(_ ifExists: StagingTarget.ExistingTable, _ key: [String]) async throws {
        try await StagingFolder.with { folder in
            try await expectCode(.noKey) {
                _ = try await StagingDatabase.open(
                    folder.target("results", ifExists, key: key, latestColumn: "at"))
            }
        }
    }

    /// The rows are counted before those that are not kept are dropped.
    @Test func stillDetectsMissingRows() async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .upsert, key: ["k"], latestColumn: "at")
            try await folder.withRun(target) { run in
                try await run.begin(Self.schema)
                try await run.append(
                    RowPage(
                        firstRow: 0, columns: 3, [Self.row("a", 1, "x"), Self.row("a", 2, "x"), Self.row("b", 1, "x")]))
                let table = try #require(
                    try folder.read("SELECT name FROM sqlite_master WHERE name LIKE '%rows%'").first)
                try folder.execute("DELETE FROM \(table) WHERE k = 'b'")
                try await expectCode(.incomplete) { try await run.finish() }
            }
        }
    }
}
