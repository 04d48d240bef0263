import BigQueryRows
import SQLiteStaging
import Testing

@Suite struct AddedColumnTests {
    private static let wider = TableSchema(fields: [
        .init(name: "x", type: .bytes, mode: .required), .init(name: "n", type: .int64),
        .init(name: "s", type: .string),
    ])

    @Test(arguments: [StagingTarget.ExistingTable.append, .upsert])
    func areAddedIfTheTargetAllowsIt(_ ifExists: StagingTarget.ExistingTable) async throws {
        try await StagingFolder.with { folder in
            let key = ifExists == .upsert ? ["n"] : []
            try await folder.stage([[.integer(1), .text("a")]], schema: .pairs, into: folder.target(key: key))
            let error = await #expect(throws: StagingError.self) {
                try await folder.withRun(
                    folder.target("results", ifExists, key: key), intent: .test(schema: Self.wider)
                ) { _ in }
            }
            #expect(error?.code == .schemaMismatch)
            #expect(error?.message.hasSuffix(": column x BLOB is not in the table") == true)
            #expect(error?.detail == .fixedColumns)

            let target = folder.target("results", ifExists, key: key, addsColumns: true)
            for number in 2...3 as ClosedRange<Int64> {
                try await folder.stage([[.blob([1]), .integer(number), .text("b")]], schema: Self.wider, into: target)
            }
            #expect(
                try folder.read("SELECT n, s, x IS NULL FROM results") == [
                    #"1|"a"|1"#, #"2|"b"|0"#, #"3|"b"|0"#,
                ])
            #expect(
                try folder.read("SELECT column_name, bigquery_type, is_key FROM _bqpull_columns ORDER BY position") == [
                    #""n"|"INT64"|\#(key.count)"#, #""s"|"STRING"|0"#, #""x"|"BYTES"|0"#,
                ])
            // The table is still managed.
            try await folder.stage([[.integer(9)]], schema: .numbers)
            #expect(try folder.read("SELECT * FROM results") == ["9"])
        }
    }

    @Test func doNotAllowOtherDifferences() async throws {
        try await StagingFolder.with { folder in
            for table in ["x BLOB, n INTEGER, s TEXT, more TEXT", "x BLOB, n TEXT"] {
                try folder.execute("DROP TABLE IF EXISTS results; CREATE TABLE results (\(table))")
                try await expectCode(.schemaMismatch) {
                    try await folder.withRun(
                        folder.target("results", .append, addsColumns: true), intent: .test(schema: Self.wider)
                    ) { _ in }
                }
            }
        }
    }

    @Test func areMatchedByNameInAnyOrder() async throws {
        try await StagingFolder.with { folder in
            try folder.execute("CREATE TABLE results (S TEXT, X BLOB, N INTEGER)")
            try await folder.stage([[.blob([7]), .integer(1), .text("a")]], schema: Self.wider, ifExists: .append)
            #expect(try folder.read("SELECT S, hex(X), N FROM results") == [#""a"|"07"|1"#])
        }
    }
}
