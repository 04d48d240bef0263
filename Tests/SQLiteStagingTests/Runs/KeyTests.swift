import BigQueryRows
import SQLiteStaging
import Testing

@Suite struct KeyTests {
    private static let schema = TableSchema(fields: [
        .init(name: "id", type: .int64), .init(name: "part", type: .string), .init(name: "value", type: .string),
    ])

    private func row(_ id: Int64?, _ part: String? = "a", _ value: String? = nil) -> [CellValue] {
        [id.map(CellValue.integer) ?? .null, part.map(CellValue.text) ?? .null, value.map(CellValue.text) ?? .null]
    }

    private static let indexes = """
        SELECT l."unique", group_concat(i.name) FROM pragma_index_list('results') l, pragma_index_info(l.name) i
        GROUP BY l.name ORDER BY 1 DESC, 2
        """

    @Test(arguments: [["id"], ["part", "ID"]])
    func isAUniqueIndexOnColumnsThatAreNeverNull(_ key: [String]) async throws {
        try await StagingFolder.with { folder in
            let target = folder.target(key: key, indexes: [["value"], ["value", "id"]])
            for _ in 1...2 {
                try await folder.stage([row(1), row(2, "b")], schema: Self.schema, into: target)
                let names = key.map { $0.lowercased() }.joined(separator: ",")
                #expect(try folder.read(Self.indexes) == ["1|\"\(names)\"", "0|\"value\"", "0|\"value,id\""])
                let required = try folder.read(
                    "SELECT name FROM pragma_table_info('results') WHERE \"notnull\" ORDER BY name")
                #expect(required == key.map { "\"\($0.lowercased())\"" }.sorted())
                #expect(try folder.read("SELECT count(*) FROM pragma_table_info('results') WHERE pk > 0") == ["0"])
            }
            // A table with a key is still managed, and replaced by default.
            try await folder.stage([row(nil)], schema: Self.schema)
            #expect(try folder.read(Self.indexes) == [])
        }
    }

    struct Breach: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let rows: [[CellValue]]
        let key: [String]
        let message: String
    }

    static let breaches = [
        Breach(
            testDescription: "NULL", rows: [[.integer(1), .null, .null], [.null, .null, .null]], key: ["id"],
            message: "row 2: key column id is NULL"),
        Breach(
            testDescription: "NULL in the second column", rows: [[.integer(1), .null, .null]], key: ["id", "part"],
            message: "row 1: key column part is NULL"),
        Breach(
            testDescription: "doubled", rows: [1, 2, 3, 2, 1].map { [.integer($0), .null, .null] }, key: ["id"],
            message: "rows 2 and 4 have the same key (id = 2)"),
    ]

    @Test(arguments: breaches, [nil, .append, .upsert] as [StagingTarget.ExistingTable?])
    func namesTheRowThatViolatesIt(_ breach: Breach, _ ifExists: StagingTarget.ExistingTable?) async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", ifExists, key: breach.key)
            try await folder.stage([row(7)], schema: Self.schema, into: target)
            let error = await #expect(throws: StagingError.self) {
                try await folder.stage(breach.rows, schema: Self.schema, into: target, rowsPerPage: 1)
            }
            #expect(error?.code == .keyViolated)
            #expect(error?.message == breach.message)
            #expect(try folder.read("SELECT id FROM results") == ["7"])
        }
    }

    @Test func upsertsEachRowOnce() async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .upsert, key: ["part", "id"])
            try await folder.stage([row(1, "a", "old"), row(2, "a", "old")], schema: Self.schema, into: target)
            try await folder.stage(
                [row(2, "a", "new"), row(2, "b", "new"), row(3, "a", nil)], schema: Self.schema, into: target)
            #expect(
                try folder.read("SELECT * FROM results ORDER BY id, part") == [
                    #"1|"a"|"old""#, #"2|"a"|"new""#, #"2|"b"|"new""#, #"3|"a"|NULL"#,
                ])
            #expect(try folder.read(Self.indexes) == ["1|\"part,id\""])
            #expect(try folder.read("SELECT count(*) FROM sqlite_master WHERE name LIKE '%rows%'") == ["0"])
        }
    }

    @Test func upsertsRowsOfKeyColumnsOnly() async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .upsert, key: ["n"])
            try await folder.stage([[.integer(1)]], schema: .numbers, into: target)
            try await folder.stage([[.integer(1)], [.integer(2)]], schema: .numbers, into: target)
            #expect(try folder.read("SELECT * FROM results") == ["1", "2"])
        }
    }

    static let foreignTables = [
        ("CREATE TABLE results (n INTEGER PRIMARY KEY, s TEXT)", true),
        ("CREATE TABLE results (n INTEGER, s TEXT, PRIMARY KEY (n)) WITHOUT ROWID", true),
        ("CREATE TABLE results (n INTEGER UNIQUE, s TEXT)", true),
        ("CREATE TABLE results (n INTEGER, s TEXT); CREATE UNIQUE INDEX i ON results (N)", true),
        ("CREATE TABLE results (n INTEGER, s TEXT); CREATE INDEX i ON results (n)", false),
        ("CREATE TABLE results (n INTEGER, s TEXT); CREATE UNIQUE INDEX i ON results (n) WHERE n > 0", false),
        ("CREATE TABLE results (n INTEGER, s TEXT); CREATE UNIQUE INDEX i ON results (n, s)", false),
        ("CREATE TABLE results (n INTEGER, s TEXT); CREATE UNIQUE INDEX i ON results (abs(n))", false),
        ("CREATE TABLE results (n INTEGER, s TEXT)", false),
    ]

    @Test(arguments: foreignTables)
    func upsertsIntoForeignTablesByTheirKey(_ sql: String, _ hasKey: Bool) async throws {
        try await StagingFolder.with { folder in
            try folder.execute(sql)
            try folder.execute("INSERT INTO results VALUES (1, 'old')")
            let target = folder.target("results", .upsert, key: ["n"])
            guard hasKey else {
                let error = await #expect(throws: StagingError.self) { _ = try await StagingDatabase.open(target) }
                #expect(error?.code == .noKey)
                guard case .noUniqueIndex(let statement) = error?.detail else {
                    Issue.record("\(String(describing: error?.detail))")
                    return
                }
                try folder.execute(statement)
                return try await StagingDatabase.open(target).close()
            }
            try await folder.stage(
                [[.integer(1), .text("new")], [.integer(2), .text("new")]], schema: .pairs, into: target)
            #expect(try folder.read("SELECT * FROM results") == [#"1|"new""#, #"2|"new""#])
        }
    }

    @Test func keepsTheTableIfAnotherUniqueIndexIsViolated() async throws {
        try await StagingFolder.with { folder in
            try folder.execute(
                "CREATE TABLE results (n INTEGER PRIMARY KEY, s TEXT UNIQUE); INSERT INTO results VALUES (1, 'x')")
            try await expectCode(.constraintViolated) {
                try await folder.stage(
                    [[.integer(2), .text("x")]], schema: .pairs, into: folder.target("results", .upsert, key: ["n"]))
            }
            #expect(try folder.read("SELECT * FROM results") == [#"1|"x""#])
        }
    }

    static let badTargets: [(StagingTarget.ExistingTable?, [String], [[String]], StagingError.Code)] = [
        (.upsert, [], [], .noKey), (nil, ["n", "N"], [], .unknownColumn), (nil, [], [["s", "s"]], .unknownColumn),
        (nil, ["missing"], [], .unknownColumn), (nil, [], [["n"], ["missing"]], .unknownColumn),
    ]

    @Test(arguments: badTargets)
    func rejectsContradictoryOptions(
        _ ifExists: StagingTarget.ExistingTable?, _ key: [String], _ indexes: [[String]], _ code: StagingError.Code
    ) async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", ifExists, key: key, indexes: indexes)
            try await expectCode(code) {
                try await folder.withRun(target, intent: .test(schema: .pairs)) { _ in }
            }
        }
    }

    /// Indexes from a killed run are kept if the command needs them, and dropped otherwise.
    @Test func createsTheIndexesOfThePublishingCommand() async throws {
        try await StagingFolder.with { folder in
            try await folder.stage([], schema: .pairs)
            try folder.execute("CREATE INDEX mine ON results (s)")
            try await folder.withRun(folder.target(key: ["n"], indexes: [["s"]])) { run in
                try await run.begin(.pairs)
                try folder.execute("CREATE TRIGGER late AFTER INSERT ON results BEGIN SELECT 1; END")
                try await expectCode(.databaseUnusable) { try await run.finish() }
            }
            try folder.execute("DROP TRIGGER late")
            let database = try await StagingDatabase.open(folder.target(key: ["n"], indexes: [["n", "s"]]))
            let run = try #require(try await database.continueRun(of: "test"))
            try await run.begin(.pairs)
            try await run.finish()
            try await database.close()
            #expect(try folder.read(Self.indexes) == ["1|\"n\"", "0|\"n,s\"", "0|\"s\""])
        }
    }

    @Test func addsAnIndexToAnExistingTable() async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .append, indexes: [["s"]])
            try await folder.stage([[.integer(1), .null]], schema: .pairs, ifExists: .append)
            for _ in 1...2 { try await folder.stage([[.integer(2), .null]], schema: .pairs, into: target) }
            #expect(try folder.read(Self.indexes) == ["0|\"s\""])
        }
    }
}
