import Foundation
import Synchronization
import TextSupport

/// Standard error: messages and progress.
enum StandardError {
    /// Whether standard error is a terminal.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Whether the last line is a live line, which the next write replaces.
    private static let hasLiveLine = Mutex(false)

    /// Writes text, replacing the live line.
    static func write(_ text: TerminalText) {
        hasLiveLine.withLock { hasLiveLine in
            append(hasLiveLine ? "\r\u{1B}[K\(text.text)" : text.text)
            hasLiveLine = false
        }
    }

    /// Writes text with its hidden characters escaped; line feeds and tabs stay.
    static func write(_ text: String) {
        write(TerminalText(text))
    }

    /// Writes a line that the next write replaces; an empty line only clears.
    static func writeLive(_ line: String) {
        hasLiveLine.withLock { hasLiveLine in
            guard hasLiveLine || !line.isEmpty else { return }
            append("\r\u{1B}[K\(printable(line, limit: .max))")
            hasLiveLine = !line.isEmpty
        }
    }

    private static func append(_ text: String) {
        // There is nowhere to report a failure.
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
