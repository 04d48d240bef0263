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

    /// Limits of address space, in kB as `ulimit -v` takes them.
    private static let kilobytes = Sweep.whole(
        Array(stride(from: 120_000, through: 450_000, by: 5_593)), orPart: [120_000, 154_000, 282_000, 411_000],
        orShort: [154_000, 411_000])

    /// A thread that cannot be started is waited for without end, and no signal is served then.
    @Test(.faults("L20"), .enabled(if: limitsMemory, "needs limits of address space"), arguments: kilobytes)
    func tooLittleAddressSpaceIsAnErrorThatSaysSo(kilobytes: Int) async throws {
        try await StagingUser.with { user in
            let requests = user.home.emulator.counters.requests
            let outcome = try await user.run(
                after: "ulimit -c 0; ulimit -v \(kilobytes); exec timeout -s KILL 100 \"$0\" \"$@\"",
                environment: ["SWIFT_BACKTRACE": "enable=no"])
            // 127 is the status of the loader if there is no space for the libraries.
            #expect(outcome.isFailure(71) || outcome.exitCode == 127, "\(outcome.exitCode) \(outcome.errors)")
            #expect(outcome.exitCode == 127 || outcome.errors.contains("ulimit -v "))
            #expect(user.home.emulator.counters.requests == requests)
            try await user.goOn()
        }
    }

    @Test(.faults("L20"), .enabled(if: limitsMemory, "needs limits of address space"))
    func theLimitThatIsHintedAtIsEnough() async throws {
        try await StagingUser.with { user in
            let failure = try await user.run(["--memory", "128MB"], after: 400_000)
            #expect(failure.isFailure(71), "\(failure.errors)")
            let limit = try #require(failure.errors.firstMatch(of: /ulimit -v (\d+)/).flatMap { Int($0.1) })
            let outcome = try await user.run(["--memory", "128MB"], after: limit)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(try await user.examine().isPublished)
        }
    }

    #if os(Linux)
    private static let limitsMemory = true
    #else
    private static let limitsMemory = false
    #endif
}

extension StagingUser {
    /// Runs the command under a limit of address space in kB.
    fileprivate func run(_ options: [String], after kilobytes: Int) async throws -> Binary.Outcome {
        try await run(
            after: "ulimit -c 0; ulimit -v \(kilobytes)", options, environment: ["SWIFT_BACKTRACE": "enable=no"])
    }
}
