import BigQueryEmulator
import Foundation
import TestSupport
import Testing

/// Standard streams that are full, closed, or read by nobody: the table is staged whatever becomes of the words.
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
    func aStreamThatCannotBeWrittenIsNoFaultOfThePull(
        _ example: (script: String, exitCode: Int32, says: String)
    ) async throws {
        try await StagingUser.with { user in
            let outcome = try await user.run(after: example.script, ["--json"])
            #expect(outcome.exitCode == example.exitCode, "\(outcome.errors)")
            #expect(outcome.errors.hasPrefix(example.says))
            if example.says != "" {
                #expect(outcome.isFailure(74))
                #expect(outcome.errors.contains("the table is staged"))
            }
            #expect(try await user.examine().isPublished)
        }
    }

    /// A socket with the number of standard error would get what is said there.
    @Test(.faults("L27"), .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/fd"), "needs /proc"))
    func nothingElseGetsTheNumberOfAStream() async throws {
        try await StagingUser.with(StagingUser.slowly) { user in
            let pull = try await user.start(after: "exec 2>&- <&-")
            for stream in [0, 2] {
                let path = "/proc/\(pull.identifier)/fd/\(stream)"
                #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == "/dev/null")
            }
            #expect(try await pull.outcome().exitCode == 0)
            #expect(try await user.examine().isPublished)
        }
    }

    @Test(.faults("L10")) func aReaderThatWentAwayIsNoError() async throws {
        try await StagingUser.with { user in
            // A pipe of which only the end that is written to is left.
            let pipe = user.home.folder.file("pipe")
            let outcome = try await user.run(
                after: "mkfifo '\(pipe)'; exec 3<>'\(pipe)'; exec 1>'\(pipe)'; exec 3<&-", ["--json"])
            #expect(outcome.exitCode == 0)
            #expect(outcome.errors == "")
            #expect(try await user.examine().isPublished)
        }
    }
}
