import Foundation
import GoogleOAuth
import Synchronization

@testable import BQPullCommands

/// The built binary, started as by a user.
struct Binary {
    /// The outcome of a run.
    struct Outcome {
        var exitCode: Int32
        var output: String
        var errors: String
    }

    /// The environment of every run, without variables of the developer.
    var environment: [String: String] = [:]

    private static let needed = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"].merging(
        ProcessInfo.processInfo.environment.filter { ["ASAN_OPTIONS", "TSAN_OPTIONS"].contains($0.key) }
    ) { $1 }

    /// The binary is next to the test runner.
    static let url = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
        path: "bqpull")

    /// The program that is run.
    var program = Binary.url

    func run(_ arguments: [String], input: String = "") async throws -> Outcome {
        let running = try start(arguments)
        try running.write(input)
        return try await running.finish()
    }

    /// Starts a run for interaction.
    func start(_ arguments: [String]) throws -> RunningBinary {
        try RunningBinary(
            program.path, arguments,
            environment: Self.needed.merging(environment) { _, new in new })
    }
}

/// A run of the binary that has not ended yet.
final class RunningBinary: Sendable {
    private let process: ChildProcess
    private let end: Task<Int32, Never>
    private static let starting = Mutex(())
    private let input: Pipe
    private let output: Task<String, any Error>
    private let errors: Task<String, any Error>
    /// Standard output or standard error so far, after each read.
    private let textSoFar: AsyncStream<String>

    fileprivate init(_ program: String, _ arguments: [String], environment: [String: String]) throws {
        // A process started between these steps would inherit the pipes and keep them open.
        let (process, input, outputPipe, errorPipe) = try Self.starting.withLock { _ in
            let (input, outputPipe, errorPipe) = (Pipe(), Pipe(), Pipe())
            for pipe in [input, outputPipe, errorPipe] {
                for file in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
                    _ = fcntl(file.fileDescriptor, F_SETFD, FD_CLOEXEC)
                }
            }
            let process = try ChildProcess(
                program, arguments, environment: environment,
                streams: (
                    input.fileHandleForReading.fileDescriptor, outputPipe.fileHandleForWriting.fileDescriptor,
                    errorPipe.fileHandleForWriting.fileDescriptor
                ))
            return (process, input, outputPipe, errorPipe)
        }
        self.input = input
        self.process = process
        // Not the input: a write to an exited process would raise SIGPIPE.
        for pipe in [outputPipe, errorPipe] { try pipe.fileHandleForWriting.close() }
        end = Task {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: process.wait()) }
            }
        }
        let (stream, continuation) = AsyncStream<String>.makeStream()
        textSoFar = stream
        output = Task { try await Self.readToEnd(outputPipe) { continuation.yield($0) } }
        errors = Task {
            defer { continuation.finish() }
            return try await Self.readToEnd(errorPipe) { continuation.yield($0) }
        }
    }

    /// Types something.
    func write(_ text: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    /// The process id.
    var identifier: Int32 { process.identifier }

    /// Sends a signal.
    func send(signal: Int32) {
        kill(process.identifier, signal)
    }

    /// Waits until standard output or standard error matches a pattern.
    func wait(for pattern: Regex<Substring>) async throws -> String {
        for await text in textSoFar {
            if let match = text.firstMatch(of: pattern) { return String(match.output) }
        }
        throw NoMatch(what: try await errors.value)
    }

    /// The run ended without a match.
    struct NoMatch: Error {
        var what: String
    }

    /// Ends the input, and waits for the end.
    func finish() async throws -> Binary.Outcome {
        try input.fileHandleForWriting.close()
        return try await outcome()
    }

    /// Waits for the end; the input stays open.
    func outcome() async throws -> Binary.Outcome {
        let (outputText, errorText) = try await (output.value, errors.value)
        return Binary.Outcome(exitCode: await end.value, output: outputText, errors: errorText)
    }

    /// Reads on a separate thread, since reading blocks; reports the text so far.
    private static func readToEnd(
        _ pipe: Pipe, soFar: @escaping @Sendable (String) -> Void
    ) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Swift.Result {
                        var data = Data()
                        while true {
                            let more = pipe.fileHandleForReading.availableData
                            guard !more.isEmpty else { return String(decoding: data, as: UTF8.self) }
                            data += more
                            soFar(String(decoding: data, as: UTF8.self))
                        }
                    }
                )
            }
        }
    }
}
