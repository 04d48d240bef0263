import BigQueryRows
import GRDB
import SQLiteStaging
import Testing

@Suite struct JournalModeTests {
    @Test(arguments: [nil, "delete", "wal"])
    func restoresTheModeOfTheFile(_ mode: String?) async throws {
        try await StagingFolder.with { folder in
            if let mode {
                try folder.execute(
                    "PRAGMA page_size = 8192; PRAGMA journal_mode = \(mode); CREATE TABLE t (n)")
            }
            for _ in 1...2 {
                try await folder.withRun(folder.target()) { run in
                    #expect(try folder.read("PRAGMA journal_mode") == ["\"wal\""])
                    try await run.begin(.numbers)
                    try await run.finish()
                }
                #expect(try folder.files == ["staging.db"])
                #expect(try folder.read("PRAGMA journal_mode") == ["\"\(mode ?? "delete")\""])
                #expect(try folder.read("SELECT * FROM _bqpull_meta WHERE key = 'journal_mode'") == [])
            }
            if mode != nil { #expect(try folder.read("PRAGMA page_size") == ["8192"]) }
        }
    }

    @Test func keepsWALWhileOthersHaveTheFileOpen() async throws {
        try await StagingFolder.with { folder in
            let database = try await StagingDatabase.open(folder.target())
            let run = try await database.begin(.test())
            try await run.stop(error: "", canContinue: true)
            let other = try folder.connect()
            #expect(try StagingFolder.read("SELECT 1 FROM _bqpull_meta LIMIT 1", other) == ["1"])
            try await database.close()
            #expect(try StagingFolder.read("PRAGMA journal_mode", other) == ["\"wal\""])
            try other.close()
            try await StagingDatabase.open(folder.target()).close()
            #expect(try folder.read("PRAGMA journal_mode") == ["\"delete\""])
        }
    }
}
