import BigQueryRows
import Foundation
import GRDB
import SQLiteStaging
import TestSupport
import Testing

@Suite struct WriteAheadLogTests {
    /// Appends pages of a little more than 4 MB.
    private func append(_ pages: Range<Int>, to run: StagingRun) async throws {
        let row = [CellValue.integer(1), .text(String(repeating: "x", count: 40_000))]
        for page in pages {
            try await run.append(RowPage(firstRow: page * 100, columns: 2, Array(repeating: row, count: 100)))
        }
    }

    /// The size of the database or of its log in bytes.
    private func size(of folder: StagingFolder, log: Bool) throws -> Int {
        let file = folder.path + (log ? "-wal" : "")
        let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
        return try #require(size)
    }

    @Test func isWrittenBackOnceItIsLarge() async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target()) { run in
                try await run.begin(.pairs)
                try await append(0..<3, to: run)
                #expect(try size(of: folder, log: false) < 1_000_000)
                try await append(3..<12, to: run)
                #expect((16_000_000..<25_000_000).contains(try size(of: folder, log: true)))
                #expect(try size(of: folder, log: false) > 28_000_000)
                try await run.finish()
            }
            #expect(try folder.read("SELECT count(*), sum(length(s)) FROM results") == ["1200|48000000"])
        }
    }

    @Test func doesNotWaitForReaders() async throws {
        try await StagingFolder.with { folder in
            try folder.execute("CREATE TABLE results (n INTEGER, s TEXT)")
            try await folder.withRun(folder.target("results", .replace)) { run in
                try await run.begin(.pairs)
                let reader = try folder.connect()
                _ = try StagingFolder.read("BEGIN", reader)
                #expect(try StagingFolder.read("SELECT count(*) FROM results", reader) == ["0"])
                try await append(0..<9, to: run)
                #expect(try size(of: folder, log: false) < 1_000_000)
                #expect(try size(of: folder, log: true) > 36_000_000)
                try reader.close()
                try await append(9..<14, to: run)
                #expect(try size(of: folder, log: false) > 36_000_000)
                try await run.finish()
            }
            #expect(try folder.files == ["staging.db"])
        }
    }

    /// A failed sync is not retried, and nothing is published after it.
    @Test func isAbandonedWhenTheDiskFails() async throws {
        try await StagingFolder.with { folder in
            // Without time, only checkpoints sync.
            var options = StagingOptions()
            options.clock = ManualClock()
            try await FaultyDisk.with(folder) { disk in
                try await folder.withRun(folder.target(), options) { run in
                    try await run.begin(.pairs)
                    disk.fail(DiskFault(operation: .sync), at: disk.count(.sync) + 1)
                    try await expectCode(.io) { try await append(0..<6, to: run) }
                    #expect(disk.faultsMet == 1)
                    let syncs = disk.count(.sync)
                    #expect(try folder.read("SELECT rows FROM _bqpull_runs") == ["\(run.rowsWritten)"])
                    try await expectCode(.io) { try await run.finish() }
                    try await run.stop(error: "the disk is broken", canContinue: true)
                    #expect(disk.count(.sync) == syncs)
                }
                #expect(try folder.files.contains("staging.db-wal"))
                #expect(try folder.read("SELECT state FROM _bqpull_runs") == ["\"interrupted\""])
            }
        }
    }
}
