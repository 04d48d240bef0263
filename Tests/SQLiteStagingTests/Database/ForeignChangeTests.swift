import BigQueryRows
import Foundation
import GRDB
import SQLiteStaging
import TestSupport
import Testing

/// Changes by another program to the rows of a run are detected before they are published.
@Suite struct ForeignChangeTests {
    private func append(_ pages: Range<Int>, to run: StagingRun) async throws {
        for page in pages { try await run.append(RowPage(firstRow: page * 2, integers: [1, 2])) }
    }

    /// Truncates the log to a part of its size.
    private func truncateLog(of folder: StagingFolder, to part: Double) throws {
        let log = folder.path + "-wal"
        let size = try #require(try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int)
        #expect(truncate(log, off_t(Double(size) * part)) == 0)
    }

    enum Moment: CaseIterable {
        case betweenPages, beforePublishing, afterPublishing
    }

    @Test(.faults("L41"), arguments: Moment.allCases, [0, 0.5, 0.99])
    func detectsATruncatedLog(_ moment: Moment, part: Double) async throws {
        try await StagingFolder.with { folder in
            try folder.execute("CREATE TABLE mine (n); INSERT INTO mine VALUES (7)")
            let database = try await StagingDatabase.open(folder.target())
            let run = try await database.begin(.test())
            try await run.begin(.numbers)
            try await append(0..<3, to: run)
            try await expectCode(.corrupt) {
                if moment == .betweenPages { try truncateLog(of: folder, to: part) }
                try await append(3..<5, to: run)
                if moment == .beforePublishing { try truncateLog(of: folder, to: part) }
                try await run.finish()
                if moment == .afterPublishing { try truncateLog(of: folder, to: part) }
                try await database.settle()
            }
            // The log is damaged: closing can fail, too.
            try? await database.close()
            // The file is intact, in an earlier state.
            #expect(try folder.read("PRAGMA integrity_check") == ["\"ok\""])
            #expect(try folder.read("SELECT n FROM mine") == ["7"])
        }
    }

    /// Other programs can run checkpoints and restart the log.
    @Test(arguments: [Database.CheckpointMode.passive, .full, .restart, .truncate])
    func acceptsACheckpoint(_ mode: Database.CheckpointMode) async throws {
        try await StagingFolder.with { folder in
            let database = try await StagingDatabase.open(folder.target())
            let run = try await database.begin(.test())
            try await run.begin(.numbers)
            let other = try folder.connect()
            for page in 0..<6 {
                try await append(page..<page + 1, to: run)
                _ = try await other.writeWithoutTransaction { try $0.checkpoint(mode) }
                if page == 3 {
                    try folder.execute("CREATE TABLE theirs (n); INSERT INTO theirs VALUES (zeroblob(300000))")
                }
            }
            try other.close()
            try await run.finish()
            try await database.settle()
            try await database.close()
            #expect(try folder.read("SELECT count(*) FROM results") == ["12"])
        }
    }

    @Test(.faults("L42"), arguments: ["DELETE FROM hidden WHERE rowid = 2", "INSERT INTO hidden VALUES (9)"])
    func recountsRowsAfterAForeignCommit(_ sql: String) async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target(), intent: .test(runID: "r")) { run in
                try await run.begin(.numbers)
                try await append(0..<2, to: run)
                try folder.execute(sql.replacing("hidden", with: "_bqpull_rows_r"))
                try await append(2..<3, to: run)
                try await expectCode(.incomplete) { try await run.finish() }
            }
            #expect(try folder.read("SELECT name FROM sqlite_master WHERE name = 'results'") == [])
        }
    }

    @Test(.faults("L42")) func detectsRowsThatSQLiteDidNotStore() async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target(), intent: .test(runID: "r")) { run in
                try await run.begin(.numbers)
                try await append(0..<1, to: run)
                try folder.execute(
                    """
                    CREATE TRIGGER t BEFORE INSERT ON _bqpull_rows_r WHEN new.n = 2
                    BEGIN SELECT RAISE(IGNORE); END
                    """)
                try await expectCode(.incomplete) { try await append(1..<2, to: run) }
                #expect(run.rowsWritten == 2)
            }
        }
    }
}
