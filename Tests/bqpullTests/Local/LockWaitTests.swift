import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// Another program has the database locked: the wait is reported, and ends with the lock, the timeout or a signal.
@Suite(.timeLimit(.minutes(10)), .enabled("needs Python") { LockHolder.python != nil }) struct LockWaitTests {
    /// A lock that keeps a pull from starting.
    enum Lock: CaseIterable, Sendable {
        case readerInRollbackMode, writerInRollbackMode, writerInWALMode

        var journalMode: String { self == .writerInWALMode ? "wal" : "delete" }

        var statements: [String] {
            self == .readerInRollbackMode ? ["BEGIN", "SELECT * FROM results"] : ["BEGIN IMMEDIATE"]
        }
    }

    private static let locks = Sweep.whole(
        Lock.allCases, orPart: Lock.allCases, orShort: [.readerInRollbackMode, .writerInWALMode])

    /// Locks every reader out, in rollback mode.
    private static let exclusive = ["BEGIN EXCLUSIVE"]

    private static var report: Regex<Substring> {
        /waiting for a process that has staging\.db open \(process [0-9]+\)/
    }

    private static func report(_ holder: LockHolder) -> String {
        "waiting for a process that has staging.db open (process \(holder.identifier))"
    }

    private static func hold(_ lock: Lock, of user: StagingUser) async throws -> LockHolder {
        let queue = try DatabaseQueue(path: user.file)
        try await queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = \(lock.journalMode)") }
        try queue.close()
        return try await LockHolder.hold(user.file, lock.statements)
    }

    @Test(.faults("L12", "L14"), arguments: locks)
    func thePullContinuesWhenTheLockIsReleased(lock: Lock) async throws {
        try await StagingUser.with { user in
            let holder = try await Self.hold(lock, of: user)
            let pull = try await user.home.binary().start(user.command)
            #expect(try await pull.wait(for: Self.report) == Self.report(holder))
            // The job of the old table.
            #expect(user.home.emulator.counters.jobs == 1)
            try await holder.release()
            let outcome = try await pull.outcome()
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(outcome.errors.matches(of: Self.report).count == 1, "\(outcome.errors)")
            #expect(try await user.examine().isPublished)
            #expect(user.home.emulator.counters.jobs == 2)
        }
    }

    @Test(.faults("L12", "L14"), arguments: locks)
    func thePullStopsWhenTheTimeoutIsOver(lock: Lock) async throws {
        try await StagingUser.with { user in
            let holder = try await Self.hold(lock, of: user)
            let outcome = try await user.run(["--lock-timeout", "2s", "--log-format", "json"])
            #expect(outcome.exitCode == 75, "\(outcome.errors)")
            #expect(outcome.errors.contains(Self.report(holder)), "\(outcome.errors)")
            #expect(outcome.errors.contains(#""identifier":"busy""#), "\(outcome.errors)")
            #expect(outcome.errors.contains("also those that only read"), "\(outcome.errors)")
            #expect(user.home.emulator.counters.jobs == 1)
            try await holder.release()
            try await user.goOn()
        }
    }

    /// Shorter than the time after which a wait is reported.
    @Test(.faults("L12")) func aShortTimeoutIsOverWithoutAReport() async throws {
        try await StagingUser.with { user in
            let holder = try await Self.hold(.writerInRollbackMode, of: user)
            for timeout in ["0", "100ms"] {
                let outcome = try await user.run(["--lock-timeout", timeout])
                #expect(outcome.isFailure(75), "\(outcome.errors)")
                #expect(!outcome.errors.contains("waiting for"), "\(outcome.errors)")
            }
            try await holder.release()
            try await user.goOn()
        }
    }

    @Test(.faults("L8", "L12", "L14"), arguments: locks)
    func aSignalEndsTheWait(lock: Lock) async throws {
        try await StagingUser.with { user in
            let holder = try await Self.hold(lock, of: user)
            // Longer than the time limit of the suite.
            let pull = try await user.home.binary().start(user.command + ["--lock-timeout", "1h"])
            _ = try await pull.wait(for: Self.report)
            pull.send(signal: SIGINT)
            let outcome = try await pull.outcome()
            #expect(outcome.exitCode == 130, "\(outcome.errors)")
            #expect(user.home.emulator.counters.jobs == 1)
            try await holder.release()
            try await user.goOn()
        }
    }

    /// Calls `body` with a pull that has staged rows, and receives no others before `proceed` is called.
    private static func withHeldPull(
        _ options: [String] = [],
        _ body: @Sendable (_ user: StagingUser, _ pull: RunningBinary, _ proceed: () -> Void) async throws -> Void
    ) async throws {
        try await StagingUser.withRelay { user, relay in
            try await body(user, try await user.startHeld(options)) { #expect(relay.cut() > 0) }
        }
    }

    /// A reader that comes while rows are staged delays neither publishing nor the end of the process.
    @Test(.faults("L14")) func aReaderInWALModeDelaysNothing() async throws {
        try await Self.withHeldPull { user, pull, proceed in
            let holder = try await LockHolder.hold(user.file, ["BEGIN", "SELECT * FROM results"])
            proceed()
            let outcome = try await pull.outcome()
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(!outcome.errors.contains("waiting for"), "\(outcome.errors)")
            #expect(try await user.examine().isPublished)
            try await holder.release()
        }
    }

    /// Staged rows are kept if the writer blocks too long.
    @Test(.faults("L12"), arguments: [true, false]) func waitsForAnotherWriter(isReleased: Bool) async throws {
        try await Self.withHeldPull(["--lock-timeout", isReleased ? "1h" : "2s"]) { user, pull, proceed in
            let holder = try await LockHolder.hold(user.file, ["BEGIN IMMEDIATE"])
            proceed()
            #expect(try await pull.wait(for: Self.report) == Self.report(holder))
            if isReleased { try await holder.release() }
            let outcome = try await pull.outcome()
            #expect(outcome.exitCode == (isReleased ? 0 : 75), "\(outcome.errors)")
            #expect(outcome.errors.matches(of: Self.report).count == 1, "\(outcome.errors)")
            if isReleased {
                #expect(try await user.examine().isPublished)
            } else {
                try await holder.release()
                #expect(try await user.examine().rows > 0)
                try await user.goOn()
            }
        }
    }

    // MARK: Other commands

    @Test(.faults("L12")) func listingHonorsTheTimeout() async throws {
        try await StagingUser.with { user in
            let holder = try await LockHolder.hold(user.file, Self.exclusive)
            let outcome = try await user.home.run(["runs", user.file, "--lock-timeout", "2s"])
            #expect(outcome.exitCode == 75, "\(outcome.errors)")
            #expect(outcome.errors.hasPrefix(Self.report(holder)), "\(outcome.errors)")

            let listing = try await user.home.binary().start(["runs", user.file, "--lock-timeout", "1h"])
            #expect(try await listing.wait(for: Self.report) == Self.report(holder))
            try await holder.release()
            let listed = try await listing.outcome()
            #expect(listed.exitCode == 0, "\(listed.errors)")
            #expect(listed.output.contains("published"))
        }
    }

    /// Locks that keep `bqpull resume` from reading the runs, and from continuing one.
    @Test(.faults("L12", "L14"), arguments: [exclusive, ["BEGIN", "SELECT * FROM results"]])
    func resumingHonorsTheTimeout(statements: [String]) async throws {
        try await StagingUser.with(EmulatorConfiguration(faults: FaultPlan([:]))) { user in
            let interrupted = try await user.startHeld()
            interrupted.send(signal: SIGINT)
            #expect(try await interrupted.outcome().exitCode == 130)
            try user.home.endFaults()
            let found = try await user.examine()
            let holder = try await LockHolder.hold(user.file, statements)
            let resume = ["resume", user.file, "--quiet"] + user.connection
            let outcome = try await user.home.run(resume + ["--lock-timeout", "2s"])
            #expect(outcome.exitCode == 75, "\(outcome.errors)")
            #expect(outcome.errors.contains(Self.report(holder)), "\(outcome.errors)")
            #expect(try await user.examine().rows == found.rows)

            let resumed = try await user.home.binary().start(resume + ["--lock-timeout", "1h"])
            #expect(try await resumed.wait(for: Self.report) == Self.report(holder))
            try await holder.release()
            #expect(try await resumed.outcome().exitCode == 0)
            let end = try await user.examine()
            #expect(end.isPublished && end.runID == found.runID)
            #expect(user.home.emulator.counters.jobs == 2)
        }
    }

    /// Not a lock of the database: it lasts as long as the other pull, so waiting is useless.
    @Test(.faults("L13")) func rejectsATableOfARunningPullAtOnce() async throws {
        try await StagingUser.with(EmulatorConfiguration(faults: FaultPlan([:]))) { user in
            let first = try await user.startHeld()
            let second = try await user.run(["--lock-timeout", "1h"])
            #expect(second.isFailure(75), "\(second.errors)")
            #expect(second.errors.contains("process \(first.identifier) is pulling into the table results"))
            first.send(signal: SIGINT)
            #expect(try await first.outcome().exitCode == 130)
            try user.home.endFaults()
            try await user.goOn()
        }
    }
}
