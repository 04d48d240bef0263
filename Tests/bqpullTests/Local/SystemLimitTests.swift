import BigQueryEmulator
import Foundation
import TestSupport
import Testing

/// Operating system limits.
@Suite(.timeLimit(.minutes(10))) struct SystemLimitTests {
    @Test(.faults("L19"), arguments: [16, 24, 32]) func reportsALowLimitOfOpenFiles(files: Int) async throws {
        try await StagingUser.with { user in
            let requests = user.home.emulator.counters.requests
            let outcome = try await user.run(after: "ulimit -n \(files)")
            #expect(outcome.isFailure(71), "\(outcome.errors)")
            #expect(outcome.errors.hasPrefix("error: the limit of open files is \(files)"))
            #expect(outcome.errors.contains("ulimit -n "))
            #expect(user.home.emulator.counters.requests == requests)
            try await user.goOn()
        }
    }

    @Test(.faults("L19")) func raisesASoftLimit() async throws {
        try await StagingUser.with { user in
            let outcome = try await user.run(after: "ulimit -S -n 16")
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(try await user.examine().isPublished)
        }
    }

    /// Address space limits in kB, as for `ulimit -v`.
    private static let kilobytes = Sweep.whole(
        Array(stride(from: 120_000, through: 450_000, by: 5_593)), orPart: [120_000, 154_000, 282_000, 411_000],
        orShort: [154_000, 411_000])

    /// Otherwise the process would wait for a thread indefinitely, and handle no signal.
    @Test(.faults("L20"), .enabled(if: limitsMemory, "needs an address space limit"), arguments: kilobytes)
    func reportsALowAddressSpaceLimit(kilobytes: Int) async throws {
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

    @Test(.faults("L20"), .enabled(if: limitsMemory, "needs an address space limit"))
    func theLimitInTheHintSuffices() async throws {
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
    /// Runs the command under an address space limit in kB.
    fileprivate func run(_ options: [String], after kilobytes: Int) async throws -> Binary.Outcome {
        try await run(
            after: "ulimit -c 0; ulimit -v \(kilobytes)", options, environment: ["SWIFT_BACKTRACE": "enable=no"])
    }
}
