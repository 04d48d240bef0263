import BigQueryEmulator
import Foundation
import TestSupport
import Testing

/// Standard streams that are full, closed, or have no reader: the table is staged regardless.
@Suite(.timeLimit(.minutes(10))) struct OutputFaultTests {
    private static let streams: [(script: String, exitCode: Int32, says: String)] = [
        ("exec 2>&-", 0, ""),
        ("exec 2>/dev/full", 0, ""),
        ("exec 0<&- 2>&-", 0, ""),
        ("exec >/dev/full", 74, "error: cannot write to standard output"),
        ("exec >&-", 74, "error: cannot write to standard output"),
        ("exec >&- 2>&- <&-", 74, ""),
    ]

    @Test(.faults("L27"), arguments: streams)
    func anUnwritableStreamDoesNotFailThePull(
        _ example: (script: String, exitCode: Int32, says: String)
    ) async throws {
        try await StagingUser.with { user in
            let outcome = try await user.run(after: example.script, ["--json"])
            #expect(outcome.exitCode == example.exitCode, "\(outcome.errors)")
            #expect(outcome.errors.hasPrefix(example.says))
            if example.says != "" {
                #expect(outcome.isFailure(74))
                #expect(outcome.errors.contains("the table is published"))
            }
            #expect(try await user.examine().isPublished)
        }
    }

    /// Messages would go to a socket that has the number of standard error.
    @Test(.faults("L27"), .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/fd"), "needs /proc"))
    func noSocketGetsTheNumberOfAStream() async throws {
        try await StagingUser.withRelay { user, relay in
            let pull = try await user.startHeld(after: "exec 2>&- <&-")
            for stream in [0, 2] {
                let path = "/proc/\(pull.identifier)/fd/\(stream)"
                #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == "/dev/null")
            }
            #expect(relay.cut() > 0)
            #expect(try await pull.outcome().exitCode == 0)
            #expect(try await user.examine().isPublished)
        }
    }

    @Test(.faults("L10")) func aBrokenPipeIsNotAnError() async throws {
        try await StagingUser.with { user in
            // A pipe whose read end is closed.
            let pipe = user.home.folder.file("pipe")
            let outcome = try await user.run(
                after: "mkfifo '\(pipe)'; exec 3<>'\(pipe)'; exec 1>'\(pipe)'; exec 3<&-", ["--json"])
            #expect(outcome.exitCode == 0)
            #expect(outcome.errors == "")
            #expect(try await user.examine().isPublished)
        }
    }
}
