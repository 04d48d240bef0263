import GRDB
import Testing

@testable import SQLiteStaging

@Suite struct StagingConnectionTests {
    static let settings = [
        "trusted_schema": 0, "secure_delete": 0, "foreign_keys": 0, "legacy_alter_table": 1, "synchronous": 1,
    ]

    @Test(arguments: settings) func setsUpItsConnection(_ setting: (key: String, value: Int)) async throws {
        try await StagingFolder.with { folder in
            let (connection, _) = try await StagingConnection.open(path: folder.path, .lockTimeout(.zero)) { _ in }
            try await connection.prepareForRuns()
            let value = try await connection.write { try Int.fetchOne($0, sql: "PRAGMA \(setting.key)") }
            #expect(value == setting.value)
            try await connection.close()
        }
    }

    @Test func enablesDefensiveMode() async throws {
        try await StagingFolder.with { folder in
            let (connection, _) = try await StagingConnection.open(path: folder.path, .lockTimeout(.zero)) { _ in }
            try await connection.prepareForRuns()
            try await expectCode(.unexpected) {
                try await connection.write { db in
                    try db.execute(sql: "PRAGMA writable_schema = ON; DELETE FROM sqlite_master")
                }
            }
            try await connection.close()
        }
    }
}
