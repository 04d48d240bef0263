import BigQuery
import Foundation
import SQLiteStaging
import TextSupport

/// The load that a pull names, and its bounds as given.
struct LoadOptions: Sendable {
    /// The explicit name.
    var load: String?
    var incrementalColumn: String?
    var continuesChangedQuery = false
    var since: LowerBound?
    var until: String?
    var lookback: Lookback?
    var countsNulls = false
    /// The project billed for the query, or of the table.
    var project: String
    /// The query as written by the user, or the name of the table.
    var sql: String
    /// The parameters of the query, or the selection of the table, as canonical JSON.
    var parameters: String

    /// The name of the load of a pull into `target`; `nil` for a plain pull.
    func name(into target: StagingTarget) -> String? {
        load ?? (incrementalColumn == nil ? nil : target.table)
    }

    /// Whether the query places the watermark itself.
    var usesWatermark: Bool { incrementalColumn != nil && IncrementalQuery.usesWatermark(sql) }
}

extension LoadOptions {
    /// Rejects everything that is wrong whatever the database and the columns of the result are.
    func check(into target: StagingTarget) throws {
        if let load { try Self.check(name: load) }
        if target.loadColumn != nil, name(into: target) == nil {
            throw PullError(
                code: .notIncremental, message: "the target has a load column, but the pull does not belong to a load")
        }
        guard let incrementalColumn else { return try checkPlain() }
        if target.ifExists == .deleteInsert,
            !target.key.contains(where: { SQLiteName($0) == SQLiteName(incrementalColumn) })
        {
            throw PullError(
                code: .notIncremental,
                message: """
                    the incremental column \(incrementalColumn) is not part of the key, so rows that were not read would \
                    be deleted
                    """,
                detail: .missingKeyColumn(incrementalColumn))
        }
        if usesWatermark { try checkWatermark(target) }
        try checkBounds()
    }

    private static func check(name: String) throws(StagingError) {
        guard !name.isEmpty, !name.utf8.contains(0) else {
            throw StagingError(code: .invalidName, message: "the name of the load is empty or contains NUL")
        }
    }

    private func checkPlain() throws(PullError) {
        let option: String? =
            if since != nil || until != nil {
                "bounds"
            } else if lookback != nil {
                "a lookback"
            } else if countsNulls {
                "counting rows without a value"
            } else {
                nil
            }
        if let option {
            throw PullError(
                code: .notIncremental, message: "\(option) without an incremental column", detail: .noIncrementalColumn)
        }
        let parameter = IncrementalQuery.parameter
        guard IncrementalQuery.usesWatermark(sql),
            Self.decode(parameters)?.contains(where: { $0.name?.lowercased() == parameter }) != true
        else { return }
        throw PullError(
            code: .notIncremental, message: "the query contains @\(parameter), but the pull has no incremental column",
            detail: .noIncrementalColumn)
    }

    private func checkWatermark(_ target: StagingTarget) throws(PullError) {
        let option: String? =
            if until != nil {
                "an upper bound"
            } else if countsNulls {
                "a count of the rows without a value"
            } else if target.ifExists == .deleteInsert {
                "a target that deletes the rows of each key"
            } else {
                nil
            }
        if let option {
            throw PullError(
                code: .notIncremental,
                message: "a query that contains @\(IncrementalQuery.parameter) cannot have \(option)")
        }
    }

    /// Rejects bounds that no type has.
    private func checkBounds() throws(PullError) {
        var texts = [until].compactMap(\.self)
        if case .value(let text) = since { texts.append(text) }
        for text in texts where IncrementalValue.types.allSatisfy({ IncrementalValue(text, type: $0) == nil }) {
            throw PullError(
                code: .invalidBound,
                message: "the bound \(printable(text, limit: 100)) is not a valid INT64, DATE, DATETIME or TIMESTAMP")
        }
        let isNegative =
            switch lookback {
            case .duration(let duration): duration < .zero
            case .number(let number): number < 0
            case nil: false
            }
        if isNegative { throw PullError(code: .invalidBound, message: "the lookback is negative") }
    }
}

extension LoadOptions {
    /// Whether two texts have the same parameters. Named parameters can be in any order.
    static func areSame(_ parameters: String, _ others: String) -> Bool {
        if parameters == others { return true }
        guard let parameters = decode(parameters), let others = decode(others) else { return false }
        return parameters == others
    }

    private static func decode(_ text: String) -> [QueryParameter]? {
        guard let parameters = try? JSONDecoder().decode([QueryParameter].self, from: Data(text.utf8)) else {
            return nil
        }
        guard parameters.allSatisfy({ $0.name != nil }) else { return parameters }
        return parameters.map { QueryParameter(name: $0.name?.lowercased(), value: $0.value) }
            .sorted { $0.name ?? "" < $1.name ?? "" }
    }
}
