import BigQuery
import BigQueryEmulator
import BigQueryPull
import BigQueryRows
import Foundation
import GoogleHTTP
import GoogleOAuth
import SQLiteStaging

/// Every exit code, and every identifier with the exit code that it ends with.
enum ErrorReference {
    /// The identifiers of each exit code, sorted.
    static let identifiers: [ExitStatus: [String]] = {
        var identifiers: [ExitStatus: Set<String>] = [
            .usage: ["usage", "noProject", "notConfirmed"], .unexpected: ["unexpected"],
            .systemLimit: ["outOfResources"], .badData: ["emptyLine"],
            .cannotCreate: ["cannotWrite"], .interrupted: ["interrupted"], .terminated: ["interrupted"],
            .hungUp: ["interrupted"],
        ]
        func add<Code: CustomStringConvertible>(_ codes: [Code], _ status: (Code) -> ExitStatus) {
            for code in codes { identifiers[status(code), default: []].insert("\(code)") }
        }
        add(BigQueryError.Code.all, Failure.exitStatus)
        add(PullError.Code.all, Failure.exitStatus)
        add(RowsError.Code.all, Failure.exitStatus)
        add(StagingError.Code.all, Failure.exitStatus)
        add(OAuthError.Code.all, Failure.exitStatus)
        add(HTTPError.Code.all, Failure.exitStatus)
        add(EmulatorError.Code.all, Failure.exitStatus)
        return identifiers.mapValues { $0.sorted() }
    }()

    /// All exit codes with their identifiers.
    static var text: String {
        let statuses = ExitStatus.allCases.map { status in
            let names = (identifiers[status] ?? []).map { "     \($0)\n" + explanation($0) }
            return "\(Self.line(status))\n" + names.joined()
        }
        return """
            Exit codes, and the identifiers of the errors that end with them. An identifier
            stands in the line of --log-format json; bqpull help errors NAME explains one,
            by identifier or exit code. 0 is success, also when the reader of standard
            output went away.


            """ + statuses.joined(separator: "\n")
    }

    /// What a name or a number means; `nil` if there is none.
    static func text(of name: String) -> String? {
        if let number = Int32(name) {
            guard let status = ExitStatus(rawValue: number) else { return nil }
            return "\(line(status))\n" + (identifiers[status] ?? []).map { "     \($0)\n" + explanation($0) }.joined()
        }
        let statuses = ExitStatus.allCases.filter { identifiers[$0]?.contains(name) == true }
        guard !statuses.isEmpty else { return nil }
        return "\(name)\n" + explanation(name) + statuses.map { "exit code \(line($0))\n" }.joined()
    }

    private static func line(_ status: ExitStatus) -> String {
        let number = "\(status.rawValue)".padding(toLength: 5, withPad: " ", startingAt: 0)
        return number + status.meaning
    }

    private static func explanation(_ identifier: String) -> String {
        var lines = [""]
        for word in (ErrorExplanation.texts[identifier] ?? "").split(separator: " ") {
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
