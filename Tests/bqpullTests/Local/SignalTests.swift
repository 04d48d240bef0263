import BigQueryEmulator
import Foundation
import TestSupport
import Testing

/// Signals of users and terminals.
@Suite(.serialized, .timeLimit(.minutes(10))) struct SignalTests {
    @Test(.faults("L9")) func handlesTwoInterruptions() async throws {
        try await StagingUser.with(EmulatorConfiguration(faults: FaultPlan([:]))) { user in
            let pull = try await user.startHeld()
            pull.send(signal: SIGINT)
            pull.send(signal: SIGINT)
            #expect(try await pull.outcome().exitCode == 130)
            try user.home.endFaults()
            let found = try await user.examine()
            #expect(found.rows > 0 && !found.isPublished)
            try await user.goOn()
        }
    }

    /// A stopped process or a sleeping machine loses its connections.
    @Test(.faults("L10"), arguments: [SIGSTOP, SIGTSTP]) func continuesAfterAStop(signal: Int32) async throws {
        try await StagingUser.withRelay { user, relay in
            let pull = try await user.startHeld()
            pull.send(signal: signal)
            // SIGTSTP does not stop every process without a terminal.
            try await eventually("the process is stopped") { try signal != SIGSTOP || isStopped(pull.identifier) }
            #expect(relay.cut() > 0)
            pull.send(signal: SIGCONT)
            let outcome = try await pull.outcome()
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(try await user.examine().isPublished)
            #expect(user.home.emulator.counters.jobs == 2)
        }
    }

    private func isStopped(_ identifier: Int32) throws -> Bool {
        #if os(Linux)
        // The state follows the name of the program in parentheses.
        try String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8).contains(") T ")
        #else
        true
        #endif
    }

    @Test(.faults("L10")) func aHangupIsAnInterruption() async throws {
        try await StagingUser.with(EmulatorConfiguration(faults: FaultPlan([:]))) { user in
            let pull = try await user.startHeld()
            pull.send(signal: SIGHUP)
            let outcome = try await pull.outcome()
            #expect(outcome.isFailure(129), "\(outcome.errors)")
            try user.home.endFaults()
            try await user.goOn()
        }
    }
}
