import BigQueryEmulator
import Foundation
import TestSupport
import Testing

/// Limits of the operating system that a pull meets.
@Suite(.timeLimit(.minutes(10))) struct SystemLimitTests {
    @Test(.faults("L19"), arguments: [16, 24, 32]) func tooFewFilesAreAnErrorThatSaysSo(files: Int) async throws {
        try await StagingUser.with { user in
            let requests = user.home.emulator.counters.requests
            let outcome = try await user.run(after: "ulimit -n \(files)")
            #expect(outcome.isFailure(71), "\(outcome.errors)")
            #expect(outcome.errors.hasPrefix("error: only \(files) files can be open at a time"))
            #expect(outcome.errors.contains("ulimit -n "))
            #expect(user.home.emulator.counters.requests == requests)
            try await user.goOn()
        }
    }

    /// What is only a default may be raised.
    @Test(.faults("L19")) func aSoftLimitIsRaised() async throws {
        try await StagingUser.with { user in
            let outcome = try await user.run(after: "ulimit -S -n 16")
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(try await user.examine().isPublished)
        }
    }

    /// Memory that cannot be had ends a program of Swift at once, wherever it is; that is to be no worse than any other
    /// sudden end. In SQLite it is an error.
    @Test(
        .faults("L20"), .enabled(if: limitsMemory, "needs limits of address space"), arguments: [110, 130, 160, 220])
    func tooLittleMemoryIsNoWorseThanAKill(megabytes: Int) async throws {
        try await StagingUser.with { user in
            // No memory of its own for each thread, so that the limit is met by what is used; no report of a crash, for
            // which there is no memory either. A thread that cannot be made is waited for without end: timeout(1) kills
            // then, as the system would.
            let outcome = try await user.run(
                after: "ulimit -c 0; ulimit -v \(megabytes * 1024); exec timeout -s KILL 4 \"$0\" \"$@\"",
                environment: ["MALLOC_ARENA_MAX": "1", "SWIFT_BACKTRACE": "enable=no"])
            // 127 is what the loader says that has no room for the libraries.
            let isSudden = outcome.exitCode == 127 || outcome.exitCode > 128
            #expect(outcome.exitCode == 0 || outcome.isFailure(71) || isSudden, "\(outcome.errors)")
            if megabytes == 110 { #expect(outcome.exitCode != 0) }
            try await user.goOn("\(megabytes) MB, exit code \(outcome.exitCode)")
        }
    }

    #if os(Linux)
    private static let limitsMemory = true
    #else
    private static let limitsMemory = false
    #endif
}
