import BigQueryRows
import SQLiteStaging
import TestSupport
import Testing

/// Keys that a collation of SQLite equates, but BigQuery does not.
@Suite struct KeyCollationTests {
    private static let schema = TableSchema(fields: [
        .init(name: "k", type: .string), .init(name: "n", type: .int64),
    ])
    private static let rows: [[CellValue]] = ["k", "K", "k "].enumerated().map { [.text($1), .integer(Int64($0))] }

    static let inexact = ["NOCASE", "RTRIM"].flatMap { collation in
        [
            "CREATE TABLE results (k TEXT COLLATE \(collation) PRIMARY KEY, n INTEGER)",
            "CREATE TABLE results (k TEXT COLLATE \(collation) PRIMARY KEY, n INTEGER) WITHOUT ROWID",
            "CREATE TABLE results (k TEXT PRIMARY KEY COLLATE \(collation), n INTEGER)",
            "CREATE TABLE results (k TEXT, n INTEGER, PRIMARY KEY (k COLLATE \(collation)))",
            "CREATE TABLE results (k TEXT, n INTEGER); CREATE UNIQUE INDEX i ON results (k COLLATE \(collation))",
        ]
    }

    @Test(.faults("L40"), arguments: inexact, [.upsert, .append] as [StagingTarget.ExistingTable])
    func rejectsATableWhoseKeyIsNotCompared(byEveryByte sql: String, _ ifExists: StagingTarget.ExistingTable)
        async throws
    {
        try await StagingFolder.with { folder in
            try folder.execute(sql)
            try await expectCode(.noKey) {
                _ = try await StagingDatabase.open(folder.target("results", ifExists, key: ["k"]))
            }
        }
    }

    static let exact = [
        "CREATE TABLE results (k TEXT PRIMARY KEY, n INTEGER)",
        "CREATE TABLE results (k TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID",
        "CREATE TABLE results (k TEXT COLLATE NOCASE, n INTEGER); CREATE UNIQUE INDEX i ON results (k COLLATE BINARY)",
    ]

    @Test(.faults("L40"), arguments: exact) func keepsDistinctKeysApart(_ sql: String) async throws {
        try await StagingFolder.with { folder in
            try folder.execute(sql)
            let target = folder.target("results", .upsert, key: ["k"])
            for _ in 1...2 { try await folder.stage(Self.rows, schema: Self.schema, into: target) }
            #expect(try folder.read("SELECT count(*), count(DISTINCT hex(k)) FROM results") == ["3|3"])
        }
    }

    /// The order of the indexes must not matter.
    @Test(
        .faults("L40"),
        arguments: [
            "CREATE TABLE results (k TEXT PRIMARY KEY, n INTEGER); CREATE UNIQUE INDEX i ON results (k COLLATE NOCASE)",
            "CREATE TABLE results (k TEXT COLLATE NOCASE PRIMARY KEY, n INTEGER); CREATE UNIQUE INDEX i ON results (k COLLATE BINARY)",
            "CREATE TABLE results (k TEXT COLLATE NOCASE UNIQUE, n INTEGER); CREATE UNIQUE INDEX i ON results (k COLLATE BINARY)",
        ])
    func neverMergesByASecondIndex(_ sql: String) async throws {
        try await StagingFolder.with { folder in
            try folder.execute(sql)
            let target = folder.target("results", .upsert, key: ["k"])
            try await folder.stage([[.text("k"), .integer(1)]], schema: Self.schema, into: target)
            // The other index rejects rows that the key allows.
            try await expectCode(.constraintViolated) {
                try await folder.stage([[.text("K"), .integer(2)]], schema: Self.schema, into: target)
            }
            #expect(try folder.read("SELECT k, n FROM results") == ["\"k\"|1"])
            try await folder.stage([[.text("k"), .integer(3)]], schema: Self.schema, into: target)
            #expect(try folder.read("SELECT k, n FROM results") == ["\"k\"|3"])
        }
    }

    /// The key of a managed table stays exact, regardless of the user's indexes.
    @Test(.faults("L40")) func keepsItsOwnKeyNextToAnIndexOfTheUsers() async throws {
        try await StagingFolder.with { folder in
            try await folder.stage(
                Self.rows, schema: Self.schema, into: folder.target("results", .replace, key: ["k"]))
            try folder.execute("CREATE INDEX i ON results (k COLLATE NOCASE)")
            try await folder.stage(
                Self.rows, schema: Self.schema, into: folder.target("results", .replace, key: ["k"]))
            try await folder.stage(
                Self.rows, schema: Self.schema, into: folder.target("results", .upsert, key: ["k"]))
            #expect(try folder.read("SELECT count(*), count(DISTINCT hex(k)) FROM results") == ["3|3"])
        }
    }

    @Test func upsertsByTheRowID() async throws {
        try await StagingFolder.with { folder in
            try folder.execute(
                "CREATE TABLE results (n INTEGER PRIMARY KEY, s TEXT); INSERT INTO results VALUES (1, 'a')")
            try await folder.stage(
                [[.integer(1), .text("b")], [.integer(2), .text("c")]], schema: .pairs,
                into: folder.target("results", .upsert, key: ["n"]))
            #expect(try folder.read("SELECT * FROM results") == [#"1|"b""#, #"2|"c""#])
        }
    }
}
