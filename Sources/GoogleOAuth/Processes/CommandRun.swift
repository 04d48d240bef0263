import Foundation
import Synchronization

/// A run of a command that returns its standard output.
///
/// Its standard input is empty, and its standard error is inherited. On cancellation or timeout it is terminated with
/// its child processes.
struct CommandRun: Sendable {
    /// The exit code and the output.
    struct Outcome: Sendable {
        /// The exit code or, if a signal ended it, 128 and the signal's number.
        var exitCode: Int32
        /// At most 64 KiB and one byte.
        var output: [UInt8]
    }

    /// The program's path and its arguments.
    let words: [String]
    let environment: [String: String]
    let timeLimit: Duration
    /// The name of the command in errors.
    let name: String

    /// Runs the command to its end.
    ///
    /// - Throws: ``OAuthError`` with code `commandFailed` if it cannot be started, takes too long, fails, or writes more
    ///   than 64 KiB; `CancellationError`.
    func output(clock: any Clock<Duration>) async throws -> [UInt8] {
        let running = try RunningCommand(words, environment: environment, name: name)
        let outcome = try await withThrowingTaskGroup(of: Outcome?.self) { group in
            group.addTask { await running.outcome() }
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

    /// An error of the command. Its output can be a secret and is never shown.
    func failure(_ what: String) -> OAuthError { .commandFailed(name, what) }
}

extension OAuthError {
    /// An error of the command with this name in messages.
    static func commandFailed(_ name: String, _ what: String, cause: (any Error)? = nil) -> OAuthError {
        OAuthError(
            code: .commandFailed, message: "\(name) \(what)", cause: cause)
    }
}

/// A running command.
private final class RunningCommand: Sendable {
    private let process: ChildProcess
    private let pipe: Pipe
    private struct State {
        /// Whether its process ID can be reused.
        var hasEnded = false
        /// Whether it was signalled to exit, with its child processes.
        var isToEnd = false
    }

    private let state = Mutex(State())

    /// The time between SIGTERM and SIGKILL.
    private static let patience: TimeInterval = 1

    init(_ words: [String], environment: [String: String], name: String) throws {
        pipe = Pipe()
        for file in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
            _ = fcntl(file.fileDescriptor, F_SETFD, FD_CLOEXEC)
        }
        _ = fcntl(pipe.fileHandleForReading.fileDescriptor, F_SETFL, O_NONBLOCK)
        let nowhere = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(nowhere) }
        do {
            process = try ChildProcess(
                words[0], Array(words.dropFirst()), environment: environment,
                streams: (nowhere, pipe.fileHandleForWriting.fileDescriptor, STDERR_FILENO), isApart: true)
        } catch {
            throw OAuthError.commandFailed(name, "cannot be started", cause: error)
        }
        try pipe.fileHandleForWriting.close()
    }

    /// Waits until the command exits. Cancellation terminates it.
    func outcome() async -> CommandRun.Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // On another thread, since reading and waiting block.
                Thread.detachNewThread { continuation.resume(returning: self.readToEnd()) }
            }
        } onCancel: {
            signal(SIGTERM)
            DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { self.signal(SIGKILL) }
        }
    }

    private func signal(_ number: Int32) {
        state.withLock { state in
            state.isToEnd = true
            if !state.hasEnded { kill(-process.identifier, number) }
        }
    }

    private func readToEnd() -> CommandRun.Outcome {
        var output: [UInt8] = []
        while true {
            let isClosed = readWhatIsThere(&output)
            let exitCode = state.withLock { state -> Int32? in
                guard process.hasEnded else { return nil }
                // Its child processes can still run. Until it is reaped, the group ID cannot be reused.
                if state.isToEnd { kill(-process.identifier, SIGKILL) }
                state.hasEnded = true
                return process.wait()
            }
            // The exit of the process counts, not the end of the pipe, which a child process can hold open.
            if let exitCode {
                _ = readWhatIsThere(&output)
                return CommandRun.Outcome(exitCode: exitCode, output: output)
            }
            if isClosed { usleep(10_000) }
        }
    }

    /// Waits briefly for output and reads it.
    ///
    /// - Returns: whether the pipe is closed.
    private func readWhatIsThere(_ output: inout [UInt8]) -> Bool {
        let descriptor = pipe.fileHandleForReading.fileDescriptor
        var readiness = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&readiness, 1, 20)
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return count == 0 }
            output += chunk.prefix(min(count, CredentialFile.maximumSize + 1 - output.count))
        }
    }
}
