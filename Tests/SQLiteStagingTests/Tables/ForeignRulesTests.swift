import BigQueryRows
import SQLiteStaging
import Testing

/// Tables of other programs, with rules that would silently change or drop rows.
@Suite struct ForeignRulesTests {
    static let rules = [
        "n INTEGER UNIQUE ON CONFLICT IGNORE, s TEXT", "n INTEGER UNIQUE ON CONFLICT REPLACE, s TEXT",
        "n INTEGER, s TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'x'", "n INTEGER, s TEXT NOT NULL ON CONFLICT IGNORE",
        "n INTEGER PRIMARY KEY, s TEXT",
    ]

    @Test(arguments: rules) func neverChangeRows(_ columns: String) async throws {
        try await StagingFolder.with { folder in
            try folder.execute("CREATE TABLE results (\(columns)); INSERT INTO results VALUES (1, 'old')")
            try await expectCode(.constraintViolated) {
                try await folder.stage(
                    [[.integer(1), .null], [.null, .text("b")]], schema: .pairs, ifExists: .append)
            }
            #expect(try folder.read("SELECT * FROM results") == [#"1|"old""#])
        }
    }

    /// Another collation than BINARY would equate rows with different keys.
    @Test func aKeyOfAnotherCollationIsRejected() async throws {
        try await StagingFolder.with { folder in
            try folder.execute("CREATE TABLE results (n INTEGER, s TEXT COLLATE NOCASE UNIQUE)")
            try await expectCode(.noKey) {
                _ = try await StagingDatabase.open(folder.target("results", .upsert, key: ["s"]))
            }
            try folder.execute("CREATE UNIQUE INDEX bytes ON results (s COLLATE BINARY)")
            try await StagingDatabase.open(folder.target("results", .upsert, key: ["s"])).close()
        }
    }

    static let rowNames = [["rowid"], ["_rowid_", "ROWID"], ["rowid", "_rowid_", "oid"]]

    @Test(arguments: rowNames, [true, false])
    func columnsCanHaveTheNamesOfTheRowID(_ names: [String], isAdded: Bool) async throws {
        try await StagingFolder.with { folder in
            let schema = TableSchema(
                fields: [.init(name: "k", type: .int64)] + names.map { .init(name: $0, type: .string) })
            let rest = names.map { _ in CellValue.text("x") }
            let target = folder.target("results", isAdded ? .append : .replace, key: ["k"])
            try await folder.stage([[.integer(3)] + rest, [.integer(1)] + rest], schema: schema, into: target)
            #expect(try folder.read("SELECT k FROM results NOT INDEXED") == ["3", "1"])
            let error = await #expect(throws: StagingError.self) {
                try await folder.stage(
                    [4, 5, 6, 5].map { [.integer($0)] + rest }, schema: schema, into: target)
            }
            #expect(error?.message == "rows 2 and 4 have the same key (k = 5)")
        }
    }

    @Test func equalIndexesAreCreatedOnce() async throws {
        try await StagingFolder.with { folder in
            for ifExists in [StagingTarget.ExistingTable.replace, .append] {
                try await folder.stage(
                    [[.integer(1)]], schema: .numbers,
                    into: folder.target("results", ifExists, indexes: [["n"], ["N"], ["n"]]))
                #expect(try folder.read("SELECT count(*) FROM pragma_index_list('results')") == ["1"])
            }
        }
    }
}
