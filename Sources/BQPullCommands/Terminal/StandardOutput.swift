import Foundation
import TextSupport

/// Standard output: data only.
enum StandardOutput {
    static let noRoom = "make room where it goes to, or send it elsewhere"

    /// Writes a value as one line of JSON; on a terminal its hidden characters are escaped, which changes no value.
    ///
    /// A reader that went away is no error.
    /// - Throws: ``CommandError`` if it cannot be written.
    static func writeJSON(_ value: some Encodable, hint: String = noRoom) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        let document = try encoder.encode(value)
        let isTerminal = isatty(STDOUT_FILENO) == 1
        let shown = isTerminal ? Data(printableJSON(String(decoding: document, as: UTF8.self)).utf8) : document
        try write(shown + Data("\n".utf8), hint: hint)
    }

    /// Writes text for people: hidden characters in it are escaped; line feeds and tabs stay.
    static func write(_ text: String) throws {
        try write(Data(printableLines(text).utf8))
    }

    /// Writes bytes as they are.
    static func write(_ bytes: some Sequence<UInt8>, hint: String = noRoom) throws {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(bytes))
        } catch {
            guard errno != EPIPE else { return }
            throw CommandError(
                message: "standard output cannot be written: \(error.localizedDescription)",
                exitStatus: .localIO,
                hint: hint
            )
        }
    }
}
