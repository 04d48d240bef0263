import BigQueryRows
import SQLiteStaging
import TestSupport
import Testing

@Suite struct ExistingTableTests {
    enum Existing: CaseIterable {
        case nothing, ours, oursInOtherCase, oursWithAnotherColumn, oursMadeAgain, foreign

        func make(_ folder: StagingFolder) async throws {
            switch self {
            case .nothing: break
            case .ours: try await folder.stage([[.integer(1)]], schema: .numbers)
            case .oursInOtherCase:
                try await folder.stage([[.integer(1)]], schema: .numbers, table: "RESULTS")
            case .oursWithAnotherColumn:
                try await folder.stage([[.integer(1)]], schema: .numbers)
                try folder.execute("ALTER TABLE results ADD COLUMN mine TEXT")
            case .oursMadeAgain:
                try await folder.stage([[.integer(1)]], schema: .numbers)
                try folder.execute("DROP TABLE results; CREATE TABLE results (n INTEGER PRIMARY KEY)")
                try folder.execute("INSERT INTO results VALUES (1)")
            case .foreign:
                try folder.execute("CREATE TABLE results (N integer); INSERT INTO results VALUES (1)")
            }
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let existing: Existing
        let ifExists: StagingTarget.ExistingTable?
        /// The rows of the table after the value 2 was staged.
        let rows: [String]
        var code: StagingError.Code?
        var testDescription: String { "\(ifExists?.rawValue ?? "default") onto \(existing)" }
    }

    static let cases =
        [
            Case(existing: .nothing, ifExists: nil, rows: ["2"]),
            Case(existing: .nothing, ifExists: .fail, rows: ["2"]),
            Case(existing: .nothing, ifExists: .replace, rows: ["2"]),
            Case(existing: .nothing, ifExists: .append, rows: ["2"]),
            Case(existing: .ours, ifExists: nil, rows: ["2"]),
            Case(existing: .oursInOtherCase, ifExists: nil, rows: ["2"]),
            Case(existing: .oursWithAnotherColumn, ifExists: nil, rows: ["1|NULL"], code: .targetExists),
            Case(existing: .oursWithAnotherColumn, ifExists: .replace, rows: ["2"]),
            Case(
                existing: .oursWithAnotherColumn, ifExists: .append, rows: ["1|NULL"], code: .schemaMismatch),
            Case(existing: .oursMadeAgain, ifExists: nil, rows: ["1"], code: .targetExists),
            Case(existing: .foreign, ifExists: nil, rows: ["1"], code: .targetExists),
        ]
        + [Existing.ours, .oursInOtherCase, .oursMadeAgain, .foreign].flatMap {
            [
                Case(existing: $0, ifExists: .fail, rows: ["1"], code: .targetExists),
                Case(existing: $0, ifExists: .replace, rows: ["2"]),
                Case(existing: $0, ifExists: .append, rows: ["1", "2"]),
            ]
        }

    @Test(.faults("L18"), arguments: cases) func followsIfExists(_ example: Case) async throws {
        try await StagingFolder.with { folder in
            try await example.existing.make(folder)
            try await expectCode(example.code) {
                try await folder.stage([[.integer(2)]], schema: .numbers, ifExists: example.ifExists)
            }
            #expect(try folder.read("SELECT * FROM results") == example.rows)
        }
    }

    @Test(.faults("L18")) func rejectsBeforeAnythingIsWritten() async throws {
        try await StagingFolder.with { folder in
            try folder.execute("CREATE TABLE results (n)")
            try await expectCode(.targetExists) { _ = try await StagingDatabase.open(folder.target()) }
            #expect(try folder.read("SELECT name FROM sqlite_master") == ["\"results\""])
            #expect(try folder.read("PRAGMA journal_mode") == ["\"delete\""])
        }
    }

    @Test func doesNotManageATableAfterAppending() async throws {
        try await StagingFolder.with { folder in
            try await Existing.foreign.make(folder)
            try await folder.stage([[.integer(2)]], schema: .numbers, ifExists: .append)
            try await expectCode(.targetExists) { try await folder.stage([[.integer(3)]], schema: .numbers) }
        }
    }

    static let inTheWay = [
        "CREATE VIEW results AS SELECT 1",
        "CREATE TABLE t (n); CREATE INDEX Results ON t (n)",
        "CREATE TABLE results (n INTEGER); CREATE TRIGGER x AFTER INSERT ON results BEGIN SELECT 1; END",
    ]

    @Test(.faults("L17"), arguments: inTheWay, [nil, .fail, .replace, .append] as [StagingTarget.ExistingTable?])
    func rejectsOtherKindsOfTables(_ sql: String, _ ifExists: StagingTarget.ExistingTable?) async throws {
        try await StagingFolder.with { folder in
            try folder.execute(sql)
            let before = try folder.read("SELECT sql FROM sqlite_master")
            try await expectCode(.databaseUnusable) {
                _ = try await StagingDatabase.open(folder.target("results", ifExists))
            }
            #expect(try folder.read("SELECT sql FROM sqlite_master") == before)
        }
    }

    static let differences: [(table: String, difference: String)] = [
        ("n INTEGER", "column s TEXT is not in the table"),
        ("n INTEGER, s TEXT, x BLOB", "column x BLOB is not in the result"),
        ("n INTEGER, s VARCHAR", "column s VARCHAR would become s TEXT"),
        ("s INTEGER, n INTEGER", "column s INTEGER would become s TEXT"),
        ("n INTEGER, s TEXT AS ('x')", "column s TEXT GENERATED would become s TEXT"),
        ("n INTEGER, t TEXT", "column t TEXT is not in the result"),
    ]

    @Test(arguments: differences)
    func namesTheFirstDifferenceToTheTable(
        _ example: (table: String, difference: String)
    ) async throws {
        try await StagingFolder.with { folder in
            try folder.execute("CREATE TABLE results (\(example.table))")
            let error = await #expect(throws: StagingError.self) {
                try await folder.withRun(
                    folder.target("results", .append), intent: .test(schema: .pairs)
                ) { _ in }
            }
            #expect(error?.code == .schemaMismatch)
            #expect(error?.message.hasSuffix(": " + example.difference) == true, "\(error?.message ?? "")")
        }
    }

    @Test func detectsATableThatAppearsDuringTheRun() async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target()) { run in
                try await run.begin(.numbers)
                try await run.append(RowPage(firstRow: 0, integers: [1]))
                try folder.execute("CREATE TABLE results (mine TEXT); INSERT INTO results VALUES ('kept')")
                try await expectCode(.targetExists) { try await run.finish() }
            }
            #expect(try folder.read("SELECT * FROM results") == ["\"kept\""])
        }
    }
}
