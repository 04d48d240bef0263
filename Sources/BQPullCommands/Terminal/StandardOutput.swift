import Foundation
import TextSupport

/// Standard output: data only.
enum StandardOutput {
    /// The width of the terminal in columns; 80 if the terminal does not report one, `nil` without a terminal.
    static var columns: Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Writes a value as one line of JSON. On a terminal its hidden characters are escaped as `\uXXXX`.
    ///
    /// A broken pipe is not an error.
    /// - Throws: ``CommandError`` if writing fails.
    static func writeJSON(_ value: some Encodable, hint: String? = nil) throws {
        let encoder = JSONEncoder.canonical
        encoder.dateEncodingStrategy = .iso8601
        let document = try encoder.encode(value)
        let isTerminal = isatty(STDOUT_FILENO) == 1
        let shown = isTerminal ? Data(printableJSON(String(decoding: document, as: UTF8.self)).utf8) : document
        try write(shown + Data("\n".utf8), hint: hint)
    }

    /// Writes text with its hidden characters escaped; line feeds and tabs stay.
    static func write(_ text: String) throws {
        try write(Data(printableLines(text).utf8))
    }

    /// Writes bytes unchanged.
    static func write(_ bytes: some Sequence<UInt8>, hint: String? = nil) throws {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(bytes))
        } catch {
            guard errno != EPIPE else { return }
            throw CommandError(
                .unwritableOutput, "cannot write to standard output: \(error.localizedDescription)", hint: hint)
        }
    }
}
