import BigQueryRows
import Foundation
import SQLiteStaging
import Testing

/// The columns with the name of the load and the start of the run.
@Suite struct AddedValueTests {
    private static let rows = "SELECT n, s, l FROM results ORDER BY n, l"

    private func rows(_ numbers: Int64...) -> [[CellValue]] { numbers.map { [.integer($0), .text("x")] } }

    private func load(_ name: String, since: String? = nil, adoptsRows: Bool = false) -> LoadIntent {
        .test(name, column: "n", since: since, adoptsRows: adoptsRows)
    }

    @Test func areTheSameInEveryRow() async throws {
        try await StagingFolder.with { folder in
            let target = folder.target(
                "results", .append, indexes: [["l", "n"]], loadColumn: "l", loadedAtColumn: "at")
            for since in [nil, "2"] {
                try await folder.stage(
                    rows(1, 2), schema: .pairs, into: target, intent: .test(load: load("eu", since: since)),
                    rowsPerPage: 1)
            }
            #expect(
                try folder.read("SELECT * FROM results")
                    == [1, 2].map {
                        "\($0)|\"x\"|\"eu\"|\"2023-11-14T22:13:20.500000Z\""
                    })
            #expect(
                try folder.read(
                    "SELECT column_name, declared_type, bigquery_type FROM _bqpull_columns ORDER BY position")
                    == [
                        #""n"|"INTEGER"|"INT64""#, #""s"|"TEXT"|"STRING""#, #""l"|"TEXT"|"STRING""#,
                        #""at"|"TEXT"|"TIMESTAMP""#,
                    ])
            #expect(try folder.read("SELECT count(*) FROM pragma_index_list('results')") == ["1"])
        }
    }

    @Test func areNotPartOfTheLastRow() async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .append, loadColumn: "l", loadedAtColumn: "at")
            try await folder.withRun(target, intent: .test(load: load("eu"))) { run in
                try await run.begin(.pairs)
                try await run.append(RowPage(firstRow: 0, columns: 2, rows(1)))
                #expect(try await run.lastRow() == [.integer(1), .text("x")])
            }
        }
    }

    @Test(arguments: ["N", "s"]) func cannotHaveTheNameOfAColumnOfTheResult(_ name: String) async throws {
        try await StagingFolder.with { folder in
            for target in [
                folder.target(loadColumn: name), folder.target(loadedAtColumn: name),
            ] {
                try await expectCode(.invalidName) {
                    try await folder.withRun(target, intent: .test(load: load("eu"), schema: .pairs)) { _ in }
                }
            }
            #expect(try folder.files.allSatisfy { $0.contains("-bqpull-") })
        }
    }

    @Test(arguments: ["", "a\0b"]) func needAValidName(_ name: String) async throws {
        try await StagingFolder.with { folder in
            try await expectCode(.invalidName) {
                _ = try await StagingDatabase.open(folder.target(loadedAtColumn: name))
            }
        }
    }

    @Test func needALoad() async throws {
        try await StagingFolder.with { folder in
            try await expectCode(.invalidName) {
                try await folder.withRun(folder.target(loadColumn: "l"), intent: .test(schema: .pairs)) { _ in }
            }
        }
    }

    // MARK: Several loads

    @Test func keepEqualRowsOfTwoLoadsApart() async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .append, loadColumn: "l")
            for (name, since) in [("eu", nil), ("us", nil), ("EU", "1"), ("us", "1")] as [(String, String?)] {
                try await folder.stage(
                    rows(1, 2), schema: .pairs, into: target, intent: .test(load: load(name, since: since)))
            }
            #expect(
                try folder.read(Self.rows) == [
                    #"1|"x"|"eu""#, #"1|"x"|"us""#, #"2|"x"|"eu""#, #"2|"x"|"us""#,
                ])
        }
    }

    @Test func labelAllRowsOfTheOnlyLoad() async throws {
        try await StagingFolder.with { folder in
            let plain = folder.target("results", .append)
            try await folder.stage(rows(1, 2), schema: .pairs, into: plain, intent: .test(load: load("eu")))
            let target = folder.target("results", .append, loadColumn: "l")
            try await folder.stage(rows(1), schema: .pairs, into: target, intent: .test(load: load("us")))
            #expect(try folder.read(Self.rows) == [#"1|"x"|"eu""#, #"1|"x"|"us""#, #"2|"x"|"eu""#])
        }
    }

    @Test func labelOnlyTheRowsOfTheLoad() async throws {
        try await StagingFolder.with { folder in
            let plain = folder.target("results", .append)
            try await folder.stage(rows(1, 2), schema: .pairs, into: plain, intent: .test(load: load("eu")))
            try await folder.stage(rows(3), schema: .pairs, into: plain)
            try folder.execute("INSERT INTO results VALUES (4, 'x')")
            try await folder.stage(rows(5, 6), schema: .pairs, into: plain, intent: .test(load: load("eu", since: "5")))
            let target = folder.target("results", .append, loadColumn: "l")
            try await folder.stage(
                rows(6, 7), schema: .pairs, into: target, intent: .test(load: load("eu", since: "6")))
            #expect(
                try folder.read(Self.rows) == [
                    #"1|"x"|"eu""#, #"2|"x"|"eu""#, #"3|"x"|NULL"#, #"4|"x"|NULL"#, #"5|"x"|"eu""#, #"6|"x"|"eu""#,
                    #"7|"x"|"eu""#,
                ])
        }
    }

    /// An index keeps VACUUM from changing the IDs of rows. Those of deleted rows are used again.
    @Test func labelOnlyTheRowsOfTheLoadAfterOthersWereDeleted() async throws {
        try await StagingFolder.with { folder in
            let plain = folder.target("results", .append, indexes: [["n"]])
            try await folder.stage(rows(1, 8, 9), schema: .pairs, into: plain, intent: .test(load: load("eu")))
            try folder.execute("DELETE FROM results WHERE n IN (8, 9)")
            try await folder.stage(rows(2), schema: .pairs, into: plain)
            try folder.execute("VACUUM")
            let target = folder.target("results", .append, loadColumn: "l")
            try await folder.stage(
                rows(10), schema: .pairs, into: target, intent: .test(load: load("eu", since: "10")))
            #expect(try folder.read(Self.rows) == [#"1|"x"|"eu""#, #"2|"x"|NULL"#, #"10|"x"|"eu""#])
        }
    }

    static let unknownOrigins = [
        "CREATE TABLE results (n INTEGER PRIMARY KEY, s TEXT)",
        "CREATE TABLE results (n INTEGER, s TEXT, PRIMARY KEY (n)) WITHOUT ROWID",
        "CREATE TABLE results (n INTEGER, s TEXT)",
    ]

    @Test(arguments: unknownOrigins) func areRejectedEarlyIfRowsCannotBeToldApart(_ table: String) async throws {
        try await StagingFolder.with { folder in
            try folder.execute(table)
            let plain = folder.target("results", .append)
            try await folder.stage(rows(1, 9), schema: .pairs, into: plain, intent: .test(load: load("eu")))
            try folder.execute("DELETE FROM results WHERE n = 9")
            try await folder.stage(rows(2), schema: .pairs, into: plain)
            try await expectCode(.unknownOrigin) {
                try await folder.withRun(
                    folder.target("results", .append, loadColumn: "l"),
                    intent: .test(load: load("eu", since: "1"), schema: .pairs)
                ) { _ in }
            }
            #expect(try folder.read("SELECT * FROM results") == [#"1|"x""#, #"2|"x""#])
        }
    }

    /// Rows without a load count as copies, and those that are found get the name.
    @Test func adoptRowsWithoutALoad() async throws {
        try await StagingFolder.with { folder in
            try folder.execute("CREATE TABLE results (n INTEGER, s TEXT)")
            try folder.execute("INSERT INTO results VALUES (1, 'x'), (2, 'x'), (2, 'x'), (3, 'y'), (9, 'x')")
            let target = folder.target("results", .append, loadColumn: "l")
            let outcome = try await folder.stage(
                rows(1, 2, 3, 4), schema: .pairs, into: target,
                intent: .test(load: load("eu", since: "1", adoptsRows: true)))
            #expect(outcome.rows.inserted == 2)
            #expect(outcome.rows.unchanged == 2)
            #expect(
                try folder.read("SELECT n, s, l FROM results ORDER BY n, s, l NULLS LAST") == [
                    #"1|"x"|"eu""#, #"2|"x"|"eu""#, #"2|"x"|NULL"#, #"3|"x"|"eu""#, #"3|"y"|NULL"#, #"4|"x"|"eu""#,
                    #"9|"x"|NULL"#,
                ])
        }
    }

    /// A copy without a load counts for the first load that finds it, also in a later run.
    @Test func giveARowWithoutALoadToOneLoad() async throws {
        try await StagingFolder.with { folder in
            let plain = folder.target("results", .append)
            try await folder.stage(rows(1, 2, 3), schema: .pairs, into: plain)
            let adopting = load("eu", since: "2", adoptsRows: true)
            try await folder.stage(rows(2, 3), schema: .pairs, into: plain, intent: .test(load: adopting))
            let target = folder.target("results", .append, loadColumn: "l")
            let first = try await folder.stage(
                rows(3, 4), schema: .pairs, into: target, intent: .test(load: load("eu", since: "3")))
            #expect(first.rows.inserted == 1)
            let second = try await folder.stage(
                rows(3), schema: .pairs, into: target, intent: .test(load: load("us", since: "3", adoptsRows: true)))
            #expect(second.rows.inserted == 1)
            #expect(
                try folder.read(Self.rows)
                    == [#"1|"x"|NULL"#, #"2|"x"|NULL"#, #"3|"x"|"eu""#, #"3|"x"|"us""#, #"4|"x"|"eu""#])
        }
    }

    /// Keys compare the name byte by byte.
    @Test(arguments: [StagingTarget.ExistingTable.upsert, .deleteInsert])
    func areTheNameAsFirstSpelled(_ mode: StagingTarget.ExistingTable) async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", mode, key: ["l", "n"], loadColumn: "l")
            for name in ["eu", "EU"] {
                try await folder.stage(rows(1), schema: .pairs, into: target, intent: .test(load: load(name)))
            }
            #expect(try folder.read(Self.rows) == [#"1|"x"|"eu""#])
            #expect(try folder.read("SELECT name FROM _bqpull_loads") == [#""eu""#])
        }
    }

    /// A plain pull can leave the load column out, and the table stays managed.
    @Test func canBeOmittedByAPlainPull() async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .append, loadColumn: "l")
            try await folder.stage(rows(1), schema: .pairs, into: target, intent: .test(load: load("eu")))
            try await folder.stage(rows(2), schema: .pairs, into: folder.target("results", .append))
            #expect(try folder.read(Self.rows) == [#"1|"x"|"eu""#, #"2|"x"|NULL"#])
            try await folder.stage(rows(3), schema: .pairs)
            #expect(try folder.read("SELECT * FROM results") == [#"3|"x""#])
        }
    }

    @Test func doNotChangeARowThatIsEqual() async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .upsert, key: ["n"], loadColumn: "l", loadedAtColumn: "at")
            try await folder.stage(rows(1), schema: .pairs, into: target, intent: .test(load: load("eu")))
            let outcome = try await folder.stage(
                rows(1, 2), schema: .pairs, into: target, intent: .test(load: load("us", since: "1")))
            #expect(outcome.rows.unchanged == 1)
            #expect(outcome.rows.inserted == 1)
            #expect(try folder.read(Self.rows) == [#"1|"x"|"us""#, #"2|"x"|"us""#])
        }
    }
}
