import BigQueryRows
import Foundation
import SQLiteStaging
import Testing

@Suite struct TargetLockTests {
    @Test func allowsOneRunPerTable() async throws {
        try await StagingFolder.with { folder in
            let first = try await StagingDatabase.open(folder.target("Results"))
            let error = await #expect(throws: StagingError.self) {
                _ = try await StagingDatabase.open(folder.target("results"))
            }
            #expect(error?.code == .targetInUse)
            #expect(error?.message.contains("process \(getpid()) is pulling into the table results") == true)
            try await StagingDatabase.open(folder.target("other")).close()
            try await first.close()
            #expect(try folder.files == [])
            try await StagingDatabase.open(folder.target("results")).close()
        }
    }

    @Test func isNotHeldByARejectedDatabase() async throws {
        try await StagingFolder.with { folder in
            try folder.execute("CREATE TABLE results (n)")
            for _ in 1...2 {
                try await expectCode(.targetExists) { _ = try await StagingDatabase.open(folder.target()) }
            }
            #expect(try folder.files == ["staging.db"])
        }
    }

    /// A killed process leaves a file with its ID.
    @Test func isTakenOverFromAKilledProcess() async throws {
        try await StagingFolder.with { folder in
            let database = try await StagingDatabase.open(folder.target())
            let name = try #require(try folder.files.first { $0.contains("-bqpull-") })
            try await database.close()
            try Data("999999\n".utf8).write(to: URL(fileURLWithPath: "\(folder.folder)/\(name)"))
            try await folder.stage([[.integer(1)]], schema: .numbers)
            #expect(try folder.files == ["staging.db"])
        }
    }

    /// Reading the owner of a lock must not prevent another process from taking it.
    @Test func isNotBlockedByReadersOfItsOwner() async throws {
        try await StagingFolder.with { folder in
            try await folder.stage([[.integer(1)]], schema: .numbers)
            try await withThrowingTaskGroup { group in
                for _ in 0..<3 {
                    group.addTask { for _ in 0..<30 { _ = try await RunLog.read(path: folder.path) } }
                }
                group.addTask {
                    for _ in 0..<10 { try await StagingDatabase.open(folder.target()).close() }
                }
                try await group.waitForAll()
            }
        }
    }
}
