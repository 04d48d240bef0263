import Foundation

/// The built binary, run as a user runs it.
struct Binary {
    /// What a run left behind.
    struct Outcome {
        var exitCode: Int32
        var output: String
        var errors: String
    }

    /// The environment of every run; nothing of the developer's is inherited but what a process needs.
    var environment: [String: String] = [:]

    /// Where the test runner stands, there the binary stands too.
    static let url = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
        path: "bqpull")

    /// The program that is run.
    var program = Binary.url

    func run(_ arguments: [String], input: String = "") async throws -> Outcome {
        let running = try start(arguments)
        try running.write(input)
        return try await running.finish()
    }

    /// Starts a run that is talked to while it lasts.
    func start(_ arguments: [String]) throws -> RunningBinary {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"].merging(environment) { _, new in new }
        return try RunningBinary(process)
    }
}

/// A run of the binary that has not ended yet.
final class RunningBinary: Sendable {
    private let process: Process
    private let input = Pipe()
    private let output: Task<String, any Error>
    private let errors: Task<String, any Error>
    /// All that standard output, or standard error, has said each time that there is more.
    private let saidSoFar: AsyncStream<String>

    fileprivate init(_ process: Process) throws {
        self.process = process
        let (outputPipe, errorPipe) = (Pipe(), Pipe())
        process.standardOutput = outputPipe
        process.standardError = errorPipe
        process.standardInput = input
        try process.run()
        let (stream, continuation) = AsyncStream<String>.makeStream()
        saidSoFar = stream
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

    /// Sends a signal.
    func send(signal: Int32) {
        kill(process.processIdentifier, signal)
    }

    /// Waits until standard output or standard error has said something of this form.
    func wait(for pattern: Regex<Substring>) async throws -> String {
        for await text in saidSoFar {
            if let match = text.firstMatch(of: pattern) { return String(match.output) }
        }
        throw Silence(what: try await errors.value)
    }

    /// The run ended without having said what was waited for.
    struct Silence: Error {
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
        process.waitUntilExit()
        return Binary.Outcome(exitCode: process.terminationStatus, output: outputText, errors: errorText)
    }

    /// Reads on a thread of its own, since reading blocks; tells all that came until then.
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
