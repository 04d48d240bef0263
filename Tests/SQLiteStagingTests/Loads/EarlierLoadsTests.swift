import BigQueryRows
import Foundation
import TestSupport
import Testing

@testable import SQLiteStaging

/// The loads of files that versions without loads have written.
@Suite struct EarlierLoadsTests {
    typealias Run = EarlierFormat.Run

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var runs: [Run]
        var table = "CREATE TABLE results (N INTEGER); INSERT INTO results VALUES (10), (20), (NULL);"
        /// The mark of the load `results`; `nil` if there is no load.
        var mark: String?
        var runID: String?
        /// The row IDs recorded with its last run.
        var rowIDs: String = "NULL|NULL"
        /// The commands whose marks are not assigned, with the region of each.
        var unassigned: [String] = []
        var hasRowsWithoutLoad = false
    }

    private static let first = Run(runID: "a", watermark: "10", rows: 2, tableRows: 2, madeTable: true)
    private static let second = Run(runID: "b", watermark: "20", tableRows: 3)

    static let cases = [
        Case(testDescription: "one command", runs: [first, second], mark: "20", runID: "b", rowIDs: "1|3"),
        Case(
            testDescription: "a run without rows",
            runs: [first, second, Run(runID: "c", watermark: "20", rows: 0, tableRows: 3)], mark: "20", runID: "c",
            rowIDs: "1|3"),
        Case(
            testDescription: "two commands",
            runs: [first, Run(runID: "b", region: "us", watermark: "20", tableRows: 3)],
            unassigned: ["eu 10", "us 20"], hasRowsWithoutLoad: true),
        Case(
            testDescription: "a plain run before",
            runs: [
                Run(runID: "p", column: nil, tableRows: 1, madeTable: true),
                Run(runID: "a", watermark: "10", tableRows: 2), second,
            ], mark: "20", runID: "b"),
        Case(
            testDescription: "a plain run afterwards",
            runs: [
                first, Run(runID: "b", watermark: "10", rows: 0, tableRows: 2),
                Run(runID: "p", column: nil, tableRows: 3),
            ],
            mark: "10", runID: "b", hasRowsWithoutLoad: true),
        Case(
            testDescription: "an empty plain run afterwards",
            runs: [first, second, Run(runID: "p", column: nil, rows: 0, tableRows: 3)], mark: "20", runID: "b",
            rowIDs: "1|3"),
        Case(
            testDescription: "rows of another program", runs: [first, Run(runID: "b", watermark: "20", tableRows: 2)],
            mark: "20", runID: "b", hasRowsWithoutLoad: true),
        Case(
            testDescription: "another command before the table was replaced",
            runs: [
                Run(runID: "us", region: "us", watermark: "99", tableRows: 5), first, second,
            ], mark: "20", runID: "b", rowIDs: "1|3"),
        Case(
            testDescription: "a replaced table",
            runs: [first, second, Run(runID: "p", column: nil, rows: 3, tableRows: 3, madeTable: true)],
            hasRowsWithoutLoad: true),
        Case(testDescription: "no table", runs: [first, second], table: ""),
        Case(
            testDescription: "no value",
            runs: [Run(runID: "a", watermark: nil, rows: 3, tableRows: 3, madeTable: true)],
            runID: "a", rowIDs: "1|3"),
        Case(
            testDescription: "a mark of another type",
            runs: [Run(runID: "a", watermark: "x", rows: 3, tableRows: 3, madeTable: true)], unassigned: ["eu x"],
            hasRowsWithoutLoad: true),
        Case(
            testDescription: "a primary key", runs: [first, second],
            table: "CREATE TABLE results (N INTEGER PRIMARY KEY); INSERT INTO results VALUES (1), (10), (20);",
            mark: "20", runID: "b"),
    ]

    private func check(_ test: Case, _ folder: StagingFolder) async throws {
        let state = try await folder.loadState()
        #expect(state.record?.highWaterMark == test.mark)
        #expect(state.record?.runID == test.runID)
        let regions = ["eu", "us"]
        let unassigned = state.unassigned.map { load in
            "\(regions.first { load.parameters == Run(runID: "", region: $0).parameters } ?? "?") \(load.highWaterMark ?? "")"
        }
        #expect(unassigned == test.unassigned)
        #expect(state.unassigned.allSatisfy { $0.sql == "SELECT n" })
        #expect(state.hasRowsWithoutLoad == test.hasRowsWithoutLoad)
        let loads = try await LoadLog.read(path: folder.path)
        #expect(loads.count == (test.runID == nil ? 0 : 1))
        guard let load = loads.first, let record = state.record else { return }
        #expect(load.name == "results" && load.table == "results" && load.isStarted && load.sql == "SELECT n")
        #expect(load.incrementalColumn == "N" && load.type == .int64 && load.project == "p")
        #expect(load.parameters == Run(runID: "").parameters && load.ifExists == .append)
        #expect(record.columns == [.init(name: "N")])
    }

    /// The file says the same before and after its migration.
    @Test(.faults("L26"), arguments: cases, [2, 3]) func haveTheMarkOfASingleCommand(_ test: Case, version: Int)
        async throws
    {
        var test = test
        if version < 3, test.testDescription == "rows of another program" {
            // Without the number of rows in the table, they are not detected.
            (test.rowIDs, test.hasRowsWithoutLoad) = ("1|3", false)
        }
        try await StagingFolder.with { folder in
            try folder.execute(EarlierFormat.sql(version: version, test.runs) + test.table)
            let before = try Data(contentsOf: URL(filePath: folder.path))
            try await check(test, folder)
            #expect(try Data(contentsOf: URL(filePath: folder.path)) == before)
            try await StagingDatabase.prepare(folder.target("elsewhere"))
            #expect(try folder.read("SELECT value FROM _bqpull_meta WHERE key = 'version'") == ["4"])
            try await check(test, folder)
            let rowIDs = try folder.read(
                "SELECT first_row_id, last_row_id FROM _bqpull_runs WHERE run_id = '\(test.runID ?? "")'")
            #expect(rowIDs == (test.runID == nil ? [] : [test.rowIDs]))
        }
    }

    @Test func continueWithTheNextRun() async throws {
        try await StagingFolder.with { folder in
            try folder.execute(EarlierFormat.sql(version: 3, Self.cases[0].runs) + Self.cases[0].table)
            let outcome = try await folder.publish([25], .load(since: "20"))
            #expect(outcome?.previousMark == "20" && outcome?.mark == "25")
            #expect(try await !folder.loadState().hasRowsWithoutLoad)
        }
    }

    @Test func assignMarksOnRequest() async throws {
        try await StagingFolder.with { folder in
            let test = try #require(Self.cases.first { $0.testDescription == "two commands" })
            try folder.execute(EarlierFormat.sql(version: 3, test.runs) + test.table)
            try await folder.publish([11], .load("eu", since: "10", isReplaced: true, adoptsRows: true))
            #expect(try await folder.loadState(of: "eu").unassigned.isEmpty)
            #expect(try await folder.loadState(of: "us").unassigned.count == 2)
        }
    }

    @Test(arguments: ["running", "interrupted", "failed"]) func dropUnfinishedRuns(_ state: String) async throws {
        try await StagingFolder.with { folder in
            let unfinished = Run(runID: "i", watermark: nil, rows: 0, state: state)
            let plain = Run(runID: "p", column: nil, rows: 0, state: state)
            try folder.execute(EarlierFormat.sql(version: 3, [unfinished, plain]))
            let expected: RecordedRun.State = state == "failed" ? .failed : .discarded
            #expect(try await RunLog.read(path: folder.path).first?.state == expected)
            let database = try await StagingDatabase.open(folder.target("results", .append))
            try await expectCode(.noRun) { _ = try await database.run(id: "i") }
            try await database.close()
            try await StagingDatabase.prepare(folder.target("elsewhere"))
            #expect(
                try folder.read("SELECT state FROM _bqpull_runs WHERE run_id IN ('i', 'p') ORDER BY rowid").first
                    == "\"\(expected.rawValue)\"")
            #expect(
                try folder.read("SELECT name FROM sqlite_master WHERE name LIKE '%rows%' ORDER BY name")
                    == ["\"_bqpull_rows_p\""])
        }
    }

    /// A column that the first runs did not have.
    @Test func haveColumnsThatWereAdded() async throws {
        try await StagingFolder.with { folder in
            let schema = #"{"fields":[{"name":"s","type":"STRING"},{"name":"N","type":"INT64"}]}"#
            var second = Self.second
            second.schema = schema
            try folder.execute(
                EarlierFormat.sql(version: 3, [Self.first, second]) + "CREATE TABLE results (N INTEGER, s TEXT)")
            let record = try #require(try await folder.loadState().record)
            #expect(record.columns == [.init(name: "N"), .init(name: "s", above: "10")])
        }
    }
}
