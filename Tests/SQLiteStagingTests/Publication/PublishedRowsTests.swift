import BigQueryRows
import Foundation
import SQLiteStaging
import Testing

/// The counts and values that a publication reports.
@Suite struct PublishedRowsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let ifExists: StagingTarget.ExistingTable?
        var key: [String] = []
        let rows: [Int64]
        let texts: String
        /// Inserted, updated, unchanged, deleted and total rows.
        let counts: [Int64]
        var testDescription: String { "\(ifExists?.rawValue ?? "default"), \(rows.count) rows" }
    }

    /// The table has the rows 1, 2 and 3 before.
    static let cases = [
        Case(ifExists: nil, rows: [1, 4], texts: "ax", counts: [2, 0, 0, 3, 2]),
        Case(ifExists: .replace, rows: [], texts: "", counts: [0, 0, 0, 3, 0]),
        Case(ifExists: .append, rows: [1, 4], texts: "ax", counts: [2, 0, 0, 0, 5]),
        Case(ifExists: .append, rows: [], texts: "", counts: [0, 0, 0, 0, 3]),
        Case(ifExists: .upsert, key: ["n"], rows: [1, 2, 4], texts: "axx", counts: [1, 1, 1, 0, 4]),
        Case(ifExists: .upsert, key: ["n", "s"], rows: [1, 2], texts: "ax", counts: [1, 0, 1, 0, 4]),
        Case(ifExists: .deleteInsert, key: ["n"], rows: [1, 1, 4], texts: "abx", counts: [3, 0, 0, 1, 5]),
    ]

    @Test(arguments: cases) func areCounted(_ example: Case) async throws {
        try await StagingFolder.with { folder in
            try await folder.stage(
                zip([1, 2, 3], "aaa").map { [.integer($0), .text(String($1))] }, schema: .pairs,
                into: folder.target(key: example.ifExists == .deleteInsert ? [] : example.key))
            let outcome = try await folder.stage(
                zip(example.rows, example.texts).map { [.integer($0), .text(String($1))] }, schema: .pairs,
                into: folder.target("results", example.ifExists, key: example.key))
            let rows = outcome.rows
            #expect([rows.inserted, rows.updated, rows.unchanged, rows.deleted, rows.total] == example.counts)
            #expect(rows.outdated == 0)
            #expect(try folder.read("SELECT count(*) FROM results") == ["\(rows.total)"])
            let recorded = try await RunLog.read(path: folder.path).last?.published
            #expect(recorded == rows)
        }
    }

    @Test func areCountedInANewTable() async throws {
        try await StagingFolder.with { folder in
            let outcome = try await folder.stage(
                [[.integer(1)], [.integer(2)]], schema: .numbers, into: folder.target())
            #expect(outcome.rows.inserted == 2)
            #expect(outcome.rows.deleted == 0)
            #expect(outcome.rows.total == 2)
        }
    }

    /// A mark more than a day ahead is reported with its rows, and the highest value before.
    @Test(arguments: [true, false]) func includeValuesInTheFuture(isAdded: Bool) async throws {
        try await StagingFolder.with { folder in
            let schema = TableSchema(fields: [.init(name: "c", type: .datetime)])
            let target = folder.target("results", .append, loadColumn: isAdded ? "l" : nil)
            func stage(_ values: [String], since: String?) async throws -> PublicationOutcome {
                try await folder.stage(
                    values.map { [.text($0)] }, schema: schema, into: target,
                    intent: .test(load: .test(type: .datetime, since: since)),
                    // 2024-01-01T00:00:00Z
                    now: Date(timeIntervalSince1970: 1_704_067_200))
            }
            let first = try await stage(["2023-12-31T00:00:00", "2024-01-01T23:00:00"], since: nil)
            #expect(first.mark == "2024-01-01T23:00:00")
            #expect(first.rowsInFuture == 0)
            #expect(first.highestPastValue == nil)
            let second = try await stage(["9999-12-31T00:00:00", "2024-01-02T01:00:00"], since: first.mark)
            #expect(second.previousMark == first.mark)
            #expect(second.mark == "9999-12-31T00:00:00")
            #expect(second.rowsInFuture == 2)
            #expect(second.highestPastValue == "2024-01-01T23:00:00")
        }
    }

    @Test func haveNoFutureAsNumbers() async throws {
        try await StagingFolder.with { folder in
            let outcome = try await folder.stage(
                [[.integer(.max)]], schema: .numbers, into: folder.target("results", .append),
                intent: .test(load: .test(column: "n")))
            #expect(outcome.mark == String(Int64.max))
            #expect(outcome.rowsInFuture == 0)
        }
    }

    @Test func recordTheRowIDsOfInsertedRows() async throws {
        try await StagingFolder.with { folder in
            let target = folder.target("results", .upsert, key: ["n"])
            for numbers in [[1, 2], [2, 3, 4], [4]] as [[Int64]] {
                try await folder.stage(numbers.map { [.integer($0)] }, schema: .numbers, into: target)
            }
            #expect(
                try folder.read("SELECT first_row_id, last_row_id FROM _bqpull_runs ORDER BY rowid") == [
                    "1|2", "3|4", "NULL|NULL",
                ])
        }
    }
}
