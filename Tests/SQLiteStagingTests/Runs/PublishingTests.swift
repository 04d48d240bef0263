import BigQueryRows
import Foundation
import GRDB
import SQLiteStaging
import TestSupport
import Testing

@Suite struct PublishingTests {
    @Test func showsOldRowsUntilAllNewOnesArePublished() async throws {
        try await StagingFolder.with { folder in
            try await folder.stage([[.integer(1)]], schema: .numbers)
            try await folder.withRun(folder.target()) { run in
                try await run.begin(.pairs)
                for page in 0..<3 {
                    try await run.append(RowPage(firstRow: page, columns: 2, [[.integer(9), .null]]))
                    #expect(try folder.read("SELECT * FROM results") == ["1"])
                }
                try await run.finish()
                #expect(try folder.read("SELECT * FROM results") == ["9|NULL", "9|NULL", "9|NULL"])
            }
        }
    }

    @Test(.faults("L14")) func publishesUnderALongReader() async throws {
        try await StagingFolder.with { folder in
            try folder.execute("PRAGMA journal_mode = WAL")
            try await folder.stage([[.integer(1)]], schema: .numbers)
            let reader = try folder.connect()
            try await reader.writeWithoutTransaction { try $0.execute(sql: "BEGIN; SELECT * FROM results") }
            try await folder.stage([[.integer(2)]], schema: .numbers)
            #expect(try StagingFolder.read("SELECT * FROM results", reader) == ["1"])
            try await reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            #expect(try StagingFolder.read("SELECT * FROM results", reader) == ["2"])
            try reader.close()
        }
    }

    /// Objects of the user next to the table are kept, and have no effect.
    @Test(.faults("L17")) func keepsObjectsNextToTheTable() async throws {
        try await StagingFolder.with { folder in
            try await folder.stage([[.integer(1)]], schema: .numbers)
            try folder.execute(
                """
                CREATE TABLE mine (a INTEGER CHECK (abs(a) >= 0), b GENERATED ALWAYS AS (a * 2));
                CREATE TABLE seen (a);
                CREATE TRIGGER spy AFTER INSERT ON mine BEGIN DELETE FROM results; INSERT INTO seen VALUES (new.a); END;
                CREATE VIEW odd AS SELECT load_extension('x'), n FROM results;
                INSERT INTO mine VALUES (1);
                """)
            let sql =
                "SELECT type, name, sql FROM sqlite_master WHERE name IN ('mine', 'seen', 'spy', 'odd') ORDER BY name"
            let before = try folder.read(sql)
            try await folder.stage([[.integer(21)]], schema: .numbers)
            #expect(try folder.read("SELECT n FROM results") == ["21"])
            #expect(try folder.read("SELECT a FROM seen") == ["1"])
            #expect(try folder.read(sql) == before)
        }
    }

    @Test func keepsViewsAndForeignKeysOnTheTable() async throws {
        try await StagingFolder.with { folder in
            try await folder.stage([[.integer(1)]], schema: .numbers)
            try folder.execute(
                """
                CREATE VIEW doubled AS SELECT n * 2 FROM results;
                CREATE VIEW broken AS SELECT * FROM nowhere;
                CREATE TABLE child (n INTEGER REFERENCES results (n));
                """)
            let sql = "SELECT sql FROM sqlite_master WHERE name IN ('doubled', 'broken', 'child')"
            let before = try folder.read(sql)
            try await folder.stage([[.integer(21)]], schema: .numbers)
            #expect(try folder.read("SELECT * FROM doubled") == ["42"])
            #expect(try folder.read(sql) == before)
        }
    }

    @Test func recreatesIndexes() async throws {
        try await StagingFolder.with { folder in
            try await folder.stage([[.integer(1)]], schema: .numbers)
            try folder.execute(
                """
                CREATE INDEX plain ON results (n);
                CREATE UNIQUE INDEX partial ON results (abs(n)) WHERE n > 0;
                """)
            let sql = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'results'"
            let before = try folder.read(sql)
            #expect(before.count == 2)
            try await folder.stage([[.integer(2), .text("x")]], schema: .pairs)
            #expect(try folder.read(sql) == before)
            #expect(try folder.read("SELECT n FROM results INDEXED BY plain WHERE n = 2") == ["2"])
        }
    }

    @Test(arguments: ["CREATE INDEX i ON results (s)", "CREATE INDEX i ON results (n) WHERE length(s) > 1"])
    func rejectsEarlyATableWhoseIndexesWouldBeLost(_ index: String) async throws {
        try await StagingFolder.with { folder in
            try await folder.stage([[.integer(1), .text("x")]], schema: .pairs)
            try folder.execute(index)
            let error = await #expect(throws: StagingError.self) {
                try await folder.withRun(folder.target(), intent: .test(schema: .numbers)) { _ in }
            }
            #expect(error?.code == .schemaMismatch)
            #expect(error?.message.hasSuffix(index) == true)
            #expect(try folder.read("SELECT count(*) FROM _bqpull_runs") == ["1"])
        }
    }

    static let breaches = [
        StagingTarget.ExistingTable.replace: "CREATE UNIQUE INDEX u ON results (n)",
        .append: "CREATE UNIQUE INDEX u ON results (n)",
    ]

    @Test(arguments: breaches)
    func leavesTheOldTableIfPublishingFails(
        _ example: (key: StagingTarget.ExistingTable, value: String)
    ) async throws {
        try await StagingFolder.with { folder in
            try await folder.stage([[.integer(1)]], schema: .numbers)
            try folder.execute(example.value)
            let schema = try folder.read("SELECT sql FROM sqlite_master WHERE tbl_name = 'results'")
            try await expectCode(.constraintViolated) {
                try await folder.stage(
                    [[.integer(7)], [.integer(7)]], schema: .numbers, ifExists: example.key)
            }
            #expect(try folder.read("SELECT * FROM results") == ["1"])
            #expect(try folder.read("SELECT sql FROM sqlite_master WHERE tbl_name = 'results'") == schema)
            #expect(try folder.read("SELECT state FROM _bqpull_runs") == ["\"published\"", "\"running\""])
            #expect(try folder.read("PRAGMA integrity_check") == ["\"ok\""])
        }
    }

    @Test(arguments: [(Int64(1), StagingError.Code?.some(.incomplete)), (3, .incomplete), (2, nil)])
    func publishesOnlyAsManyRowsAsTheResultHas(_ total: Int64, _ expected: StagingError.Code?) async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target()) { run in
                try await run.begin(.numbers)
                try await run.append(RowPage(firstRow: 0, integers: [1, 2]))
                run.record(StagingStatistics(totalRows: total))
                try await expectCode(expected) { try await run.finish() }
            }
            let published = try folder.read("SELECT name FROM sqlite_master WHERE name = 'results'")
            #expect(published.isEmpty == (expected != nil))
        }
    }

    @Test func publishesAnEmptyResult() async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target()) { run in
                try await run.begin(.pairs)
                run.record(StagingStatistics(totalRows: 0))
                try await run.finish()
            }
            #expect(try folder.read("SELECT name FROM pragma_table_info('results')") == ["\"n\"", "\"s\""])
            #expect(try folder.read("SELECT * FROM results") == [])
        }
    }

    /// A copy of the files between two commits equals those of a killed process.
    @Test(arguments: 0...3) func isIntactAfterTheProcessIsKilled(_ pages: Int) async throws {
        try await StagingFolder.with { folder in
            try await folder.stage([[.integer(1)]], schema: .numbers)
            try await StagingFolder.with { grave in
                try await folder.withRun(folder.target()) { run in
                    try await run.begin(.numbers)
                    for page in 0..<pages {
                        try await run.append(RowPage(firstRow: page * 2, integers: [8, 9]))
                    }
                    try folder.copyFiles(to: grave)
                }
                #expect(try grave.read("SELECT * FROM results") == ["1"])
                #expect(
                    try grave.read("SELECT rows FROM _bqpull_runs WHERE state = 'running'") == [
                        "\(pages * 2)"
                    ])

                try await grave.stage([[.integer(5)]], schema: .numbers)
                #expect(try grave.read("SELECT * FROM results") == ["5"])
                #expect(try grave.read("SELECT name FROM sqlite_master WHERE name LIKE '%rows%'") == [])
                #expect(
                    try grave.read("SELECT state FROM _bqpull_runs ORDER BY rowid")
                        == ["\"published\"", "\"discarded\"", "\"published\""])
                #expect(try grave.files == ["staging.db"])
                #expect(try grave.read("PRAGMA journal_mode") == ["\"delete\""])
            }
        }
    }
}
