import BigQueryRows
import Foundation
import GRDB
import SQLiteStaging
import TestSupport
import Testing

@Suite struct CellStorageTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let type: FieldType
        let cell: CellValue
        let storage: String
        var testDescription: String { "\(type.name) \(String(describing: cell).prefix(40))" }

        init(_ type: FieldType, _ cell: CellValue, _ storage: String) {
            (self.type, self.cell, self.storage) = (type, cell, storage)
        }
    }

    static let cases = [
        Case(.int64, .integer(0), "integer"),
        Case(.int64, .integer(.min), "integer"),
        Case(.int64, .integer(.max), "integer"),
        Case(.int64, .null, "null"),
        Case(.bool, .integer(1), "integer"),
        Case(.float64, .double(0.1), "real"),
        Case(.float64, .double(3), "real"),
        Case(.float64, .double(9_007_199_254_740_994), "real"),
        Case(.float64, .double(.greatestFiniteMagnitude), "real"),
        Case(.float64, .double(.leastNonzeroMagnitude), "real"),
        Case(.float64, .double(.infinity), "real"),
        Case(.float64, .double(-.infinity), "real"),
        Case(.float64, .text("NaN"), "text"),
        Case(.float64, .null, "null"),
        Case(.numeric, .text("00012345678901234567890.10"), "text"),
        Case(.bignumeric, .text("-1e0"), "text"),
        Case(.string, .text(""), "text"),
        Case(.string, .text("12"), "text"),
        Case(.string, .text("a\u{0}b\u{0}"), "text"),
        Case(.string, .text("naïve 👩‍👩‍👧‍👦 e\u{301}"), "text"),
        Case(.string, .text(String(repeating: "long ", count: 2_000_000)), "text"),
        Case(.timestamp, .text("2015-01-01T00:00:00.000000Z"), "text"),
        Case(.date, .text("2015-01-01"), "text"),
        Case(.json, .text("1"), "text"),
        Case(.unknown("NEW"), .text("1.0"), "text"),
        Case(.bytes, .blob([]), "blob"),
        Case(.bytes, .blob([0, 255, 0]), "blob"),
        Case(.bytes, .blob([0x31]), "blob"),
        Case(.structure, .text("{\"a\":1}"), "text"),
    ]

    @Test(.faults("P14"), arguments: cases) func storesCellsExactly(_ example: Case) async throws {
        try await StagingFolder.with { folder in
            let schema = TableSchema(fields: [.init(name: "c", type: example.type)])
            try await folder.stage([[example.cell]], schema: schema)
            let stored = try folder.connect().read { db in
                try Row.fetchOne(
                    db,
                    sql: """
                        SELECT typeof(c), CASE typeof(c) WHEN 'text' THEN CAST(c AS BLOB) ELSE c END
                        FROM results
                        """)
            }
            let row = try #require(stored)
            #expect(row[0] == example.storage)
            let value: DatabaseValue = row[1]
            switch (example.cell, value.storage) {
            case (.null, .null): break
            case (.integer(let expected), .int64(let found)): #expect(found == expected)
            case (.double(let expected), .double(let found)):
                #expect(found.bitPattern == expected.bitPattern)
            case (.text(let expected), .blob(let found)): #expect(found == Data(expected.utf8))
            case (.blob(let expected), .blob(let found)): #expect(found == Data(expected))
            default: Issue.record("stored \(value)")
            }
        }
    }

    /// The only number that SQLite's file format does not have.
    @Test func storesNegativeZeroAsZero() async throws {
        try await StagingFolder.with { folder in
            let schema = TableSchema(fields: [.init(name: "c", type: .float64)])
            try await folder.stage([[.double(-0.0)]], schema: schema)
            #expect(try folder.read("SELECT printf('%+.1f', c) FROM results") == ["\"+0.0\""])
        }
    }

    @Test(arguments: [TableSchema.Mode.nullable, .required, .repeated])
    func declaresOneOfFourTypes(_ mode: TableSchema.Mode) async throws {
        let types: [(FieldType, String)] = [
            (.int64, "INTEGER"), (.bool, "INTEGER"), (.float64, "REAL"), (.bytes, "BLOB"),
            (.numeric, "TEXT"), (.bignumeric, "TEXT"), (.string, "TEXT"), (.json, "TEXT"),
            (.geography, "TEXT"), (.date, "TEXT"), (.time, "TEXT"), (.datetime, "TEXT"),
            (.timestamp, "TEXT"), (.interval, "TEXT"), (.range, "TEXT"), (.structure, "TEXT"),
            (.unknown("NEW"), "TEXT"),
        ]
        try await StagingFolder.with { folder in
            let fields = types.enumerated().map { TableSchema.Field(name: "c\($0)", type: $1.0, mode: mode) }
            try await folder.stage([], schema: TableSchema(fields: fields))
            #expect(
                try folder.read("SELECT type FROM pragma_table_info('results')")
                    == types.map { mode == .repeated ? "\"TEXT\"" : "\"\($0.1)\"" })
        }
    }

    @Test func readsEveryCellOfEveryPage() async throws {
        try await StagingFolder.with { folder in
            let rows: [[CellValue]] = (0..<1000).map {
                [.integer($0), $0 % 3 == 0 ? .null : .text("row \($0)")]
            }
            try await folder.stage(rows, schema: .pairs, rowsPerPage: 7)
            #expect(
                try folder.read("SELECT n, s FROM results ORDER BY rowid")
                    == (0..<1000).map { "\($0)|\($0 % 3 == 0 ? "NULL" : "\"row \($0)\"")" })
        }
    }
}
