import Foundation
package import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// A run of a command that returns its standard output.
///
/// Its standard input is empty, its standard error is inherited, and it leads a process group. On cancellation or
/// timeout the group receives SIGTERM, then SIGKILL when the command exits, at the latest after a second.
struct CommandRun: Sendable {
    /// The program's path and its arguments.
    let words: [String]
    let environment: [String: String]
    let timeLimit: Duration
    /// The name of the command in errors.
    let name: String

    /// Runs the command to its end.
    ///
    /// - Parameter clock: the clock of the time limit.
    /// - Returns: its standard output, at most 64 KiB.
    /// - Throws: ``OAuthError`` with code `commandFailed` if it cannot be started, takes too long, fails, or writes more
    ///   than 64 KiB; `CancellationError`.
    func output(clock: any Clock<Duration>) async throws -> [UInt8] {
        let outcome = try await withThrowingTaskGroup(of: (exitCode: Int32, output: [UInt8])?.self) { group in
            group.addTask { try await runToExit() }
            group.addTask {
                try await clock.sleep(for: timeLimit)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        try Task.checkCancellation()
        guard let outcome else {
            throw failure("took longer than \(timeLimit.components.seconds) s and was ended")
        }
        guard outcome.exitCode == 0 else { throw failure("failed with exit code \(outcome.exitCode)") }
        guard outcome.output.count <= CredentialFile.maximumSize else { throw failure("wrote more than 64 KiB") }
        return outcome.output
    }

    /// Runs the command without a time limit.
    ///
    /// - Returns: its exit code, and at most 64 KiB and one byte of its standard output. On cancellation, what it wrote
    ///   before.
    private func runToExit() async throws -> (exitCode: Int32, output: [UInt8]) {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: .seconds(1))
        ]
        do {
            let result = try await Subprocess.run(
                .path(words[0]), arguments: Arguments(Array(words.dropFirst())),
                environment: .variables(environment), platformOptions: options,
                input: .none, output: .sequence, error: .currentStandardError
            ) { execution in
                var output: [UInt8] = []
                // The sequence ends when the command exits, even if a child process holds the pipe open, but not while
                // one keeps writing.
                for try await chunk in execution.standardOutput {
                    chunk.withUnsafeBytes { output += $0.prefix(CredentialFile.maximumSize + 1 - output.count) }
                    if Task.isCancelled { break }
                }
                await execution.waitForExit()
                // Subprocess ends its teardown when the command exits, and child processes can ignore SIGTERM. The group
                // ID cannot be reused yet: the command is reaped after this closure.
                if Task.isCancelled { execution.killGroup() }
                return output
            }
            return (result.terminationStatus.exitCode, result.closureResult)
        } catch let error as SubprocessError {
            throw OAuthError.commandFailed(name, "cannot be started", cause: error)
        }
    }

    /// An error of the command. Its output can be a secret and is never shown.
    func failure(_ what: String) -> OAuthError { .commandFailed(name, what) }
}

extension OAuthError {
    /// An error of the command with this name in messages.
    static func commandFailed(_ name: String, _ what: String, cause: (any Error)? = nil) -> OAuthError {
        OAuthError(code: .commandFailed, message: "\(name) \(what)", cause: cause)
    }
}

extension Execution {
    /// Waits until the process exits, at most a day, even in a cancelled task.
    ///
    /// Subprocess lacks such a function; a teardown whose first step is the null signal waits as well.
    fileprivate func waitForExit() async {
        await teardown(using: [.send(signal: Signal(rawValue: 0), allowedDurationToNextStep: .seconds(86_400))])
    }

    /// Kills the process group. An error means that it is empty.
    fileprivate func killGroup() {
        try? send(signal: .kill, toProcessGroup: true)
    }
}

extension TerminationStatus {
    /// The exit code or, if a signal ended the process, 128 and the signal's number.
    package var exitCode: Int32 {
        switch self {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    }
}

extension Executable {
    /// The program at a path.
    package static func path(_ path: String) -> Executable { .path(FilePath(path)) }
}

extension Environment {
    /// The variables of a child process. An inherited value is passed byte for byte, since a `String` contains U+FFFD
    /// instead of invalid UTF-8.
    ///
    /// Names that begin with a digit are omitted: Subprocess rejects them, and no shell can read them.
    package static func variables(_ variables: [String: String]) -> Environment {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return .custom(variables.filter { name, _ in name.utf8.first.map(digits.contains) != true }.map(entry))
    }

    /// A variable in the form of the system, which ends with NUL. Subprocess rejects others, with the value in its error.
    private static func entry(_ name: String, _ value: String) -> [UInt8] {
        if value.unicodeScalars.contains("\u{FFFD}"), let own = getenv(name), String(cString: own) == value {
            return Array("\(name)=".utf8) + UnsafeRawBufferPointer(start: own, count: strlen(own) + 1)
        }
        return "\(name)=\(value)".utf8.prefix { $0 != 0 } + [0]
    }
}
