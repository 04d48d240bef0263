import BigQueryRows
import GRDB
import SQLiteStaging
import TestSupport
import Testing

@Suite struct NameTests {
    static let columnNames: [(given: [String], stored: [String])] = [
        kept(["order", "select", "rowid", "oid", "_rowid_"]),
        kept(["a\"b", "\"\"", "]", "`", "'); DROP TABLE x;--"]),
        kept(["\"\u{301} INTEGER); --"]),
        kept(["🚲", "straße", "日本", " ", "a.b"]),
        kept([String(repeating: "x", count: 300)]),
        kept(["sqlite_x", "_bqpull_x"]),
        (["a", "A", "a"], ["a", "A_2", "a_3"]),
        (["a", "A", "a_2"], ["a", "A_3", "a_2"]),
        (["a_2", "a", "a", "A_2"], ["a_2", "a", "a_3", "A_2_2"]),
        kept(["É", "é"]),
        kept(["\u{e9}", "e\u{301}"]),
    ]

    private static func kept(_ names: [String]) -> (given: [String], stored: [String]) {
        (names, names)
    }

    @Test(.faults("P29", "P30"), arguments: columnNames)
    func keepsColumnNames(_ names: (given: [String], stored: [String])) async throws {
        try await StagingFolder.with { folder in
            let schema = TableSchema(fields: names.given.map { .init(name: $0, type: .int64) })
            let row = names.given.indices.map { CellValue.integer(Int64($0)) }
            // Twice, so the table is also recognized as managed.
            for _ in 1...2 { try await folder.stage([row], schema: schema) }
            let found = try await folder.connect().read { db in
                try String.fetchAll(db, sql: "SELECT name FROM pragma_table_info('results') ORDER BY cid")
            }
            #expect(found.map { Array($0.utf8) } == names.stored.map { Array($0.utf8) })
            #expect(
                try folder.read("SELECT * FROM results")
                    == [names.given.indices.map(String.init).joined(separator: "|")])
            let recorded = try await folder.connect().read { db in
                try String.fetchAll(db, sql: "SELECT bigquery_name FROM _bqpull_columns ORDER BY position")
            }
            #expect(recorded.map { Array($0.utf8) } == names.given.map { Array($0.utf8) })
        }
    }

    static let tableNames = [
        "order", "a\"b", "'); DROP TABLE x;--", "🚲", "a.b", " ", "main.results", "bqpull", "sqlite",
        "\"\u{301}", "json_each", String(repeating: "t", count: 300),
    ]

    @Test(.faults("P30"), arguments: tableNames) func acceptsAnyTableName(_ name: String) async throws {
        try await StagingFolder.with { folder in
            for value in 1...2 {
                try await folder.stage([[.integer(Int64(value))]], schema: .numbers, table: name)
            }
            let tables = try await folder.connect().read { db in
                try String.fetchAll(
                    db,
                    sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 1) <> '_'")
            }
            #expect(tables == [name])
        }
    }

    @Test(.faults("P30"), arguments: ["", "a\u{0}b", "sqlite_x", "SQLite_", "_bqpull_runs", "_BQPULL_x"])
    func rejectsReservedTableNames(_ name: String) async throws {
        try await StagingFolder.with { folder in
            try await expectCode(.invalidName) { _ = try await StagingDatabase.open(folder.target(name)) }
            #expect(try folder.files == [])
        }
    }

    @Test(.faults("P30")) func rejectsNULInAColumnName() async throws {
        try await StagingFolder.with { folder in
            let schema = TableSchema(fields: [.init(name: "a\u{0}b", type: .int64)])
            try await expectCode(.invalidName) { try await folder.stage([], schema: schema) }
        }
    }

    @Test(arguments: [(0, StagingError.Code.noColumns), (2000, nil), (2001, .tooManyColumns)])
    func limitsTheNumberOfColumns(_ count: Int, _ expected: StagingError.Code?) async throws {
        try await StagingFolder.with { folder in
            let schema = TableSchema(fields: (0..<count).map { .init(name: "c\($0)", type: .int64) })
            try await expectCode(expected) {
                try await folder.withRun(folder.target(), intent: .test(schema: schema)) { _ in }
            }
            try await expectCode(expected) {
                try await folder.withRun(folder.target()) { try await $0.begin(schema) }
            }
        }
    }
}
