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
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"].merging(environment) { _, new in new }
        let (output, errors, standardInput) = (Pipe(), Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = standardInput
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        async let outputData = Self.readToEnd(output)
        async let errorData = Self.readToEnd(errors)
        let (outputText, errorText) = try await (outputData, errorData)
        process.waitUntilExit()
        return Outcome(exitCode: process.terminationStatus, output: outputText, errors: errorText)
    }

    /// Reads on a thread of its own, since reading blocks.
    private static func readToEnd(_ pipe: Pipe) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Swift.Result {
                        String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
                    }
                )
            }
        }
    }
}
