import BigQueryRows
import Foundation
import GRDB
import SQLiteStaging
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct LockTests {
    /// Options whose waits of more than a second are elements of the stream.
    private static func reportingWaits(lockTimeout: Duration) -> (StagingOptions, AsyncStream<LockWait>) {
        let (waits, continuation) = AsyncStream<LockWait>.makeStream()
        var options = StagingOptions.lockTimeout(lockTimeout)
        options.onLockWait = { continuation.yield($0) }
        return (options, waits)
    }

    /// Runs `body` while another program holds the write lock.
    private func whileLocked(_ folder: StagingFolder, _ body: () async throws -> Void) async throws {
        let other = try folder.connect()
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        try await body()
        try other.close()
    }

    @Test(.faults("L12")) func failsAfterTheTimeout() async throws {
        try await StagingFolder.with { folder in
            try folder.execute("PRAGMA journal_mode = WAL")
            try await whileLocked(folder) {
                try await expectCode(.busy) {
                    try await StagingDatabase.prepare(folder.target(), .lockTimeout(.milliseconds(30)))
                }
            }
            try await folder.withRun(folder.target(), .lockTimeout(.milliseconds(30))) { run in
                try await run.begin(.numbers)
                let page = RowPage(firstRow: 0, integers: [1])
                try await whileLocked(folder) {
                    try await expectCode(.busy) { try await run.append(page) }
                    try await expectCode(.busy) { try await run.finish() }
                    try await expectCode(.busy) { try await run.stop(error: "", canContinue: true) }
                }
                try await run.append(page)
                try await run.finish()
            }
            #expect(try folder.read("SELECT * FROM results") == ["1"])
        }
    }

    /// SQLite reports that files on some network drives cannot be locked.
    @Test(.faults("L22"), arguments: [true, false])
    func rejectsAFileSystemWithoutLocks(isNew: Bool) async throws {
        try await StagingFolder.with { folder in
            if !isNew { try folder.execute("CREATE TABLE mine (n)") }
            try await FaultyDisk.with(folder) { disk in
                disk.fail(DiskFault(operation: .lock, isLasting: true), at: 1)
                try await expectCode(.databaseUnusable) { try await StagingDatabase.prepare(folder.target()) }
                #expect(disk.faultsMet > 0 && disk.openFiles == 0)
            }
            // The new file stays, since another program can have opened it.
            #expect(try folder.files == ["staging.db"])
            #expect(try folder.read("SELECT name FROM sqlite_master") == (isNew ? [] : ["\"mine\""]))
        }
    }

    /// Without shared memory there is no log, and the file keeps its journal mode.
    @Test(.faults("L22")) func worksWithoutALog() async throws {
        try await StagingFolder.with { folder in
            try await FaultyDisk.with(folder, hasSharedMemory: false) { _ in
                try await folder.withRun(folder.target()) { run in
                    try await run.begin(.numbers)
                    try await run.append(RowPage(firstRow: 0, integers: [1]))
                    #expect(try folder.files.contains { $0.hasSuffix("-wal") } == false)
                    #expect(try folder.read("PRAGMA journal_mode") == ["\"delete\""])
                    try await run.finish()
                }
                #expect(try folder.read("SELECT n FROM results") == ["1"])
            }
            #expect(try folder.files == ["staging.db"])
        }
    }

    /// `EDEADLK`, `ENOLCK` and `EINTR` of a lock in the log result in this code.
    @Test(.faults("L12")) func reportsAFailedLockOfTheLogAsBusy() async throws {
        try await StagingFolder.with { folder in
            try await FaultyDisk.with(folder) { disk in
                try await folder.withRun(folder.target(), .lockTimeout(.zero)) { run in
                    try await run.begin(.numbers)
                    let page = RowPage(firstRow: 0, integers: [1])
                    disk.fail(DiskFault(operation: .lock, code: 15), at: disk.count(.lock) + 1)
                    try await expectCode(.busy) { try await run.append(page) }
                    #expect(disk.faultsMet == 1)
                    try await run.append(page)
                    try await run.finish()
                }
            }
            #expect(try folder.read("SELECT * FROM results") == ["1"])
        }
    }

    /// A reader of a file in rollback mode prevents WAL mode.
    @Test(.faults("L12", "L14"), arguments: ["BEGIN; SELECT * FROM mine", "BEGIN IMMEDIATE"])
    func reportsALongWait(_ sql: String) async throws {
        try await StagingFolder.with { folder in
            try folder.execute("CREATE TABLE mine (n); INSERT INTO mine VALUES (1)")
            let other = try folder.connect()
            _ = try StagingFolder.read(sql.split(separator: "; ")[0] + "", other)
            if sql.contains("SELECT") { _ = try StagingFolder.read("SELECT * FROM mine", other) }
            let (options, waits) = Self.reportingWaits(lockTimeout: .seconds(300))
            let preparing = Task { try await StagingDatabase.prepare(folder.target(), options) }
            let wait = await waits.first { _ in true }
            // Locks of this process are not listed.
            #expect(wait?.path == folder.path && wait?.processes == [])
            try other.close()
            try await preparing.value
        }
    }

    @Test func stopsWaitingWhenCancelled() async throws {
        try await StagingFolder.with { folder in
            // Longer than the time limit of the suite.
            let (options, waits) = Self.reportingWaits(lockTimeout: .seconds(3600))
            try await folder.withRun(folder.target(), options) { run in
                try await run.begin(.numbers)
                try await whileLocked(folder) {
                    let waiting = Task { try await run.append(RowPage(firstRow: 0, integers: [1])) }
                    for await _ in waits { break }
                    waiting.cancel()
                    await #expect(throws: CancellationError.self) { try await waiting.value }
                }
                #expect(run.rowsWritten == 0)
            }
        }
    }

    @Test func doesNotBeginWhenCancelled() async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target()) { run in
                try await run.begin(.numbers)
                let cancelled = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    await #expect(throws: CancellationError.self) {
                        try await run.append(RowPage(firstRow: 0, integers: [1]))
                    }
                    await #expect(throws: CancellationError.self) { try await run.finish() }
                    try await run.stop(error: "cancelled", canContinue: true)
                }
                try await cancelled.value
            }
            #expect(try folder.read("SELECT state, rows FROM _bqpull_runs") == ["\"interrupted\"|0"])
        }
    }

    /// More concurrent waits than threads in the cooperative pool. The lock is released only if no wait blocks one.
    @Test func doesNotBlockTheCooperativePool() async throws {
        try await StagingFolder.with { folder in
            try folder.execute("PRAGMA journal_mode = WAL")
            let other = try folder.connect()
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            let (options, waits) = Self.reportingWaits(lockTimeout: .seconds(3600))
            let count = ProcessInfo.processInfo.activeProcessorCount * 2 + 2
            try await withThrowingTaskGroup { group in
                for number in 0..<count {
                    group.addTask { try await StagingDatabase.prepare(folder.target("t\(number)"), options) }
                }
                group.addTask {
                    for await _ in waits.prefix(count) {}
                    try other.close()
                }
                try await group.waitForAll()
            }
        }
    }
}
