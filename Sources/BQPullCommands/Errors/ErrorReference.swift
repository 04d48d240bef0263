import BigQuery
import BigQueryEmulator
import BigQueryPull
import BigQueryRows
import Foundation
import GoogleHTTP
import GoogleOAuth
import RowFormats
import SQLiteStaging

/// The text of `bqpull help errors`: the exit codes, and the identifiers of the errors that end with each.
enum ErrorReference {
    /// An identifier that a command can report, with one of its exit codes.
    struct Entry {
        let identifier: String
        let exitStatus: ExitStatus
        let explanation: String
        /// The default hint of the error; a command can have a more specific one.
        let hint: String?
    }

    /// The tables of all errors, sorted by identifier. Errors that share an identifier have an entry each.
    static let entries: [Entry] = {
        let errors: [any ReportedError.Type] = [
            CommandError.self, PullError.self, BigQueryError.self, RowsError.self, RowFormatError.self,
            StagingError.self, OAuthError.self, HTTPError.self, EmulatorError.self,
        ]
        func entries<Reported: ReportedError>(_: Reported.Type) -> [Entry] {
            Reported.entries.map { code, entry in
                Entry(
                    identifier: "\(code)", exitStatus: entry.exitStatus, explanation: entry.explanation,
                    hint: entry.hint)
            }
        }
        return errors.flatMap { entries($0) }.sorted {
            ($0.identifier, $0.explanation) < ($1.identifier, $1.explanation)
        }
    }()

    /// All exit codes with their identifiers.
    static var text: String {
        """
        Exit codes, and the identifiers of the errors that end with them. With
        --log-format json, an error includes its identifier. bqpull help errors NAME
        explains one, by identifier or exit code. 0 is success, also if the reader of
        standard output closed it.


        """ + ExitStatus.allCases.map(section).joined(separator: "\n")
    }

    /// The explanation of an identifier or an exit code; `nil` for an unknown name.
    static func text(of name: String) -> String? {
        if let number = Int32(name) { return ExitStatus(rawValue: number).map(section) }
        let found = entries.filter { $0.identifier == name }
        guard !found.isEmpty else { return nil }
        let codes = Set(found.map(\.exitStatus.rawValue)).sorted().compactMap(ExitStatus.init)
        return "\(name)\n" + explanations(found) + codes.map { "exit code \(line($0))\n" }.joined()
    }

    private static func section(_ status: ExitStatus) -> String {
        let identifiers = Dictionary(grouping: entries.filter { $0.exitStatus == status }, by: \.identifier)
        return "\(line(status))\n"
            + identifiers.sorted { $0.key < $1.key }.map { "     \($0.key)\n" + explanations($0.value) }.joined()
    }

    private static func explanations(_ entries: [Entry]) -> String {
        Set(entries.map { wrapped($0.explanation) + ($0.hint.map { wrapped("hint: \($0)") } ?? "") }).sorted().joined()
    }

    private static func line(_ status: ExitStatus) -> String {
        let number = "\(status.rawValue)".padding(toLength: 5, withPad: " ", startingAt: 0)
        return number + status.meaning
    }

    private static func wrapped(_ text: String) -> String {
        var lines = [""]
        for word in text.split(separator: " ") {
            let line = lines[lines.count - 1]
            if line.isEmpty {
                lines[lines.count - 1] = String(word)
            } else if line.count + 1 + word.count <= 70 {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines.map { "         \($0)\n" }.joined()
    }
}
