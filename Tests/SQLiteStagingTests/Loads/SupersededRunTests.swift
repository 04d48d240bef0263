import Testing

@testable import SQLiteStaging

/// The unfinished runs that a new run or a publication drops.
@Suite struct SupersededRunTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// The published run, and whether it replaces the table.
        var intent: @Sendable () -> StagingIntent
        var replaces = false
        /// The runs that it supersedes.
        var superseded: [String]
    }

    static let cases = [
        Case(testDescription: "a plain run", intent: { plain("new") }, superseded: ["plain"]),
        Case(
            testDescription: "another range of the load",
            intent: { .load("A", runID: "new", command: "February", since: "1", until: "2", isReplaced: true) },
            superseded: ["a"]),
        Case(testDescription: "another load", intent: { .load("c", runID: "new") }, superseded: []),
        Case(
            testDescription: "a replacement", intent: { plain("new") }, replaces: true,
            superseded: ["a", "b", "plain"]),
    ]

    /// Publishing a run of a load leaves the runs of other loads.
    @Test(arguments: cases) func areThoseOfTheSameLoad(_ test: Case) async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([1], .load("a"))
            try await folder.interrupt(.load("a", runID: "a", since: "1"))
            try await folder.interrupt(.load("b", runID: "b"))
            try await folder.interrupt(plain("plain"))
            try await folder.interrupt(plain("elsewhere"), into: folder.target("other", .append))
            let target = folder.target("results", test.replaces ? .replace : .append)
            let outcome = try #require(try await folder.publish([1], test.intent(), into: target))
            #expect(outcome.supersededRuns.map(\.intent.runID).sorted() == test.superseded)
            #expect(outcome.supersededRuns.allSatisfy { $0.state == .superseded && $0.rows == 1 })
            let states = try await folder.states()
            for run in ["a", "b", "plain"] {
                #expect(states[run] == (test.superseded.contains(run) ? .superseded : .interrupted), "\(run)")
            }
            #expect(states["elsewhere"] == .interrupted && states["new"] == .published)
            let hidden = try folder.read(
                "SELECT count(*) FROM sqlite_master WHERE name LIKE '\\_bqpull\\_rows%' ESCAPE '\\'")
            #expect(hidden == ["\(4 - test.superseded.count)"])
        }
    }

    @Test func includeTheRowsOfFailedRuns() async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([1], .load())
            try await folder.withRun(
                folder.target("results", .append), intent: .load(runID: "failed", command: "c", since: "1")
            ) { run in
                try await run.begin(.numbers)
                try await run.stop(error: "", canContinue: false)
            }
            let outcome = try await folder.publish([2], .load(since: "1"))
            #expect(outcome?.supersededRuns.map(\.intent.runID) == ["failed"])
            #expect(try await folder.states()["failed"] == .failed)
            #expect(try folder.read("SELECT name FROM sqlite_master WHERE name LIKE '%rows%'") == [])
        }
    }

    struct Change: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var sql = "SELECT 1"
        var parameters = "[]"
        var name = "a"
        var isDropped: Bool
    }

    static let changes = [
        Change(testDescription: "other bounds", isDropped: false),
        Change(testDescription: "another query", sql: "SELECT 2", isDropped: true),
        Change(testDescription: "other parameters", parameters: "[1]", isDropped: true),
        Change(testDescription: "another load", sql: "SELECT 2", name: "b", isDropped: false),
    ]

    @Test(arguments: changes) func areThoseOfAnotherQueryOfTheLoad(_ change: Change) async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([1], .load("a"))
            try await folder.interrupt(.load("a", runID: "old", command: "old", since: "1"))
            let intent = StagingIntent.load(
                change.name, runID: "new", command: "new", sql: change.sql, parameters: change.parameters, since: "1")
            try await folder.withRun(folder.target("results", .append), intent: intent) { run in
                #expect(run.dropped.map(\.intent.runID) == (change.isDropped ? ["old"] : []))
                #expect(run.resetLoads == [])
            }
            #expect(try await folder.states()["old"] == (change.isDropped ? .discarded : .interrupted))
        }
    }
}
