import BigQuery
import BigQueryEmulator
import BigQueryPull
import BigQueryRows
import Foundation
import GoogleHTTP
import GoogleOAuth
import RowFormats
import SQLiteStaging

/// Every exit code, and every identifier with its exit codes.
enum ErrorReference {
    /// The explanations of the identifiers, by exit code.
    private static let explanations: [ExitStatus: [String: String]] = {
        var explanations: [ExitStatus: [String: String]] = [:]
        for entry in CommandError.entries {
            for status in entry.statuses { explanations[status, default: [:]][entry.identifier] = entry.explanation }
        }
        func add<Reported: ReportedError>(_: Reported.Type) {
            for (code, entry) in Reported.entries {
                explanations[entry.exitStatus, default: [:]]["\(code)"] = entry.explanation
            }
        }
        add(PullError.self)
        add(BigQueryError.self)
        add(RowsError.self)
        add(RowFormatError.self)
        add(StagingError.self)
        add(OAuthError.self)
        add(HTTPError.self)
        add(EmulatorError.self)
        return explanations
    }()

    /// The identifiers of each exit code, sorted.
    static let identifiers = explanations.mapValues { $0.keys.sorted() }

    /// All exit codes with their identifiers.
    static var text: String {
        """
        Exit codes, and the identifiers of the errors that end with them. An identifier
        is part of the line that --log-format json writes; bqpull help errors NAME
        explains one, by identifier or exit code. 0 is success, also when the reader of
        standard output closed it.


        """ + ExitStatus.allCases.map(section).joined(separator: "\n")
    }

    /// The explanation of an identifier or an exit code; `nil` if there is none of this name.
    static func text(of name: String) -> String? {
        if let number = Int32(name) { return ExitStatus(rawValue: number).map(section) }
        let statuses = ExitStatus.allCases.filter { explanations[$0]?[name] != nil }
        guard !statuses.isEmpty else { return nil }
        // Libraries that share an identifier may explain it differently.
        let texts = Set(statuses.compactMap { explanations[$0]?[name] }).sorted()
        return "\(name)\n" + texts.map(wrapped).joined() + statuses.map { "exit code \(line($0))\n" }.joined()
    }

    private static func section(_ status: ExitStatus) -> String {
        let entries = (explanations[status] ?? [:]).sorted { $0.key < $1.key }
        return "\(line(status))\n" + entries.map { "     \($0.key)\n" + wrapped($0.value) }.joined()
    }

    private static func line(_ status: ExitStatus) -> String {
        let number = "\(status.rawValue)".padding(toLength: 5, withPad: " ", startingAt: 0)
        return number + status.meaning
    }

    private static func wrapped(_ explanation: String) -> String {
        var lines = [""]
        for word in explanation.split(separator: " ") {
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
