#if os(Linux)
import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// A disk too small for the result.
@Suite(
    .serialized, .timeLimit(.minutes(10)),
    .enabled("needs root on Linux, loop devices and ext4") { await LoopDisk.isPossible() })
struct ScarceDiskTests {
    /// The source of the rows.
    enum Source: CaseIterable, Sendable {
        /// A query whose dry run reports the size of the result.
        case wholeTable
        /// A query whose size is known after its first page.
        case someRows
        case tableWithoutQuery

        /// The number of jobs of a pull.
        var jobs: Int { self == .tableWithoutQuery ? 0 : 1 }
    }

    private static let rows = 10_000
    /// The approximate size of the rows, in bytes.
    private static let size = 8_700_000
    /// Far less than that.
    private static let remainder = 3_000_000

    /// A pull into a separate disk.
    private struct Scene: Sendable {
        let home: EmulatorHome
        let disk: LoopDisk
        let folder: String

        var file: String { folder + "/staging.db" }
        var counters: EmulatorCounters { home.emulator.counters }

        static func with(
            _ configuration: EmulatorConfiguration = EmulatorConfiguration(),
            _ test: @Sendable (Scene) async throws -> Void
        ) async throws {
            try await EmulatorHome.with(configuration) { home in
                let folder = home.folder.file("disk")
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
                try await LoopDisk.with(on: folder, megabytes: 48) { disk in
                    try await test(Scene(home: home, disk: disk, folder: folder))
                }
            }
        }

        func words(_ source: Source) -> [String] {
            let table = "bench.texts_\(rows)"
            let words: [String] =
                switch source {
                case .wholeTable: ["query", "SELECT * FROM \(table)"]
                case .someRows: ["query", "SELECT * FROM \(table) WHERE id >= 0"]
                case .tableWithoutQuery: ["table", table]
                }
            return words + ["--page-rows", "200", "--parallel", "1", "--table", "results", "--into", file]
        }

        func command(_ source: Source) -> [String] {
            words(source) + ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials]
        }

        func run(_ source: Source, _ options: [String] = []) async throws -> Binary.Outcome {
            try await home.run(command(source) + options)
        }

        /// The files on the disk, except those of the test.
        func files() throws -> Set<String> {
            Set(try FileManager.default.contentsOfDirectory(atPath: folder)).subtracting(["lost+found", "filling"])
        }

        /// The number of staged rows; 0 before the database exists.
        func stagedRows() async throws -> Int {
            guard try files().contains("staging.db-shm") else { return 0 }
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            // Before its tables exist, a read fails.
            let rows = try? await DatabaseQueue(path: file, configuration: configuration).read { db in
                try Int.fetchOne(db, sql: "SELECT max(rows) FROM _bqpull_runs")
            }
            return rows ?? 0
        }

        /// Checks that the same command publishes all rows once there is space, and runs no other job.
        func expectContinuation(_ source: Source) async throws {
            let before = try await StagingRemains.examine(file)
            try FileManager.default.removeItem(atPath: folder + "/filling")
            let outcome = try await run(source)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            let end = try await StagingRemains.examine(file) { db, _ in
                let count = try Int.fetchOne(db, sql: "SELECT count(DISTINCT id) FROM results")
                #expect(count == ScarceDiskTests.rows)
            }
            #expect(end.isPublished && end.runID == before.runID)
            #expect(counters.jobs == source.jobs)
        }
    }

    /// Whether the outcome is an error with this identifier, with `--log-format json`.
    private static func isFailure(_ outcome: Binary.Outcome, _ identifier: String, _ exitCode: Int32) -> Bool {
        outcome.exitCode == exitCode && outcome.errors.contains("\"identifier\":\"\(identifier)\"")
    }

    @Test(.faults("L35"), arguments: [Source.wholeTable, .tableWithoutQuery], [[], ["--yes"]] as [[String]])
    func aScriptStopsBeforeAnythingIsBilled(source: Source, options: [String]) async throws {
        // Not an option of `bqpull table`, which is free of charge.
        guard options.isEmpty || source != .tableWithoutQuery else { return }
        try await Scene.with { scene in
            _ = try await scene.disk.fill(leaving: Self.remainder)
            let outcome = try await scene.run(source, options + ["--log-format", "json"])
            #expect(Self.isFailure(outcome, "notEnoughSpace", 73), "\(outcome.errors)")
            #expect(outcome.errors.contains("--ignore-disk-space"), "\(outcome.errors)")
            #expect(scene.counters.jobs == 0 && scene.counters.rows == 0)
            // The dry run.
            #expect(scene.counters.requests["jobs.insert"] == (source == .wholeTable ? 1 : nil))
            #expect(try scene.files() == [])
        }
    }

    /// Enough for the rows and too little for publishing them: what the first page would reject is rejected in advance.
    @Test(
        .faults("L35"), arguments: Sweep.few(1, of: [Source.wholeTable, .tableWithoutQuery]),
        ["replace", "append"])
    func publishingNeedsSpaceAsWell(source: Source, mode: String) async throws {
        try await Scene.with { scene in
            _ = try await scene.disk.fill(leaving: Self.size + Self.remainder)
            let outcome = try await scene.run(source, ["--if-exists", mode, "--log-format", "json"])
            #expect(Self.isFailure(outcome, "notEnoughSpace", 73), "\(outcome.errors)")
            #expect(scene.counters.jobs == 0)
            #expect(try scene.files() == [])
        }
    }

    @Test(.faults("L35"), arguments: ["n\n", "y\n"]) func asksOnATerminal(answer: String) async throws {
        try await Scene.with { scene in
            _ = try await scene.disk.fill(leaving: Self.remainder)
            let (text, exitCode) = try await Terminal(scene.home, scene.words(.wholeTable)).finish(
                answering: "write them anyway? [y/N]", with: answer)
            let isAccepted = answer == "y\n"
            // The disk is full in the end.
            #expect(exitCode == (isAccepted ? 74 : 73), "\(text)")
            #expect(text.contains("is free"), "\(text)")
            #expect(scene.counters.jobs == (isAccepted ? 1 : 0))
            #expect(try scene.files().isEmpty == !isAccepted)
        }
    }

    /// The size is known only after the job, which does not run again.
    @Test(.faults("L35")) func aQueryOfUnknownSizeStopsAfterItsJob() async throws {
        try await Scene.with { scene in
            _ = try await scene.disk.fill(leaving: Self.remainder)
            for _ in 0..<2 {
                let outcome = try await scene.run(.someRows, ["--log-format", "json"])
                #expect(Self.isFailure(outcome, "notEnoughSpace", 73), "\(outcome.errors)")
                #expect(scene.counters.jobs == 1)
            }
            try await scene.expectContinuation(.someRows)
        }
    }

    @Test(.faults("L1", "L35"), arguments: Sweep.few(1, of: Source.allCases))
    func fillsTheDiskOnlyIfRequested(source: Source) async throws {
        try await Scene.with { scene in
            _ = try await scene.disk.fill(leaving: Self.remainder)
            let outcome = try await scene.run(source, ["--ignore-disk-space"])
            #expect(outcome.exitCode == 74, "\(outcome.errors)")
            #expect(outcome.errors.contains("error: \(scene.file): the disk is full"), "\(outcome.errors)")
            #expect(try await StagingRemains.examine(scene.file).rows > 0)
            try await scene.expectContinuation(source)
        }
    }

    /// Another program fills the disk during the pull.
    @Test(.faults("L1"), arguments: Sweep.few(1, of: Source.allCases), [true, false])
    func writingStopsBeforeTheDiskIsFull(source: Source, ignoresDiskSpace: Bool) async throws {
        try await Scene.with(EmulatorConfiguration(pageLatency: .milliseconds(60))) { scene in
            let pull = try await scene.home.binary().start(
                scene.command(source) + (ignoresDiskSpace ? ["--ignore-disk-space"] : []))
            try await eventually("rows are staged") { try await scene.stagedRows() > 0 }
            _ = try await scene.disk.fill(leaving: Self.remainder)
            let outcome = try await pull.outcome()
            #expect(outcome.exitCode == 74, "\(outcome.errors)")
            let reason = ignoresDiskSpace ? "the disk is full" : "not enough for the remaining rows"
            #expect(outcome.errors.contains(reason), "\(outcome.errors)")
            let rows = try await StagingRemains.examine(scene.file).rows
            #expect(rows > 0 && rows < Self.rows)
            try await scene.expectContinuation(source)
        }
    }

    /// Less than 64 MB are free, but the result fits.
    @Test(.faults("L1")) func aSmallResultFitsASmallDisk() async throws {
        try await Scene.with { scene in
            _ = try await scene.disk.fill(leaving: 3 * Self.size)
            let outcome = try await scene.run(.wholeTable)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(!outcome.errors.contains("warning"), "\(outcome.errors)")
        }
    }
}
#endif
