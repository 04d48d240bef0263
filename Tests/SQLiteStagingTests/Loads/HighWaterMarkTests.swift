import BigQueryRows
import Testing

@testable import SQLiteStaging

@Suite struct HighWaterMarkTests {
    struct Step: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var first: [Int64?] = [5, nil, 3]
        var values: [Int64?]
        var since: String?
        var mark: String?
        var leavesGap = false
    }

    static let steps = [
        Step(testDescription: "a higher value", values: [5, 7], since: "5", mark: "7"),
        Step(testDescription: "no rows", values: [], since: "5", mark: "5"),
        Step(testDescription: "lower values", values: [2, 4], since: "2", mark: "5"),
        Step(testDescription: "a bound below the mark", values: [4, 10], since: "4", mark: "10"),
        Step(testDescription: "a bound above the mark", values: [12], since: "9", mark: "5", leavesGap: true),
        Step(testDescription: "no rows above the mark", values: [], since: "9", mark: "5"),
        Step(testDescription: "more digits", first: [9], values: [10], since: "9", mark: "10"),
        Step(testDescription: "negative values", first: [-10], values: [-9], since: "-10", mark: "-9"),
        Step(testDescription: "no mark", first: [nil], values: [4], mark: "4"),
        Step(testDescription: "no mark, and no rows", first: [], values: []),
        Step(testDescription: "no mark, and a bound", first: [nil], values: [6], since: "4", leavesGap: true),
    ]

    @Test(arguments: steps) func movesForwardOnly(_ step: Step) async throws {
        try await StagingFolder.with { folder in
            let first = try #require(try await folder.publish(step.first, .load()))
            let start = step.first.compactMap(\.self).max().map(String.init)
            #expect(first.previousMark == nil && first.mark == start && !first.leavesGap)
            let outcome = try #require(
                try await folder.publish(step.values, .load(since: step.since, includesNulls: false)))
            #expect(outcome.previousMark == start)
            #expect(outcome.mark == step.mark)
            #expect(outcome.leavesGap == step.leavesGap)
            let record = try #require(try await folder.loadState().record)
            #expect(record.highWaterMark == step.mark && record.isStarted)
        }
    }

    /// A first run always sets it, whatever its bounds.
    @Test func isSetByAFirstRun() async throws {
        try await StagingFolder.with { folder in
            let outcome = try await folder.publish([20], .load(since: "15", until: "30", isReplaced: true))
            #expect(outcome?.mark == "20" && outcome?.leavesGap == false)
        }
    }

    static let types: [(FieldType, [String], String)] = [
        (.date, ["2024-02-01", "2024-01-31"], "2024-02-01"),
        (.datetime, ["2024-01-01T00:00:00", "2024-01-01T00:00:00.500000"], "2024-01-01T00:00:00.5"),
        (
            .timestamp, ["2024-01-01T00:00:00.000000Z", "2023-12-31T23:59:59.999999Z"], "2024-01-01T00:00:00.000000Z"
        ),
    ]

    @Test(arguments: types) func isTheHighestValue(_ type: FieldType, _ values: [String], _ mark: String) async throws {
        try await StagingFolder.with { folder in
            try await folder.stage(
                values.map { [.text($0)] }, schema: TableSchema(fields: [.init(name: "N", type: type)]),
                into: folder.target("results", .append), intent: .load(type: type))
            let record = try #require(try await folder.loadState().record)
            #expect(record.highWaterMark == mark && record.type == type)
            let run = try #require(try await RunLog.read(path: folder.path).first)
            #expect(run.highestValue == mark)
        }
    }

    @Test func isNotMovedByAnUnpublishedRun() async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([7], .load())
            try await folder.interrupt(.load(since: "7"))
            #expect(try await folder.loadState().record?.highWaterMark == "7")
        }
    }

    @Test func belongsToTheLoad() async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([7], .load("a"))
            try await folder.publish([3], .load("b"))
            try await folder.publish([99], plain("plain"))
            let state = try await folder.loadState(of: "A")
            #expect(state.record?.highWaterMark == "7")
            #expect(state.others.map(\.name) == ["b"])
            #expect(state.others.map(\.highWaterMark) == ["3"])
            #expect(try await folder.loadState(of: "c").record == nil)
        }
    }

    @Test func needsItsColumnInTheResult() async throws {
        try await StagingFolder.with { folder in
            try await expectCode(.unknownColumn) {
                try await folder.stage(
                    [[.integer(1)]], schema: TableSchema(fields: [.init(name: "other", type: .int64)]),
                    into: folder.target("results", .append), intent: .load())
            }
            #expect(try folder.read("SELECT name FROM sqlite_master WHERE name = 'results'") == [])
            #expect(try await LoadLog.read(path: folder.path).isEmpty)
        }
    }
}
