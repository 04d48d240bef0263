#if os(Linux)
import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// The staging database on a disk that loses everything not synced when its power is cut.
@Suite(
    .serialized, .timeLimit(.minutes(30)),
    .enabled("needs root on Linux, loop devices and ext4") { await LoopDisk.isPossible() })
struct PowerCutTests {
    /// When the power is cut.
    enum Instant: String, CaseIterable, Sendable {
        case insertion = "after the job was inserted"
        case firstInsertion = "after the job was inserted, with a new file"
        case pages = "between two pages"
        case publication = "after publishing"

        var restarts: Int { Sweep.whole(self == .insertion ? 40 : 20, orPart: 1) }
    }

    @Test(.faults("L32"), arguments: Sweep.few(2, of: Instant.allCases))
    func aRestartInsertsNoSecondJob(instant: Instant) async throws {
        var doubled = 0
        for number in 0..<instant.restarts {
            let jobs = try await StagingUser.with(EmulatorConfiguration(faults: FaultPlan([:]))) { user in
                try await LoopDisk.with(on: user.folder) { disk in
                    try await jobsOfCutPull(user, disk, instant, number)
                }
            }
            #expect(jobs == 1, "\(instant.rawValue), number \(number)")
            if jobs > 1 { doubled += 1 }
        }
        print("power cuts \(instant.rawValue): \(instant.restarts) restarts, \(doubled) inserted a second job")
    }

    /// Cuts the power during a pull, restarts, and runs the same command; returns the number of jobs of both.
    private func jobsOfCutPull(
        _ user: StagingUser, _ disk: LoopDisk, _ instant: Instant, _ number: Int
    ) async throws -> Int {
        let emulator = user.home.emulator
        try await user.prepare()
        if instant == .firstInsertion { try FileManager.default.removeItem(atPath: user.file) }
        try await disk.sync()
        let jobs = emulator.counters.jobs
        let pipe = try FullPipe(user.home.folder.file("report"))
        let pull = try await start(user, until: instant, number, reportingTo: pipe)
        try disk.cutPower()
        pull.send(signal: SIGKILL)
        _ = try await pull.outcome()
        pipe.drain()
        try user.home.endFaults()
        try await disk.restart()

        let comment: Comment = "\(instant.rawValue), number \(number)"
        let found = try await StagingRemains.examine(user.file, comment)
        #expect(found.runs == (instant == .firstInsertion ? 1 : 2), comment)
        #expect(found.isPublished == (instant == .publication), comment)
        let requested = emulator.counters.firstRows.count
        let again = try await user.run()
        #expect(again.exitCode == 0, "\(instant.rawValue), number \(number): \(again.errors)")
        #expect(emulator.counters.firstRows.dropFirst(requested).allSatisfy { $0 >= found.rows }, comment)
        _ = try await StagingRemains.examine(user.file, comment) { db, end in
            #expect(end.isPublished && end.runID == found.runID, comment)
            for count in ["count(*)", "count(DISTINCT trip_id)"] {
                let rows = try Int.fetchOne(db, sql: "SELECT \(count) FROM results")
                #expect(rows == StagingUser.rows, comment)
            }
        }
        return emulator.counters.jobs - jobs
    }

    /// Starts the command and waits for the instant; nothing the command does afterwards reaches the disk or the server.
    private func start(
        _ user: StagingUser, until instant: Instant, _ number: Int, reportingTo pipe: FullPipe
    ) async throws -> RunningBinary {
        let home = user.home
        switch instant {
        case .insertion, .firstInsertion:
            let jobs = home.emulator.counters.jobs
            try home.inject("bigquery.jobs.insert", ["stall-for-600s"])
            let pull = try await home.binary().start(user.command)
            try await home.emulator.waitForCounters { $0.jobs > jobs }
            return pull
        case .pages:
            let passed = Array(repeating: "pass", count: 6 + number)
            try home.inject("bigquery.jobs.getQueryResults", passed + ["stall-for-600s"])
            let pull = try await home.binary().start(user.command + ["--parallel", "1"])
            try await home.allApplied()
            return pull
        case .publication:
            let pull = try await pipe.start(home, user.command.filter { $0 != "--quiet" } + ["--json"])
            _ = try await pull.wait(for: /staged in table/)
            return pull
        }
    }
}
#endif
