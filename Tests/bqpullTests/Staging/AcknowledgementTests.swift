import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// A process that ends between publishing and acknowledging: the same command reports that run and runs no query.
@Suite(.timeLimit(.minutes(60))) struct AcknowledgementTests {
    enum Ending: CaseIterable, Sendable {
        /// The report cannot be written.
        case fullOutput
        /// The process is killed while it writes the report.
        case kill
    }

    @Test(.faults("L33"), arguments: Sweep.few(2, of: RepeatingUser.Mode.allCases), Ending.allCases)
    func aPublishedRunIsReportedOnce(mode: RepeatingUser.Mode, ending: Ending) async throws {
        try await RepeatingUser.with(mode) { user in
            let counters = { user.home.emulator.counters }
            switch ending {
            case .fullOutput:
                try await user.runWithoutReport()
            case .kill:
                let pipe = try FullPipe(user.home.folder.file("report"))
                let pull = try await pipe.start(user.home, user.command + ["--json"])
                _ = try await pull.wait(for: /staged in table/)
                pull.send(signal: SIGKILL)
                #expect(try await pull.outcome().exitCode == 137)
                pipe.drain()
            }
            let again = try await user.run(["--json"])
            #expect(again.exitCode == 0, "\(again.errors)")
            #expect(again.errors.contains("already published at"), "\(again.errors)")
            #expect(again.output.contains(#""alreadyPublished":true"#), "\(again.output)")
            #expect(counters().jobs == 2)
            try await user.expectRows(user.rowCount(afterRuns: 1))
            #expect(try await user.acknowledged() == [true, true])

            let next = try await user.run(["--json"])
            #expect(next.exitCode == 0, "\(next.errors)")
            #expect(!next.output.contains("alreadyPublished\":true"))
            #expect(counters().jobs == 3)
            try await user.expectRows(user.rowCount(afterRuns: 2))
            #expect(try await user.acknowledged() == [true, true, true])
        }
    }

    @Test(.faults("L33")) func aTableReadWithoutAQueryIsReportedOnce() async throws {
        try await RepeatingUser.with(.append) { user in
            let command =
                ["table", "bench.trips_\(RepeatingUser.rows)", "--into", user.file, "--if-exists", "append"]
                + user.connection
            try await user.runWithoutReport(command)
            for runs in [1, 2] {
                let again = try await user.home.run(command)
                #expect(again.exitCode == 0, "\(again.errors)")
                #expect(again.errors.contains("already published at") == (runs == 1), "\(again.errors)")
                let rows = try await DatabaseQueue(path: user.file).read { db in
                    try Int.fetchOne(db, sql: "SELECT count(*) FROM trips_\(RepeatingUser.rows)")
                }
                #expect(rows == runs * RepeatingUser.rows)
            }
        }
    }

    /// The state of a pull when it was killed.
    private enum Place: String, CaseIterable {
        case before = "before publishing"
        case between = "between publishing and acknowledging"
        case after = "after acknowledging"
    }

    @Test(.faults("L33")) func aKillAroundPublishingNeitherDoublesNorBillsAgain() async throws {
        let wanted = Sweep.whole(200, orPart: 4, orShort: 1)
        try await EmulatorHome.with { home in
            var (places, number): ([Place: Int], Int) = ([:], 0)
            let window = try await timeAfterLastPage(home)
            while places[.between, default: 0] < wanted, number < Sweep.whole(10 * wanted, orPart: 3 * wanted) {
                let modes = RepeatingUser.Mode.allCases
                let user = RepeatingUser(home: home, mode: modes[number % modes.count])
                let share = (Double(number) * 0.618_033_988_75).truncatingRemainder(dividingBy: 1)
                places[try await killAndRepeat(user, after: window * share), default: 0] += 1
                number += 1
            }
            let counts = Place.allCases.map { "\(places[$0, default: 0]) \($0.rawValue)" }
            print("acknowledgement sweep: \(number) kills: \(counts.joined(separator: ", "))")
            if Sweep.isWhole { #expect(places[.between, default: 0] >= wanted) }
        }
    }

    /// How long an undisturbed pull takes from the request for the last page to its end.
    private func timeAfterLastPage(_ home: EmulatorHome) async throws -> Duration {
        let user = RepeatingUser(home: home, mode: .append)
        try await user.prepare()
        let pull = try await startAndWaitForLastPage(user)
        let start = ContinuousClock.now
        let outcome = try await pull.outcome()
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
        return ContinuousClock.now - start
    }

    private func startAndWaitForLastPage(_ user: RepeatingUser) async throws -> RunningBinary {
        let rows = user.home.emulator.counters.rows
        let pull = try await user.home.binary().start(user.command)
        try await user.home.emulator.waitForCounters { $0.rows >= rows + RepeatingUser.rows }
        return pull
    }

    private func killAndRepeat(_ user: RepeatingUser, after delay: Duration) async throws -> Place {
        try await user.prepare()
        let jobs = user.home.emulator.counters.jobs
        let pull = try await startAndWaitForLastPage(user)
        // The sweep is over the time of the kill.
        try await Task.sleep(for: delay)
        pull.send(signal: SIGKILL)
        let end = try await pull.outcome()
        #expect([0, 137].contains(end.exitCode), "\(end.errors)")
        var isAcknowledged = false
        let found = try await StagingRemains.examine(user.file) { db, _ in
            let run = try Row.fetchOne(db, sql: "SELECT * FROM _bqpull_runs ORDER BY rowid DESC LIMIT 1")
            isAcknowledged = run?["acknowledged"] ?? false
        }
        // The caller has its report: the same command is a new run.
        if found.isPublished, isAcknowledged { return .after }
        let place: Place = found.isPublished ? .between : .before
        let again = try await user.run()
        #expect(again.exitCode == 0, "\(user.mode), \(place): \(again.errors)")
        #expect(user.home.emulator.counters.jobs == jobs + 1, "\(user.mode), \(place)")
        try await user.expectRows(user.rowCount(afterRuns: 1), "\(user.mode), \(place)")
        return place
    }

    @Test(.faults("L13")) func theTargetIsLockedUntilTheAcknowledgement() async throws {
        try await RepeatingUser.with(.append) { user in
            let pipe = try FullPipe(user.home.folder.file("report"))
            let first = try await pipe.start(user.home, user.command + ["--json"])
            _ = try await first.wait(for: /staged in table/)
            #expect(try await user.acknowledged() == [true, false])
            let start = ContinuousClock.now
            let second = try await user.run()
            #expect(ContinuousClock.now - start < .seconds(20))
            #expect(second.exitCode == 75, "\(second.errors)")
            #expect(second.errors.contains("process \(first.identifier)"), "\(second.errors)")
            #expect(user.home.emulator.counters.jobs == 2)

            let report = pipe.drain()
            let end = try await first.outcome()
            #expect(end.exitCode == 0, "\(end.errors)")
            #expect((report + pipe.drain()).contains(#""rowsCopied":\#(RepeatingUser.rows)"#))
            #expect(try await user.acknowledged() == [true, true])
            try await user.expectRows(user.rowCount(afterRuns: 1))
        }
    }

    @Test(.faults("L12")) func anAcknowledgementThatWaitsForALockIsAWarning() async throws {
        try await RepeatingUser.with(.append) { user in
            let pipe = try FullPipe(user.home.folder.file("report"))
            let pull = try await pipe.start(user.home, user.command + ["--json"])
            _ = try await pull.wait(for: /staged in table/)
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let other = try DatabaseQueue(path: user.file, configuration: configuration)
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            try await expectWarning(pull, user, reportingTo: pipe)
            try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
            try other.close()
            try await expectReport(user)
        }
    }

    #if os(Linux)
    @Test(
        .faults("L1"),
        .enabled("needs root on Linux, loop devices and ext4") { await LoopDisk.isPossible() })
    func anAcknowledgementOnAFullDiskIsAWarning() async throws {
        try await RepeatingUser.with(.append) { user in
            try await LoopDisk.with(on: user.folder) { disk in
                try await user.prepare()
                let pipe = try FullPipe(user.home.folder.file("report"))
                let pull = try await pipe.start(user.home, user.command + ["--json"])
                _ = try await pull.wait(for: /staged in table/)
                let filling = try await disk.fill()
                try await expectWarning(pull, user, reportingTo: pipe)
                try FileManager.default.removeItem(atPath: filling)
                try await expectReport(user, earlierJobs: 2)
            }
        }
    }
    #endif

    /// Lets the process continue to its acknowledgement, which fails.
    private func expectWarning(_ pull: RunningBinary, _ user: RepeatingUser, reportingTo pipe: FullPipe) async throws {
        let start = ContinuousClock.now
        let report = pipe.drain()
        let end = try await pull.outcome()
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(end.exitCode == 0, "\(end.errors)")
        #expect(end.errors.contains(/(?m)^warning: .*acknowledge/), "\(end.errors)")
        #expect((report + pipe.drain()).contains("rowsCopied"))
    }

    /// Checks that the latest run is not acknowledged, and that the same command reports it.
    private func expectReport(_ user: RepeatingUser, earlierJobs: Int = 1) async throws {
        #expect(try await user.acknowledged() == [true, false])
        let again = try await user.run()
        #expect(again.exitCode == 0, "\(again.errors)")
        #expect(again.errors.contains("already published at"), "\(again.errors)")
        #expect(user.home.emulator.counters.jobs == earlierJobs + 1)
        try await user.expectRows(user.rowCount(afterRuns: 1))
    }

    @Test func resumeAcknowledgesAndRunsDoesNot() async throws {
        try await RepeatingUser.with(.append) { user in
            try await user.runWithoutReport()
            for options in [[], ["--json"]] {
                let runs = try await user.home.run(["runs", user.file] + options)
                #expect(runs.exitCode == 0, "\(runs.errors)")
            }
            #expect(try await user.acknowledged() == [true, false])
            let resumed = try await user.home.run(["resume", user.file, "--json"] + user.connection)
            #expect(resumed.exitCode == 0, "\(resumed.errors)")
            #expect(resumed.errors.contains("already published at"), "\(resumed.errors)")
            #expect(resumed.output.contains(#""alreadyPublished":true"#), "\(resumed.output)")
            #expect(try await user.acknowledged() == [true, true])
            #expect(user.home.emulator.counters.jobs == 2)
            #expect(try await user.run().exitCode == 0)
            #expect(user.home.emulator.counters.jobs == 3)
            try await user.expectRows(user.rowCount(afterRuns: 2))
        }
    }
}
