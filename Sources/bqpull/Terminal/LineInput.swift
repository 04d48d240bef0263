import Foundation
import GoogleHTTP
import Synchronization

/// The lines of standard input, as a person or a script gives them.
final class LineInput: Sendable {
    /// Whether a person is there to answer.
    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    private let lines: AsyncStream<String>
    private let start: Mutex<AsyncStream<String>.Continuation?>

    init() {
        let (lines, continuation) = AsyncStream<String>.makeStream()
        self.lines = lines
        start = Mutex(continuation)
    }

    /// The next line, without its end; `nil` at the end of the input, or when the task is cancelled.
    func next() async -> String? {
        if let continuation = start.withLock({ $0.take() }) {
            // A thread of its own, since reading blocks; it ends with the process.
            Thread.detachNewThread {
                while let line = readLine() { continuation.yield(line) }
                continuation.finish()
            }
        }
        for await line in lines { return line }
        return nil
    }

    /// Asks for something that the terminal does not show while it is typed.
    ///
    /// - Throws: ``CommandError`` at the end of the input, or `CancellationError`.
    func secret(_ question: String) async throws -> Secret {
        if Self.isTerminal { StandardError.write("\(question): ") }
        let echo = Self.isTerminal ? TerminalEcho.off() : nil
        defer {
            echo?.restore()
            if echo != nil { StandardError.write("\n") }
        }
        let line = await next()?.trimmingCharacters(in: .whitespaces)
        try Task.checkCancellation()
        guard let line, !line.isEmpty else {
            throw CommandError(
                message: "no \(question) was given", exitStatus: .usage,
                hint: "type it, or pipe it as one line"
            )
        }
        return Secret(line)
    }
}

/// The terminal's setting that shows what is typed.
private struct TerminalEcho {
    private var settings = termios()

    /// Turns it off; `nil` if there is no terminal to turn it off for.
    static func off() -> TerminalEcho? {
        var echo = TerminalEcho()
        guard tcgetattr(STDIN_FILENO, &echo.settings) == 0 else { return nil }
        var silent = echo.settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        return tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 ? echo : nil
    }

    /// Sets it as it was.
    func restore() {
        var settings = settings
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
    }
}
