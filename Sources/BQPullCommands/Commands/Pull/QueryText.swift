import ArgumentParser
import Foundation
import GoogleHTTP
import TextSupport

/// The SQL text of a query: an argument, a file or standard input.
struct QueryText: ParsableArguments {
    @Argument(help: ArgumentHelp("The SQL text; - reads it from standard input.", valueName: "sql"))
    var sql: String?

    @Option(help: ArgumentHelp("A file with the SQL text.", valueName: "path"))
    var file: String?

    /// Whether exactly one source is given.
    var isGiven: Bool { (sql == nil) != (file == nil) }

    /// The text.
    func read() throws -> String { try Self.read(sql, file: file) }

    /// The text of an argument or a file.
    static func read(_ sql: String?, file: String?) throws -> String {
        let text = if let sql, sql != "-" { sql } else { try contents(of: file) }
        guard !text.allSatisfy(\.isWhitespace) else {
            throw CommandError(.usage, "the SQL text is empty", hint: "pass a query, for example 'SELECT 1 AS one'")
        }
        // SQL has at least two words.
        guard text.contains(where: { $0.isWhitespace || $0 == "(" }) else {
            let name = printable(text, limit: 200)
            throw CommandError(
                .usage, "\"\(name)\" is not SQL",
                hint: FileManager.default.fileExists(atPath: text)
                    ? "read SQL from a file with --file \(shellWord(name))"
                    : "pull a table with bqpull table \(shellWord(name)), or query it: 'SELECT * FROM \(name)'")
        }
        return text
    }

    /// The text of a file, or of standard input.
    private static func contents(of file: String?) throws -> String {
        let bytes: [UInt8]
        do throws(InputFileError) {
            let limit = InputFile.maximumTextSize
            if let file {
                bytes = try InputFile.read(file, limit: limit)
            } else {
                bytes = try InputFile.readStandardInput(limit: limit)
            }
        } catch {
            throw CommandError(
                .unreadableInput, "the SQL text of \(printable(file ?? "standard input")) \(error.reason)",
                hint: error.hint)
        }
        guard let text = String(bytes: bytes, encoding: .utf8) else {
            throw CommandError(
                .unreadableInput, "the SQL text of \(printable(file ?? "standard input")) is not valid UTF-8",
                hint: "convert it to UTF-8")
        }
        return text
    }
}
