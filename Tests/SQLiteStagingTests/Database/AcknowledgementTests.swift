import BigQueryRows
import Foundation
import SQLiteStaging
import TestSupport
import Testing

@Suite struct AcknowledgementTests {
    /// Publishes a run without acknowledging it.
    private func publish(
        in folder: StagingFolder, _ ifExists: StagingTarget.ExistingTable? = .append, command: String = "test",
        _ values: [Int64] = [1]
    ) async throws {
        try await folder.stage(
            values.map { [.integer($0)] }, schema: .numbers, into: folder.target("results", ifExists),
            intent: .test(command: command))
    }

    private func find(
        in folder: StagingFolder, _ ifExists: StagingTarget.ExistingTable? = .append, command: String = "test",
        window: Duration = .seconds(600), at date: Date = Date()
    ) async throws -> RecordedRun? {
        let database = try await StagingDatabase.open(folder.target("results", ifExists))
        let run = try await database.unacknowledgedRun(of: command, within: window, of: date)
        try await database.close()
        return run
    }

    @Test(.faults("L33")) func isPendingUntilItIsRecorded() async throws {
        try await StagingFolder.with { folder in
            try await publish(in: folder)
            let run = try #require(try await find(in: folder))
            #expect(run.awaitsAcknowledgement && run.tableRows == 1)
            #expect(try await RunLog.read(path: folder.path).map(\.isAcknowledged) == [false])
            let database = try await StagingDatabase.open(folder.target("results", .append))
            try await database.acknowledge(run.intent.runID)
            try await database.close()
            #expect(try await find(in: folder) == nil)
            #expect(try await RunLog.read(path: folder.path).map(\.isAcknowledged) == [true])
            #expect(try folder.files == ["staging.db"])
        }
    }

    struct Change: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var sql = ""
        var isFound = false
    }

    static let changes = [
        Change(testDescription: "nothing", isFound: true),
        Change(testDescription: "another table", sql: "CREATE TABLE mine (n)", isFound: true),
        Change(testDescription: "a row more", sql: "INSERT INTO results VALUES (2)"),
        Change(testDescription: "a row fewer", sql: "DELETE FROM results"),
        Change(testDescription: "no table", sql: "DROP TABLE results"),
    ]

    @Test(.faults("L33"), arguments: changes) func isPendingOnlyWhileTheTableIsUnchanged(_ change: Change) async throws
    {
        try await StagingFolder.with { folder in
            try await publish(in: folder)
            try folder.execute(change.sql)
            #expect((try await find(in: folder) != nil) == change.isFound)
        }
    }

    @Test func isImpliedByALaterPublication() async throws {
        try await StagingFolder.with { folder in
            try await publish(in: folder)
            try await publish(in: folder, command: "other")
            #expect(try await find(in: folder) == nil)
            #expect(try await find(in: folder, command: "other")?.tableRows == 2)
            #expect(try await RunLog.read(path: folder.path).map(\.isAcknowledged) == [true, false])
        }
    }

    /// After the clock was set back, a run is found only for `append`, where another run would duplicate rows.
    @Test(
        .faults("L25"),
        arguments: [(.append, true), (.replace, false), (nil, false)] as [(StagingTarget.ExistingTable?, Bool)])
    func isPendingWithinTheWindow(_ ifExists: StagingTarget.ExistingTable?, isFoundInThePast: Bool) async throws {
        try await StagingFolder.with { folder in
            try await publish(in: folder, ifExists)
            let end = try #require(try await RunLog.read(path: folder.path).first?.finishedAt)
            for (later, isFound) in [(0.0, true), (590, true), (610, false), (-100, isFoundInThePast)] {
                #expect((try await find(in: folder, ifExists, at: end + later) != nil) == isFound, "\(later)")
            }
            #expect(try await find(in: folder, ifExists, window: .zero) == nil)
            #expect(try await find(in: folder, ifExists, window: .zero, at: end - 100) == nil)
        }
    }

    @Test func belongsToTheCommand() async throws {
        try await StagingFolder.with { folder in
            try await publish(in: folder)
            #expect(try await find(in: folder, command: "other") == nil)
            #expect(try await find(in: folder, .replace) == nil)
        }
    }
}
