import ArgumentParser
import Foundation
import GoogleHTTP

/// Where the text of a query comes from.
struct QueryText: ParsableArguments {
    @Argument(help: ArgumentHelp("The SQL text; - reads it from standard input.", valueName: "sql"))
    var sql: String?

    @Option(help: ArgumentHelp("A file with the SQL text.", valueName: "path"))
    var file: String?

    /// Whether it comes from one place.
    var isGiven: Bool { (sql == nil) != (file == nil) }

    /// The text.
    func read() throws -> String { try Self.read(sql, file: file) }

    /// The text of an argument or a file.
    static func read(_ sql: String?, file: String?) throws -> String {
        let text: String?
        switch (sql, file) {
        case ("-", _): text = String(data: try FileHandle.standardInput.readToEnd() ?? Data(), encoding: .utf8)
        case (let sql?, _): text = sql
        case (nil, let path): text = try? String(contentsOfFile: path ?? "", encoding: .utf8)
        }
        guard let text else {
            throw CommandError(
                message: "the SQL text cannot be read from \(file ?? "standard input")",
                exitStatus: .inputMissing,
                hint: "it must be a readable file in UTF-8"
            )
        }
        guard !text.allSatisfy(\.isWhitespace) else {
            throw CommandError(
                message: "the SQL text is empty", exitStatus: .usage,
                hint: "give a query, for example 'SELECT 1 AS one'")
        }
        // SQL has at least two words.
        guard text.contains(where: { $0.isWhitespace || $0 == "(" }) else {
            let name = printable(text, limit: 200)
            throw CommandError(
                message: "\"\(name)\" is no SQL text", exitStatus: .usage,
                hint: FileManager.default.fileExists(atPath: text)
                    ? "read SQL from a file with --file \(shellWord(name))"
                    : "pull a table with bqpull table \(shellWord(name)), or query it: 'SELECT * FROM \(name)'")
        }
        return text
    }
}
