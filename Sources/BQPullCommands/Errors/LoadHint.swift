import BigQueryPull
import Foundation
import SQLiteStaging
import TextSupport

/// The commands to type after an error about a load: the command that failed, with the options to choose from.
struct LoadHint {
    /// The command that failed.
    let command: TypedCommand
    /// The query, or `-`, if it is an argument of the command.
    var argument: String?
    /// The text of the query.
    var sql: String?

    /// The default name of a load column in hints.
    static let loadColumn = "load_name"

    /// Adds the commands to an error of `body` about a load.
    func explaining<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as PullError {
            guard let hint = text(error) else { throw error }
            throw error.hinted(hint)
        }
    }

    /// The hint; `nil` if the hint of the error table suffices.
    func text(_ error: PullError) -> String? {
        let choices = choices(error)
        guard !choices.isEmpty else { return nil }
        return choices.map { "\($0.purpose):\n  \($0.command.text)" }.joined(separator: "\n")
    }

    /// A command, and what it is for.
    private struct Choice {
        var purpose: String
        var command: TypedCommand
    }

    private func choices(_ error: PullError) -> [Choice] {
        switch error.detail {
        case .changedQuery(let name, let newName, let needsLoadColumn):
            let isBounded = command.value(of: "--since") != nil
            return [
                Choice(
                    purpose: "pull it as a load of its own\(isBounded ? "" : ", from the beginning")",
                    command: needsLoadColumn ? addingLoadColumn(to: named(newName)) : named(newName)),
                Choice(
                    purpose: "or continue the load \(printable(name, limit: 200))\(isBounded ? "" : " at its mark")",
                    command: command.setting("--same-load")),
            ]
        case .takenName(let newName):
            return [Choice(purpose: "give the load another name", command: named(newName))]
        case .rowsWithoutLoad(let mark):
            let beginning = Choice(
                purpose: mark == nil ? "compare all rows" : "or compare all rows",
                command: command.setting("--since", "beginning"))
            guard let mark else { return [beginning] }
            return [
                Choice(
                    purpose: "add the rows from the mark on that the table does not have",
                    command: command.setting("--since", mark)),
                beginning,
            ]
        case .unassigned(let loads):
            return loads.map { choice($0, isShared: loads.count > 1) }
        case .loadColumn(let column):
            return [
                Choice(
                    purpose: "use the load column of the table", command: command.setting("--load-column", column))
            ]
        case .missingKeyColumn(let column):
            let key = command.value(of: "--key").map { "\($0),\(column)" } ?? column
            return [Choice(purpose: "add the column to the key", command: command.setting("--key", key))]
        case nil where error.code == .loadColumnRequired:
            return [
                Choice(purpose: "add a column for the names of the loads", command: addingLoadColumn(to: command))
            ]
        case .noIncrementalColumn, .limitClause, .replacesRows, .similarName, .unselectedColumn, .timestampPrecision,
            nil:
            return []
        }
    }

    /// The command of a query that an earlier version has pulled into the table.
    private func choice(_ source: PullError.NamedLoad, isShared: Bool) -> Choice {
        let load = source.load
        var command = named(source.name).setting("--since", load.highWaterMark ?? "beginning")
        if isShared, isMode(.append) || isMode(.deleteInsert) { command = addingLoadColumn(to: command) }
        if load.sql != sql {
            command =
                argument.map { command.replacing($0, with: load.sql) }
                ?? command.setting("--file", []).adding(load.sql)
        }
        let query = printable(load.sql.split(whereSeparator: \.isWhitespace).joined(separator: " "), limit: 120)
        let parameters = ScalarParameters(json: load.parameters)?.texts
        if let parameters { command = command.setting("--param", parameters) }
        let list = parameters?.joined(separator: ", ") ?? load.parameters
        let suffix = list.isEmpty ? "" : " with \(printable(list, limit: 300))"
        return Choice(purpose: "continue \(query)\(suffix)", command: command)
    }

    private func named(_ name: String) -> TypedCommand { command.setting("--load", name) }

    /// The command with a load column, unless it has one. Delete-insert needs it in the key.
    private func addingLoadColumn(to command: TypedCommand) -> TypedCommand {
        guard command.value(of: "--load-column") == nil else { return command }
        let command = command.setting("--load-column", Self.loadColumn)
        guard isMode(.deleteInsert), let key = command.value(of: "--key") else { return command }
        return command.setting("--key", "\(key),\(Self.loadColumn)")
    }

    private func isMode(_ mode: StagingTarget.ExistingTable) -> Bool {
        command.value(of: "--if-exists") == mode.rawValue
    }
}

/// Recorded parameters of a query, all of which are scalars.
private struct ScalarParameters {
    /// The values of `--param`.
    let texts: [String]

    private struct Parameter: Decodable {
        struct Kind: Decodable {
            var type: String
        }

        struct Value: Decodable {
            var value: String?
        }

        var name: String?
        var parameterType: Kind
        var parameterValue: Value
    }

    /// Decodes the parameters of a job configuration; `nil` if one of them is not a scalar.
    init?(json: String) {
        guard let parameters = try? JSONDecoder().decode([Parameter].self, from: Data(json.utf8)) else { return nil }
        var texts: [String] = []
        for parameter in parameters {
            let type = parameter.parameterType.type
            guard !["ARRAY", "STRUCT", "RANGE"].contains(type) else { return nil }
            // NULL is a text of type STRING.
            guard let value = parameter.parameterValue.value ?? (type == "STRING" ? nil : "NULL") else { return nil }
            texts.append("\(parameter.name ?? ""):\(type):\(value)")
        }
        self.texts = texts
    }
}
