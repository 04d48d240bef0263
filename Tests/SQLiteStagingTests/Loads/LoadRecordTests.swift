import BigQueryRows
import Foundation
import Testing

@testable import SQLiteStaging

@Suite struct LoadRecordTests {
    @Test func describesTheLatestRun() async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([5], .load("Orders"))
            let target = folder.target("results", .append, addsColumns: true)
            try await folder.stage(
                [[.integer(8), .text("x")]], schema: .pairs, into: target,
                intent: .load("orders", runID: "second", sql: "SELECT 2", parameters: "[1]", since: "5"))
            let load = try #require(try await LoadLog.read(path: folder.path).first)
            #expect(load.table == "results" && load.ifExists == .append && load.loadColumn == nil)
            #expect(load.incrementalColumn == "n" && load.type == .int64 && load.highWaterMark == "8")
            #expect(load.project == "demo-project" && load.sql == "SELECT 2" && load.parameters == "[1]")
            #expect(load.runID == "second" && load.isStarted)
            #expect(abs(load.updatedAt.timeIntervalSinceNow) < 600)
            // Rows up to 5 can have NULL in the new column.
            #expect(load.columns == [.init(name: "n"), .init(name: "s", above: "5")])
            #expect(try folder.read("SELECT count(*) FROM _bqpull_loads") == ["1"])
        }
    }

    @Test func hasTheLowestBoundIfNoRowHadAValue() async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([nil], .load())
            try await folder.stage(
                [[.integer(8), .text("x")]], schema: .pairs, into: folder.target("results", .append, addsColumns: true),
                intent: .load(includesNulls: false))
            let load = try #require(try await LoadLog.read(path: folder.path).first)
            #expect(load.columns.last == .init(name: "s", above: "-9223372036854775808"))
        }
    }

    @Test func restoresTheIntent() async throws {
        try await StagingFolder.with { folder in
            let intent = StagingIntent.load(
                "orders", runID: "r", parameters: "[1]", type: .date, since: "2024-02-01", until: "2024-03-01",
                includesNulls: true, isReplaced: true, adoptsRows: true)
            var target = folder.target("results", .append, key: ["n"])
            (target.loadColumn, target.loadedAtColumn) = ("source", "loaded_at")
            let schema = TableSchema(fields: [.init(name: "n", type: .date)])
            try await folder.withRun(target, intent: intent) { run in
                #expect(run.recorded.intent.load == intent.load)
                #expect(run.recorded.target == target)
                try await run.begin(schema)
                try await run.stop(error: "", canContinue: true)
            }
            let database = try await StagingDatabase.open(target)
            let run = try await database.continueRun(id: "r")
            #expect(run.recorded.intent.load == intent.load)
            #expect(run.recorded.target == target)
            try await database.close()
        }
    }

    @Test func restoresTheCountsOfAPublication() async throws {
        try await StagingFolder.with { folder in
            let outcome = try #require(try await folder.publish([1, 2], .load()))
            let run = try #require(try await RunLog.read(path: folder.path).first)
            #expect(run.published == outcome.rows)
            #expect(run.published?.inserted == 2 && run.published?.total == 2)
            #expect(run.highestValue == "2")
            try await folder.interrupt(.load(runID: "r", since: "2"))
            #expect(try await RunLog.read(path: folder.path).last?.published == nil)
        }
    }

    // MARK: Replaced tables

    @Test(arguments: [true, false]) func isResetWhenTheTableIsReplaced(byAPlainPull: Bool) async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([7], .load("a"))
            try await folder.publish([8], .load("b"))
            try await folder.interrupt(.load("a", runID: "partial", since: "7"))
            let intent = byAPlainPull ? plain("plain") : StagingIntent.load("A", includesNulls: true)
            let outcome = try #require(try await folder.publish([1], intent, into: folder.target("results", .replace)))
            #expect(outcome.resetLoads == (byAPlainPull ? ["a", "b"] : ["b"]))
            #expect(outcome.supersededRuns.map(\.intent.runID) == ["partial"])
            for load in try await LoadLog.read(path: folder.path) {
                // The name keeps its first spelling.
                let isOwn = !byAPlainPull && load.name == "a"
                #expect(load.highWaterMark == (isOwn ? "1" : nil) && load.isStarted == isOwn, "\(load.name)")
                #expect((load.runID != nil) == isOwn && load.columns.isEmpty == !isOwn, "\(load.name)")
            }
            let state = try await folder.loadState(of: "b")
            #expect(state.record?.runID == nil && state.record?.isStarted == false)
            // Another replacement finds no load to reset.
            let again = try await folder.publish([1], plain("again"), into: folder.target("results", .replace))
            #expect(again?.resetLoads == (byAPlainPull ? [] : ["a"]))
        }
    }

    @Test func isResetWhenARunBeginsWithoutTheTable() async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([7], .load("a"))
            try await folder.publish([8], .load("b"))
            try await folder.publish([9], .load("c", runID: "c"), into: folder.target("other", .append))
            try await folder.interrupt(.load("a", runID: "above", since: "7"))
            try await folder.interrupt(.load("b", runID: "whole", command: "other bounds"))
            try folder.execute("DROP TABLE results")
            let state = try await folder.loadState(of: "a")
            #expect(state.record?.isStarted == false && state.record?.highWaterMark == nil)
            #expect(try await LoadLog.read(path: folder.path).map(\.highWaterMark) == [nil, nil, "9"])
            try await folder.withRun(folder.target("results", .append), intent: .load("b", runID: "b2")) { run in
                #expect(run.resetLoads == ["a"])
                #expect(run.dropped.map(\.intent.runID) == ["above"])
                #expect(run.dropped.map(\.state) == [.superseded])
            }
            let states = try await folder.states()
            #expect(states["above"] == .superseded && states["whole"] == .interrupted)
            let stored = try folder.read("SELECT name, high_water_mark, run_id FROM _bqpull_loads ORDER BY name")
            #expect(stored == ["\"a\"|NULL|NULL", "\"b\"|NULL|NULL", "\"c\"|\"9\"|\"c\""])
        }
    }

    /// Only the rows above the mark would be in the table.
    @Test func isNotPublishedIfTheTableWasDroppedMeanwhile() async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([7], .load())
            try await expectCode(.incomplete) {
                try await folder.withRun(folder.target("results", .append), intent: .load(since: "7")) { run in
                    try await run.begin(.numbers)
                    try folder.execute("DROP TABLE results")
                    try await run.finish()
                }
            }
            #expect(try folder.read("SELECT name FROM sqlite_master WHERE name = 'results'") == [])
        }
    }

    @Test func movesToAnotherTableOnceItsOwnIsGone() async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([7], .load("a"), into: folder.target("old", .append))
            #expect(try await folder.loadState(of: "a").record?.runID != nil)
            try folder.execute("DROP TABLE old")
            #expect(try await folder.loadState(of: "a").record?.runID == nil)
            let outcome = try await folder.publish([3], .load("a"), into: folder.target("new", .append))
            #expect(outcome?.mark == "3" && outcome?.previousMark == nil)
            #expect(try await LoadLog.read(path: folder.path).map(\.table) == ["new"])
        }
    }
}
