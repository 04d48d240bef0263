import BigQuery
import BigQueryRows
import SQLiteStaging
import TextSupport

/// Restricts a query to the rows that a run of an incremental load reads.
///
/// The query becomes a subquery, and a condition compares its incremental column with the bounds, which are query
/// parameters. A query that contains the parameter of the lower bound itself is sent as it is.
enum IncrementalQuery {
    /// The name of the query parameter with the inclusive lower bound.
    static let parameter = "bqpull_watermark"
    /// The name of the query parameter with the exclusive upper bound.
    static let upperParameter = "bqpull_until"

    /// Rejects queries that cannot be restricted, and targets that would lose the rows of earlier runs.
    static func check(_ query: QueryRequest, into target: StagingTarget) throws(PullError) {
        guard target.addsRows else {
            throw PullError(
                code: .notIncremental,
                message: "an incremental load adds rows to the table, but the target replaces them",
                detail: .replacesRows)
        }
        if let problem = problem(of: query) { throw PullError(code: .notIncremental, message: problem) }
        guard !limitsRows(query.sql) || usesWatermark(query.sql) else {
            throw PullError(
                code: .notIncremental,
                message: "the query has a LIMIT: an incremental load would not read the rows beyond it",
                detail: .limitClause)
        }
    }

    private static func problem(of query: QueryRequest) -> String? {
        if query.useLegacySQL { return "incremental loads require GoogleSQL: legacy SQL has no query parameters" }
        let names = query.parameters.elements.compactMap { $0.name?.lowercased() }
        guard names.count == query.parameters.elements.count else {
            return "incremental loads require named parameters, but the query has positional parameters"
        }
        guard let reserved = names.first(where: [parameter, upperParameter].contains) else { return nil }
        return "the parameter name @\(reserved) is reserved for incremental loads"
    }

    /// Finds the incremental column, compared as SQLite compares names. Rejects types whose order SQLite does not keep.
    static func check(_ column: String, in schema: TableSchema) throws(PullError) -> TableSchema.Field {
        guard let field = schema.fields.first(where: { SQLiteName($0.name) == SQLiteName(column) }) else {
            throw PullError(
                code: .notIncremental, message: "the result has no incremental column \(column)",
                detail: NearestName.find(column, among: schema.fields.map(\.name)).map { .similarName($0) }
                    ?? .unselectedColumn)
        }
        guard IncrementalValue.types.contains(field.type), field.mode != .repeated else {
            let type = field.mode == .repeated ? "an ARRAY" : field.type.name
            throw PullError(
                code: .notIncremental,
                message:
                    "the column \(column) is \(type); an incremental column must be INT64, DATE, DATETIME or TIMESTAMP")
        }
        return field
    }

    /// Rejects a query that cannot be used as a subquery, as later runs do, before the first run is billed.
    static func requireSubquery(
        _ query: QueryRequest, _ column: TableSchema.Field, _ client: BigQueryClient
    ) async throws {
        let range = IncrementalRange(column: column.name, type: column.type, includesNulls: false)
        let later = wrapping(query, range, isFirst: false)
        let problem: String
        do {
            _ = try PlannedQuery(query: later, dryRun: try await client.dryRun(later))
            return
        } catch let error as BigQueryError where error.code == .queryFailed {
            problem = error.message
        } catch let error as PullError {
            problem = error.message
        }
        throw PullError(
            code: .notIncremental,
            message: "later runs use SELECT * FROM (query) WHERE …, where the query is not valid: \(problem)")
    }

    /// The query for the rows of a range, with the bounds as parameters.
    ///
    /// The query as it is if the range has no bounds and includes the rows without a value, or if it has no bounds in
    /// the first run.
    static func wrapping(_ query: QueryRequest, _ range: IncrementalRange, isFirst: Bool) -> QueryRequest {
        var wrapped = query
        let column = quoted(range.column)
        var conditions: [String] = []
        func add(_ bound: IncrementalValue?, _ comparison: String, _ name: String) {
            guard let bound else { return }
            conditions.append("\(column) \(comparison) @\(name)")
            let type = ParameterType(scalar: bound.type.name)
            wrapped.parameters.append(ParameterValue(text: bound.text, type: type), named: name)
        }
        add(range.lowerBound, ">=", parameter)
        add(range.upperBound, "<", upperParameter)
        var condition = conditions.joined(separator: " AND ")
        if conditions.isEmpty {
            guard !range.includesNulls, !isFirst else { return query }
            condition = "\(column) IS NOT NULL"
        } else if range.includesNulls {
            condition = "(\(condition) OR \(column) IS NULL)"
        }
        wrapped.sql = subquery("SELECT *", of: query.sql, where: condition)
        return wrapped
    }

    /// The query that counts the rows of a query whose incremental column is NULL.
    static func nullCount(of query: QueryRequest, column: String) -> QueryRequest {
        var count = query
        count.sql = subquery("SELECT COUNT(*) AS n", of: query.sql, where: "\(quoted(column)) IS NULL")
        return count
    }

    /// The query as typed, of one that was sent with bounds.
    static func unwrapped(_ sent: QueryRequest, _ sql: String) -> QueryRequest {
        var query = sent
        query.sql = sql
        query.parameters.removeAll(named: parameter)
        query.parameters.removeAll(named: upperParameter)
        return query
    }

    /// Whether a query contains the parameter of the lower bound, and is sent as it is.
    static func usesWatermark(_ sql: String) -> Bool { SQLText(sql).contains(parameter: parameter) }

    /// Whether a query has a LIMIT of its own, not in a subquery.
    static func limitsRows(_ sql: String) -> Bool { SQLText(sql).limitsRows }

    /// Whether two queries are equal apart from whitespace, comments and final semicolons.
    static func isSame(_ sql: String, _ other: String) -> Bool { SQLText(sql) == SQLText(other) }

    /// A selection from the last statement of a text, after the statements before it.
    private static func subquery(_ selection: String, of sql: String, where condition: String) -> String {
        let sql = SQLText(sql)
        let prologue = sql.prologue.isEmpty ? "" : "\(sql.prologue)\n"
        return "\(prologue)\(selection) FROM (\n\(sql.query)\n) WHERE \(condition)"
    }

    private static func quoted(_ name: String) -> String {
        "`\(name.replacing("\\", with: "\\\\").replacing("`", with: "\\`"))`"
    }
}
