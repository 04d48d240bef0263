import BigQueryRows
import SQLiteStaging
import Testing

@Suite struct ControlTablesTests {
    @Test func refusesAFileOfANewerVersion() async throws {
        try await StagingFolder.with { folder in
            try await folder.stage([], schema: .numbers)
            try folder.execute("UPDATE _bqpull_meta SET value = value + 1 WHERE key = 'version'")
            let error = await #expect(throws: StagingError.self) {
                _ = try await StagingDatabase.open(folder.target())
            }
            #expect(error?.code == .databaseUnusable)
            #expect(error?.message.contains("newer") == true)
        }
    }

    static let impostors = [
        "CREATE TABLE _bqpull_runs (x)", "CREATE TABLE _bqpull_meta (key, value)",
        "CREATE VIEW _bqpull_meta AS SELECT 'version' AS key, 1 AS value",
        "CREATE TABLE _BQPull_mine (x)", "CREATE VIEW _bqpull_v AS SELECT 1",
    ]

    @Test(arguments: impostors) func refusesObjectsThatOnlyLookLikeOurs(_ sql: String) async throws {
        try await StagingFolder.with { folder in
            try folder.execute(sql)
            let before = try folder.read("SELECT sql FROM sqlite_master")
            try await expectCode(.databaseUnusable) { _ = try await StagingDatabase.open(folder.target()) }
            #expect(try folder.read("SELECT sql FROM sqlite_master") == before)
        }
    }

    @Test func refusesTriggersOnItsRecords() async throws {
        try await StagingFolder.with { folder in
            try await folder.stage([], schema: .numbers)
            try folder.execute(
                "CREATE TRIGGER spy AFTER INSERT ON _bqpull_runs BEGIN DELETE FROM _bqpull_runs; END")
            try await expectCode(.databaseUnusable) { _ = try await StagingDatabase.open(folder.target()) }
        }
    }

    @Test func leavesTheUsersVersionAlone() async throws {
        try await StagingFolder.with { folder in
            try folder.execute("PRAGMA user_version = 7; PRAGMA application_id = 8; CREATE TABLE t (n)")
            try await folder.stage([], schema: .numbers)
            #expect(try folder.read("PRAGMA user_version") == ["7"])
            #expect(try folder.read("PRAGMA application_id") == ["8"])
        }
    }
}
