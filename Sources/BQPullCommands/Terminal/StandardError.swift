import Foundation
import Synchronization
import TextSupport

/// Standard error. What cannot be written there is lost: there is no other place to say so.
enum StandardError {
    /// Whether somebody reads it on a terminal.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Whether the last line is one that is written over.
    private static let hasLiveLine = Mutex(false)

    /// Writes text, in the place of the live line if there is one.
    static func write(_ text: TerminalText) {
        hasLiveLine.withLock { hasLiveLine in
            append(hasLiveLine ? "\r\u{1B}[K\(text.text)" : text.text)
            hasLiveLine = false
        }
    }

    /// Writes text for people: hidden characters in it are escaped; line feeds and tabs stay.
    static func write(_ text: String) {
        write(TerminalText(text))
    }

    /// Writes a line that the next thing which is written takes the place of; an empty one only clears.
    static func writeLive(_ line: String) {
        hasLiveLine.withLock { hasLiveLine in
            guard hasLiveLine || !line.isEmpty else { return }
            append("\r\u{1B}[K\(printable(line, limit: .max))")
            hasLiveLine = !line.isEmpty
        }
    }

    private static func append(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
