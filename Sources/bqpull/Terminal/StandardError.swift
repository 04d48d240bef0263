import Foundation

/// Standard error. What cannot be written there is lost: there is no other place to say so.
enum StandardError {
    /// Whether somebody reads it on a terminal.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    static func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
