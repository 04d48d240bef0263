import Foundation
import Synchronization

/// A run of a command for what it writes to standard output.
///
/// It reads nothing, and its standard error is this process's. With all that it started it is ended when the caller is
/// cancelled or the time is over.
struct CommandRun: Sendable {
    /// How it ended, and what it wrote.
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
    /// What the command is called in errors.
    let name: String

    /// Runs it to its end.
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

    /// An error of the command. What it wrote may be a secret and is never repeated.
    func failure(_ what: String) -> OAuthError { .commandFailed(name, what) }
}

extension OAuthError {
    /// An error of the command with this name in messages.
    static func commandFailed(_ name: String, _ what: String, cause: (any Error)? = nil) -> OAuthError {
        OAuthError(
            code: .commandFailed, message: "\(name) \(what)", cause: cause)
    }
}

/// A command that has not ended yet.
private final class RunningCommand: Sendable {
    private let process: ChildProcess
    private let pipe: Pipe
    private struct State {
        /// Whether its process id is free again.
        var hasEnded = false
        /// Whether it was asked to end, with all that it started.
        var isToEnd = false
    }

    private let state = Mutex(State())

    /// How long a command may take to end when it is asked to.
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

    /// Waits for its end, which cancellation brings about.
    func outcome() async -> CommandRun.Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // On a thread of its own, since reading and waiting block.
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
                // What it started may live on; as long as its end was not taken note of, the group's id is its own.
                if state.isToEnd { kill(-process.identifier, SIGKILL) }
                state.hasEnded = true
                return process.wait()
            }
            // The end of the process counts, not the pipe's, which something that it left behind may hold open.
            if let exitCode {
                _ = readWhatIsThere(&output)
                return CommandRun.Outcome(exitCode: exitCode, output: output)
            }
            if isClosed { usleep(10_000) }
        }
    }

    /// Waits a moment for output and takes it.
    ///
    /// - Returns: whether no more can come.
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
