import BigQueryEmulator
import Foundation
import GoogleOAuth
import Subprocess
import TestSupport

@testable import BQPullCommands

#if canImport(Glibc)
import Glibc
#endif
#if canImport(System)
import System
#else
import SystemPackage
#endif

/// A pseudoterminal in which a command runs, and its output.
final class Terminal: Sendable {
    private let controller: FileHandle
    private let terminal: Int32
    private let arguments: [String]
    private let environment: [String: String]

    /// A terminal of 24 lines for all three streams of the binary of a home.
    init(
        _ home: EmulatorHome, _ arguments: [String], columns: UInt16 = 80, environment: [String: String] = [:]
    ) throws {
        let (controller, terminal) = try Self.open(columns: columns)
        self.controller = FileHandle(fileDescriptor: controller, closeOnDealloc: true)
        self.terminal = terminal
        self.arguments = arguments
        let ours = [
            "PATH": "/usr/bin:/bin", "HOME": home.folder.path, "XDG_CONFIG_HOME": home.folder.file("config"),
            "TERM": "xterm", "BIGQUERY_EMULATOR_HOST": home.emulator.endpoint, "BQPULL_CREDENTIALS": home.credentials,
        ]
        self.environment = ours.merging(environment) { $1 }
    }

    /// Runs the binary; types `answer` at `question`. Call it once.
    ///
    /// - Returns: the output with its control sequences, and the exit code.
    func finish(
        answering question: String? = nil, with answer: String = ""
    ) async throws -> (text: String, exitCode: Int32) {
        try await finish(at: question) { [controller] _ in
            // If the binary has exited, its output and exit code say so.
            try? controller.write(contentsOf: Data(answer.utf8))
        }
    }

    /// Runs the binary, and sends SIGINT at `question`. Call it once.
    func finish(interruptedAt question: String) async throws -> (text: String, exitCode: Int32) {
        try await finish(at: question) { process in kill(process.value, SIGINT) }
    }

    private func finish(
        at question: String?, _ action: @escaping @Sendable (ProcessIdentifier) -> Void
    ) async throws -> (text: String, exitCode: Int32) {
        let stream = FileDescriptor(rawValue: terminal)
        let result = try await Subprocess.run(
            .path(Binary.url.path), arguments: Arguments(arguments), environment: .variables(environment),
            input: .fileDescriptor(stream, closeAfterSpawningProcess: false),
            output: .fileDescriptor(stream, closeAfterSpawningProcess: false),
            error: .fileDescriptor(stream, closeAfterSpawningProcess: false)
        ) { [terminal] execution in
            // The output ends when no process has the terminal open.
            close(terminal)
            return await readToEnd(at: question) { action(execution.processIdentifier) }
        }
        return (result.closureResult, result.terminationStatus.exitCode)
    }

    /// Reads on a separate thread, since reading blocks.
    private func readToEnd(at question: String?, _ action: @escaping @Sendable () -> Void) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [controller] in
                var text: [UInt8] = []
                var isAnswered = question == nil
                var buffer = [UInt8](repeating: 0, count: 4096)
                while true {
                    let count = read(controller.fileDescriptor, &buffer, buffer.count)
                    // On Linux, reading fails once the terminal is closed.
                    guard count > 0 else { break }
                    text += buffer[..<count]
                    if !isAnswered, let question, String(decoding: text, as: UTF8.self).contains(question) {
                        isAnswered = true
                        action()
                    }
                }
                continuation.resume(returning: String(decoding: text, as: UTF8.self))
            }
        }
    }

    static func open(columns: UInt16 = 80) throws -> (controller: Int32, terminal: Int32) {
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        #if canImport(Darwin)
        var (controller, terminal): (Int32, Int32) = (-1, -1)
        guard openpty(&controller, &terminal, nil, nil, &size) == 0 else { throw POSIXError(.EIO) }
        #else
        // openpty(3), which the Glibc module does not have.
        let (unlocking, numbering): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
        let controller = Glibc.open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (unlock, number): (Int32, UInt32) = (0, 0)
        guard controller >= 0, ioctl(controller, unlocking, &unlock) == 0,
            ioctl(controller, numbering, &number) == 0
        else { throw POSIXError(.EIO) }
        let terminal = Glibc.open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard terminal >= 0, ioctl(terminal, UInt(TIOCSWINSZ), &size) == 0 else { throw POSIXError(.EIO) }
        #endif
        return (controller, terminal)
    }
}
