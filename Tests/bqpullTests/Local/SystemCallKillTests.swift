import BigQueryEmulator
import Foundation
import TestSupport
import Testing

private let strace = "/usr/bin/strace"

/// Kills the binary at a system call.
///
/// Uses strace(1), which counts the calls of each thread separately.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: strace), "needs strace"))
struct SystemCallKillTests {
    /// Calls before which, and after which, a transaction, its log or its journal are complete, and the largest
    /// number of any thread's that is tried.
    private static let calls: [(call: String, numbers: [Int])] = [
        // The journal of the first transaction is complete, the file; the log, before rows are published and after.
        ("fsync,fdatasync", Sweep.whole(Array(1...12), orPart: [2, 5], orShort: [5])),
        // The commit of a journal; the end of the log.
        ("unlink", Sweep.whole(Array(1...8), orPart: [1, 3], orShort: [1])),
        // Pages and checkpoints on their way to the log, and from there to the file.
        ("pwrite64", Sweep.whole(Array(stride(from: 1, to: 240, by: 5)), orPart: [30, 77], orShort: [77])),
        ("ftruncate", Sweep.whole(Array(1...4), orPart: [1])),
    ]

    /// Runs the binary under the tracer, which kills it when a thread makes one of the calls for the n-th time.
    private func run(
        _ home: EmulatorHome, _ arguments: [String], killingAt call: String, _ number: Int
    ) async throws -> Binary.Outcome {
        var tracer = home.binary()
        tracer.program = URL(fileURLWithPath: strace)
        return try await tracer.run(
            ["-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)"]
                + ["-e", "inject=\(call):signal=SIGKILL:when=\(number)", Binary.url.path] + arguments)
    }

    @Test(.faults("L6"), .timeLimit(.minutes(10)), arguments: calls)
    func leavesTheOldOrNewTableAndContinues(_ calls: (call: String, numbers: [Int])) async throws {
        var kills = 0
        for number in calls.numbers {
            let isKilled = try await StagingUser.with { user in
                let outcome = try await run(user.home, user.command, killingAt: calls.call, number)
                #expect([0, 137].contains(outcome.exitCode), "\(outcome.errors)")
                try await user.goOn("\(calls.call), number \(number)")
                return outcome.exitCode == 137
            }
            if isKilled { kills += 1 }
        }
        #expect(kills >= min(2, calls.numbers.count) - (Sweep.isWhole ? 0 : 1))
    }

    /// The file of the credentials is the old or the new one, whole and the user's only. The first mode that is set is
    /// that of the lock file.
    @Test(
        .faults("A19"), .timeLimit(.minutes(5)),
        arguments: [("rename", 1), ("rename", 2), ("fsync", 1), ("fsync", 2), ("fchmod", 2)])
    func theCredentialsAreOldOrNew(call: String, number: Int) async throws {
        try await EmulatorHome.with(EmulatorConfiguration(rotatesRefreshTokens: true)) { home in
            #expect(try await home.logIn().exitCode == 0)
            let file = "\(home.store)/credentials.json"
            let before = try String(contentsOfFile: file, encoding: .utf8)
            let outcome = try await run(home, ["auth", "token"], killingAt: call, number)
            #expect(outcome.exitCode == 137, "\(outcome.errors)")
            let after = try String(contentsOfFile: file, encoding: .utf8)
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let token = /"refresh_token" : "[^"]+"/
            #expect(after.replacing(token, with: "") == before.replacing(token, with: ""))
            // A kill before the new file is in place loses the token; the error says what to do.
            let again = try await home.run(["auth", "token"])
            if after == before {
                #expect(again.isFailure(77), "\(again.errors)")
            } else {
                #expect(again.exitCode == 0, "\(again.errors)")
            }
        }
    }
}
