import Foundation
import GoogleOAuth
import Subprocess

@testable import BQPullCommands

#if canImport(System)
import System
#else
import SystemPackage
#endif

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
        let running = try await start(arguments)
        try running.write(input)
        return try await running.finish()
    }

    /// Starts a run for interaction.
    func start(_ arguments: [String]) async throws -> RunningBinary {
        try await RunningBinary(
            program.path, arguments,
            environment: Self.needed.merging(environment) { _, new in new })
    }
}

/// A run of the binary that has not ended yet.
final class RunningBinary: Sendable {
    /// The process ID.
    let identifier: Int32
    /// Both ends stay open until the end: a write to an exited process would raise SIGPIPE.
    private let input = Pipe()
    private let end: Task<Binary.Outcome, any Error>
    /// Standard output or standard error so far, after each read.
    private let textSoFar: AsyncStream<String>

    fileprivate init(_ program: String, _ arguments: [String], environment: [String: String]) async throws {
        let (texts, text) = AsyncStream<String>.makeStream()
        let (starts, start) = AsyncStream<Int32>.makeStream()
        let descriptor = FileDescriptor(rawValue: input.fileHandleForReading.fileDescriptor)
        end = Task {
            defer {
                start.finish()
                text.finish()
            }
            let result = try await Subprocess.run(
                .path(program), arguments: Arguments(arguments), environment: .variables(environment),
                input: .fileDescriptor(descriptor, closeAfterSpawningProcess: false),
                output: .sequence, error: .sequence
            ) { execution in
                start.yield(execution.processIdentifier.value)
                async let output = Self.readToEnd(execution.standardOutput) { text.yield($0) }
                async let errors = Self.readToEnd(execution.standardError) { text.yield($0) }
                return try await (output, errors)
            }
            let (output, errors) = result.closureResult
            return Binary.Outcome(exitCode: result.terminationStatus.exitCode, output: output, errors: errors)
        }
        textSoFar = texts
        var iterator = starts.makeAsyncIterator()
        guard let identifier = await iterator.next() else { throw NotStarted(cause: await end.result) }
        self.identifier = identifier
    }

    /// Types something.
    func write(_ text: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    /// Sends a signal.
    func send(signal: Int32) {
        kill(identifier, signal)
    }

    /// Waits until standard output or standard error matches a pattern.
    func wait(for pattern: Regex<Substring>) async throws -> String {
        for await text in textSoFar {
            if let match = text.firstMatch(of: pattern) { return String(match.output) }
        }
        throw NoMatch(what: try await end.value.errors)
    }

    /// The run ended without a match.
    struct NoMatch: Error {
        var what: String
    }

    /// The program did not start.
    struct NotStarted: Error {
        var cause: Result<Binary.Outcome, any Error>
    }

    /// Ends the input, and waits for the end.
    func finish() async throws -> Binary.Outcome {
        try input.fileHandleForWriting.close()
        return try await outcome()
    }

    /// Waits for the end; the input stays open.
    func outcome() async throws -> Binary.Outcome {
        try await end.value
    }

    /// Reports the text so far after each read.
    private static func readToEnd(
        _ output: SubprocessOutputSequence, soFar: @Sendable (String) -> Void
    ) async throws -> String {
        var bytes: [UInt8] = []
        for try await chunk in output {
            chunk.withUnsafeBytes { bytes += $0 }
            soFar(String(decoding: bytes, as: UTF8.self))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
