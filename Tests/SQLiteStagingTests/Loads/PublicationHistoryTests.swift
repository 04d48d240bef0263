import GRDB
import Testing

@testable import SQLiteStaging

/// The row IDs that distinguish the rows of a load from those without a load.
@Suite struct PublicationHistoryTests {
    private func rowIDs(of load: String, _ folder: StagingFolder) throws -> [ClosedRange<Int64>]? {
        try folder.connect().read { db in
            try PublicationHistory(of: "results", path: folder.path, db).rowIDs(ofRunsOf: load)
        }
    }

    @Test func hasTheRowIDsOfEachRun() async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([1, 2, 3], .load("a"))
            try await folder.publish([4], plain("plain"))
            try await folder.publish([], .load("a", since: "3"))
            try await folder.publish([5, 6], .load("A", since: "3"))
            #expect(try rowIDs(of: "a", folder) == [1...3, 5...6])
            #expect(try rowIDs(of: "b", folder) == [])
        }
    }

    @Test func excludesRowIDsThatLaterRunsUseAgain() async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([1, 2, 3, 4], .load("a"))
            try folder.execute("DELETE FROM results WHERE n > 2")
            try await folder.publish([5], plain("plain"))
            try await folder.publish([6], .load("a", since: "4"))
            #expect(try folder.read("SELECT rowid, n FROM results WHERE n > 2") == ["3|5", "4|6"])
            #expect(try rowIDs(of: "a", folder) == [1...2, 4...4, 4...4])
        }
    }

    @Test func beginsWithTheTable() async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([1, 2, 3], .load("a"))
            try await folder.publish([1], plain("plain"), into: folder.target("results", .replace))
            #expect(try rowIDs(of: "a", folder) == [])
        }
    }

    @Test func doesNotKnowRowIDsThatTheUserAssigns() async throws {
        try await StagingFolder.with { folder in
            try folder.execute("CREATE TABLE results (n INTEGER PRIMARY KEY)")
            try await folder.publish([7], .load("a"))
            #expect(try rowIDs(of: "a", folder) == nil)
        }
    }
}
