// `stdin` is a mutable variable of the C library, which locks the stream itself.
@preconcurrency import Foundation
import GoogleHTTP
import Synchronization

/// The lines of standard input, typed or piped.
final class LineInput: Sendable {
    /// Whether standard input is a terminal.
    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    private let lines: AsyncThrowingStream<String, any Error>
    private let start: Mutex<AsyncThrowingStream<String, any Error>.Continuation?>

    init() {
        let (lines, continuation) = AsyncThrowingStream<String, any Error>.makeStream()
        self.lines = lines
        start = Mutex(continuation)
    }

    /// The next line, without its end; `nil` at the end of the input, or when the task is cancelled.
    ///
    /// - Throws: ``CommandError`` for a line that is not valid UTF-8, which ends the input.
    func next() async throws -> String? {
        if let continuation = start.withLock({ $0.take() }) {
            // A separate thread, since reading blocks; it ends with the process.
            Thread.detachNewThread { Self.readLines(into: continuation) }
        }
        for try await line in lines { return line }
        return nil
    }

    /// Does not use `readLine`, which replaces invalid UTF-8.
    private static func readLines(into lines: AsyncThrowingStream<String, any Error>.Continuation) {
        var buffer: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(buffer) }
        while case let count = getline(&buffer, &capacity, stdin), count > 0 {
            let bytes = UnsafeRawBufferPointer(start: buffer, count: count)
            guard let line = String(validating: bytes, as: UTF8.self) else {
                return lines.finish(
                    throwing: CommandError(
                        .usage, "the line on standard input is not valid UTF-8", hint: "convert it to UTF-8"))
            }
            // "\r\n" is one character.
            lines.yield(line.last?.isNewline == true ? String(line.dropLast()) : line)
        }
        lines.finish()
    }

    /// Prompts for a secret, without echo.
    ///
    /// - Throws: ``CommandError`` at the end of the input or for invalid UTF-8, or `CancellationError`.
    func secret(_ question: String) async throws -> Secret {
        if Self.isTerminal { StandardError.write("\(question): ") }
        let echo = Self.isTerminal ? TerminalEcho.off() : nil
        defer {
            echo?.restore()
            if echo != nil { StandardError.write("\n") }
        }
        let line = try await next()?.trimmingCharacters(in: .whitespaces)
        try Task.checkCancellation()
        guard let line, !line.isEmpty else {
            throw CommandError(.usage, "no \(question) was given", hint: "type it, or pipe it as one line")
        }
        return Secret(line)
    }
}

/// The terminal setting that shows typed characters.
private struct TerminalEcho {
    private var settings = termios()

    /// Turns echo off; `nil` if there is no terminal.
    static func off() -> TerminalEcho? {
        var echo = TerminalEcho()
        guard tcgetattr(STDIN_FILENO, &echo.settings) == 0 else { return nil }
        var silent = echo.settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        return tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 ? echo : nil
    }

    /// Restores the previous setting.
    func restore() {
        var settings = settings
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
    }
}
