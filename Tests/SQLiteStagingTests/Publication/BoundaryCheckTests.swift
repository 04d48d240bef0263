import BigQueryRows
import SQLiteStaging
import Testing

/// Incremental appends, whose new rows overlap the table.
@Suite struct BoundaryCheckTests {
    private static let schema = TableSchema(fields: [
        .init(name: "c", type: .int64), .init(name: "s", type: .string), .init(name: "x", type: .bytes),
        .init(name: "f", type: .float64),
    ])
    private static let rows = "SELECT c, s, hex(x), f FROM results ORDER BY c, s COLLATE BINARY, x, f"

    private static func row(
        _ c: Int64?, _ s: String? = nil, _ x: [UInt8]? = nil, _ f: CellValue = .null
    ) -> [CellValue] {
        [c.map(CellValue.integer) ?? .null, s.map(CellValue.text) ?? .null, x.map(CellValue.blob) ?? .null, f]
    }

    struct Overlap: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let old: [[CellValue]]
        let new: [[CellValue]]
        /// The number of new rows that are added.
        let added: Int64
    }

    static let overlaps = [
        Overlap(testDescription: "equal", old: [row(1), row(2)], new: [row(2)], added: 0),
        Overlap(testDescription: "late", old: [row(1), row(3)], new: [row(2), row(3)], added: 1),
        Overlap(testDescription: "above", old: [row(1)], new: [row(2), row(2)], added: 2),
        Overlap(testDescription: "below", old: [row(5)], new: [row(2), row(3)], added: 2),
        Overlap(testDescription: "more copies", old: [row(2, "a"), row(2, "a")], new: [row(2, "a")], added: 0),
        Overlap(testDescription: "fewer copies", old: [row(2, "a")], new: [row(2, "a"), row(2, "a")], added: 1),
        Overlap(testDescription: "case", old: [row(2, "a")], new: [row(2, "A"), row(2, "a")], added: 1),
        Overlap(testDescription: "spaces", old: [row(2, "a")], new: [row(2, "a ")], added: 1),
        Overlap(testDescription: "empty and NULL", old: [row(2, "", [])], new: [row(2, nil, [])], added: 1),
        Overlap(testDescription: "blobs", old: [row(2, nil, [0, 1])], new: [row(2, nil, [0, 1])], added: 0),
        Overlap(testDescription: "other blobs", old: [row(2, nil, [0, 1])], new: [row(2, nil, [0, 2])], added: 1),
        Overlap(
            testDescription: "NaN", old: [row(2, nil, nil, .text("NaN"))],
            new: [row(2, nil, nil, .text("NaN")), row(2, nil, nil, .double(1))], added: 1),
        Overlap(
            testDescription: "NULLs", old: [row(nil, "a"), row(2)], new: [row(nil, "a"), row(nil, "b"), row(2)],
            added: 1),
        Overlap(testDescription: "NULLs only", old: [row(nil), row(2)], new: [row(nil), row(nil)], added: 1),
        Overlap(testDescription: "nothing", old: [row(2)], new: [], added: 0),
        Overlap(testDescription: "an empty table", old: [], new: [row(2), row(2)], added: 2),
    ]

    private static let tables = [
        nil, "CREATE TABLE results (f REAL, x BLOB, s TEXT COLLATE NOCASE, c INTEGER)",
        "CREATE TABLE results (c INTEGER, s TEXT COLLATE RTRIM, x BLOB, f REAL)",
    ]

    @Test(arguments: overlaps, tables)
    func addsRowsBeyondTheCopiesInTheTable(_ overlap: Overlap, _ table: String?) async throws {
        try await StagingFolder.with { folder in
            if let table { try folder.execute(table) }
            let target = folder.target("results", .append)
            let first = try await folder.stage(
                overlap.old, schema: Self.schema, into: target, intent: .test(load: .test()))
            #expect(first.rows.inserted == Int64(overlap.old.count))
            #expect(first.rowsWithoutValue == Int64(overlap.old.filter { $0[0] == .null }.count))

            let second = try await folder.stage(
                overlap.new, schema: Self.schema, into: target, intent: .test(load: .test(since: "2")))
            #expect(second.rows.inserted == overlap.added)
            #expect(second.rows.unchanged == Int64(overlap.new.count) - overlap.added)
            #expect(second.rows.total == Int64(overlap.old.count) + overlap.added)
            #expect(second.rowsWithoutValue == nil)
            let rows = try folder.read(Self.rows)
            #expect(rows.count == overlap.old.count + Int(overlap.added))

            // The same rows again add nothing.
            let third = try await folder.stage(
                overlap.new, schema: Self.schema, into: target, intent: .test(load: .test(since: "2")))
            #expect(third.rows.inserted == 0)
            #expect(try folder.read(Self.rows) == rows)
        }
    }

    @Test func keepsTheOrderOfTheRowsThatItAdds() async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .append)
            try await folder.stage(
                [[.integer(5), .text("b")]], schema: .pairs, into: target, intent: .test(load: .test(column: "n")))
            try await folder.stage(
                [(9, "x"), (5, "c"), (5, "b"), (5, "a"), (5, "b")].map { [.integer($0), .text($1)] }, schema: .pairs,
                into: target, intent: .test(load: .test(column: "n", since: "5")), rowsPerPage: 2)
            #expect(
                try folder.read("SELECT * FROM results")
                    == [#"5|"b""#, #"9|"x""#, #"5|"c""#, #"5|"a""#, #"5|"b""#])
        }
    }

    /// The names of the table and of its columns are those of the queries' own parts, or of the row ID.
    @Test(arguments: ["old", "both", "matches", "stage0", "a\"b"]) func anyNameCanBeUsed(_ table: String) async throws {
        try await StagingFolder.with { folder in
            let names = ["id", "origin", "c0", "is_unassigned", "rowid", "place", "old_count", "both"]
            let schema = TableSchema(fields: names.map { .init(name: $0, type: .int64) })
            let values = names.map { _ in CellValue.integer(1) }
            let target = folder.target(table, .append, loadColumn: "run")
            for isFirst in [true, false] {
                let load = LoadIntent.test(
                    "l", column: "id", since: isFirst ? nil : "1", adoptsRows: !isFirst)
                try await folder.stage([values, values], schema: schema, into: target, intent: .test(load: load))
            }
            #expect(try folder.read("SELECT count(*) FROM \(SQLiteNames.quoted(table))") == ["2"])
        }
    }

    @Test func rejectsAResultWhoseRowsHaveNoID() async throws {
        try await StagingFolder.with { folder in
            let schema = TableSchema(
                fields: ["rowid", "_rowid_", "oid"].map { .init(name: $0, type: .int64) })
            let target = folder.target("results", .append)
            try await folder.stage([], schema: schema, into: target)
            try await expectCode(.invalidName) {
                try await folder.withRun(
                    target, intent: .test(load: .test(column: "oid", since: "1"), schema: schema)
                ) { _ in }
            }
        }
    }

    @Test(arguments: [
        "CREATE TABLE results (n INTEGER, s TEXT, PRIMARY KEY (n, s)) WITHOUT ROWID",
        "CREATE TABLE results (n INTEGER, s TEXT) STRICT",
        "CREATE TABLE results (n INTEGER PRIMARY KEY, s TEXT)",
    ])
    func everyKindOfTableCanBeAppendedTo(_ sql: String) async throws {
        try await StagingFolder.with { folder in
            try folder.execute("\(sql); INSERT INTO results VALUES (1, 'a')")
            let outcome = try await folder.stage(
                [[.integer(1), .text("a")], [.integer(2), .text("b")]], schema: .pairs,
                into: folder.target("results", .append),
                intent: .test(load: .test(column: "n", since: "1", adoptsRows: true)))
            #expect(outcome.rows.inserted == 1)
            #expect(try folder.read("SELECT * FROM results ORDER BY n") == [#"1|"a""#, #"2|"b""#])
        }
    }

    // MARK: Columns that are added later

    private static func fields(_ names: String...) -> TableSchema {
        TableSchema(fields: names.map { .init(name: $0, type: $0 == "c" ? .int64 : .string) })
    }

    private static func cells(_ c: Int64?, _ texts: String?...) -> [CellValue] {
        [c.map(CellValue.integer) ?? .null] + texts.map { $0.map(CellValue.text) ?? .null }
    }

    /// Rows published before a column existed are compared without it; rows published since, with it.
    @Test func comparesRowsWithoutTheColumnsThatTheyWerePublishedBefore() async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .append, addsColumns: true)
            func stage(_ rows: [[CellValue]], _ schema: TableSchema, since: String?) async throws -> Int64 {
                try await folder.stage(
                    rows, schema: schema, into: target, intent: .test(load: .test(since: since))
                ).rows.inserted
            }
            _ = try await stage(
                [Self.cells(1, "a"), Self.cells(2, "a"), Self.cells(2, "b")], Self.fields("c", "s"), since: nil)
            // Both rows of 2 are old, and one more copy of the first is new.
            let wider = Self.fields("c", "s", "x")
            let second = [
                Self.cells(2, "a", "x"), Self.cells(2, "b", nil), Self.cells(2, "a", "y"), Self.cells(3, "a", "x"),
            ]
            #expect(try await stage(second, wider, since: "2") == 2)
            // Of the rows of 2, one has a value in x now. Another row of 3 differs in x only.
            #expect(try await stage(second + [Self.cells(3, "a", "y")], wider, since: "2") == 1)
            // Two columns of different age.
            let widest = Self.fields("c", "s", "x", "y")
            let fourth = [
                Self.cells(2, "a", "x", "1"), Self.cells(2, "b", nil, "1"), Self.cells(2, "a", "y", "1"),
                Self.cells(3, "a", "x", "1"), Self.cells(3, "a", "y", "1"), Self.cells(3, "a", "z", "1"),
            ]
            #expect(try await stage(fourth, widest, since: "2") == 1)
            #expect(
                try folder.read("SELECT c, s, x, y FROM results ORDER BY rowid") == [
                    #"1|"a"|NULL|NULL"#, #"2|"a"|NULL|NULL"#, #"2|"b"|NULL|NULL"#, #"2|"a"|"y"|NULL"#,
                    #"3|"a"|"x"|NULL"#, #"3|"a"|"y"|NULL"#, #"3|"a"|"z"|"1""#,
                ])
        }
    }

    /// Another program can have added the column with a default, or filled it.
    @Test(arguments: ["ALTER TABLE results ADD COLUMN x TEXT DEFAULT 'none'", "ALTER TABLE results ADD COLUMN x TEXT"])
    func comparesRowsWithoutAColumnOfAnotherProgram(_ sql: String) async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .append)
            try await folder.stage(
                [Self.cells(1, "a"), Self.cells(2, "a")], schema: Self.fields("c", "s"), into: target,
                intent: .test(load: .test()))
            try folder.execute("\(sql); UPDATE results SET x = 'mine' WHERE c = 1")
            let outcome = try await folder.stage(
                [Self.cells(1, "a", "x"), Self.cells(2, "a", "x"), Self.cells(2, "b", "x"), Self.cells(2, "a", "x")],
                schema: Self.fields("c", "s", "x"), into: target, intent: .test(load: .test(since: "1")))
            #expect(outcome.rows.inserted == 2)
        }
    }

    /// Adopted rows lack a column that the run added, wherever they are above the mark.
    @Test(arguments: [false, true]) func comparesAdoptedRowsWithoutALaterColumn(_ hasMark: Bool) async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .append, addsColumns: true)
            let narrow = Self.fields("c", "s")
            if hasMark {
                try await folder.stage(
                    [Self.cells(1, "a")], schema: narrow, into: target, intent: .test(load: .test()))
            }
            try await folder.stage(
                [Self.cells(2, "a"), Self.cells(3, "a"), Self.cells(4, "a")], schema: narrow, into: target)
            let wide = Self.fields("c", "s", "x")
            let adopting = LoadIntent.test(since: "1", until: "4", adoptsRows: true)
            let first = try await folder.stage(
                [Self.cells(2, "a", "x"), Self.cells(3, "a", "x")], schema: wide, into: target,
                intent: .test(load: adopting))
            #expect(first.rows.inserted == 0)
            let second = try await folder.stage(
                [Self.cells(3, "a", "x"), Self.cells(4, "a", "x")], schema: wide, into: target,
                intent: .test(load: .test(since: "3")))
            #expect(second.rows.inserted == 0)
            let third = try await folder.stage(
                [Self.cells(4, "a", "x"), Self.cells(4, "b", "x")], schema: wide, into: target,
                intent: .test(load: .test(since: "4")))
            #expect(third.rows.inserted == 1)
        }
    }

    /// Once a column is known, NULL in it is a value like any other.
    @Test func addsARowWhoseNullBecameAValue() async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .append)
            let schema = Self.fields("c", "s")
            for (text, since) in [(nil, nil), ("a", "1")] as [(String?, String?)] {
                try await folder.stage(
                    [Self.cells(1, text)], schema: schema, into: target, intent: .test(load: .test(since: since)))
            }
            #expect(try folder.read("SELECT * FROM results") == ["1|NULL", #"1|"a""#])
        }
    }
}

/// Names in SQL.
enum SQLiteNames {
    static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }
}
