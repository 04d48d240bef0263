import Testing

@testable import SQLiteStaging

/// Rows that belong to no load would be added again by an incremental append.
@Suite struct RowsWithoutLoadTests {
    /// What happens to the table.
    enum Event: Sendable {
        case load(String, [Int64?], since: String? = nil, adoptsRows: Bool = false)
        case plain([Int64?], StagingTarget.ExistingTable)
        case sql(String)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var events: [Event]
        var isFound: Bool
    }

    static let cases = [
        Case(testDescription: "no table", events: [], isFound: false),
        Case(
            testDescription: "an empty table of the user", events: [.sql("CREATE TABLE results (n INTEGER)")],
            isFound: false),
        Case(
            testDescription: "the user's rows",
            events: [.sql("CREATE TABLE results (n INTEGER); INSERT INTO results VALUES (1)")], isFound: true),
        Case(testDescription: "a plain append", events: [.plain([1], .append)], isFound: true),
        Case(testDescription: "an empty plain append", events: [.plain([], .append)], isFound: false),
        Case(testDescription: "its own rows", events: [.load("a", [1]), .load("a", [2], since: "1")], isFound: false),
        Case(testDescription: "rows of another load", events: [.load("a", [1]), .load("b", [2])], isFound: false),
        Case(testDescription: "only another load", events: [.load("b", [2])], isFound: false),
        Case(testDescription: "a later plain append", events: [.load("a", [1]), .plain([2], .append)], isFound: true),
        Case(
            testDescription: "a later append without rows", events: [.load("a", [1]), .plain([], .append)],
            isFound: false),
        Case(
            testDescription: "rows added later",
            events: [.load("a", [1]), .sql("INSERT INTO results VALUES (2)")], isFound: true),
        Case(
            testDescription: "rows deleted later",
            events: [.load("a", [1, 2]), .sql("DELETE FROM results WHERE n = 1")], isFound: false),
        Case(
            testDescription: "rows added before another load",
            events: [.load("a", [1]), .sql("INSERT INTO results VALUES (2)"), .load("b", [3])], isFound: true),
        Case(
            testDescription: "rows deleted before another load",
            events: [.load("a", [1, 2]), .sql("DELETE FROM results"), .load("b", [3])], isFound: false),
        Case(
            testDescription: "adopted rows",
            events: [.plain([1], .append), .load("a", [2], since: "2", adoptsRows: true)], isFound: false),
        Case(
            testDescription: "rows of the user before another load",
            events: [
                .sql("CREATE TABLE results (n INTEGER); INSERT INTO results VALUES (1)"),
                .load("b", [2], since: "2", adoptsRows: true),
            ], isFound: true),
        Case(
            testDescription: "a plain replacement", events: [.load("a", [1]), .plain([2], .replace)], isFound: true),
        Case(
            testDescription: "rows before a replacement",
            events: [.plain([1], .append), .load("b", [2]), .plain([], .replace)], isFound: false),
        Case(
            testDescription: "rows before the table was dropped",
            events: [.plain([1], .append), .sql("DROP TABLE results"), .load("b", [2])], isFound: false),
    ]

    @Test(arguments: cases) func areFound(_ test: Case) async throws {
        try await StagingFolder.with { folder in
            for (index, event) in test.events.enumerated() {
                switch event {
                case .load(let name, let values, let since, let adoptsRows):
                    try await folder.publish(values, .load(name, since: since, adoptsRows: adoptsRows))
                case .plain(let values, let ifExists):
                    try await folder.publish(values, plain("\(index)"), into: folder.target("results", ifExists))
                case .sql(let sql): try folder.execute(sql)
                }
            }
            #expect(try await folder.loadState(of: "a").hasRowsWithoutLoad == test.isFound)
        }
    }

    /// An interrupted run of one load can be published after a later run of another.
    @Test func areCountedInTheOrderOfPublication() async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([1], .load("a", runID: "a1"))
            try await folder.interrupt(.load("a", runID: "a2", since: "1"))
            try await folder.publish([2, 3], .load("b", runID: "b1"))
            #expect(try await folder.states()["a2"] == .interrupted)
            try await folder.resume("a2")
            #expect(
                try folder.read("SELECT run_id FROM _bqpull_runs ORDER BY publication")
                    == ["\"a1\"", "\"b1\"", "\"a2\""])
            #expect(try await !folder.loadState(of: "a").hasRowsWithoutLoad)
            #expect(try await !folder.loadState(of: "b").hasRowsWithoutLoad)
            try folder.execute("INSERT INTO results VALUES (4)")
            #expect(try await folder.loadState(of: "a").hasRowsWithoutLoad)
        }
    }
}
