import BigQuery
import BigQueryRows
import SQLiteStaging
import TextSupport

/// Wraps a query so that it returns only the rows above a watermark.
///
/// The same pattern as Data Factory's incremental copy: a column whose values only grow identifies new rows.
enum IncrementalQuery {
    /// The name of the query parameter that carries the watermark.
    static let parameter = "bqpull_watermark"

    private static let types: [FieldType] = [.int64, .date, .datetime, .timestamp]

    /// Rejects queries that cannot be wrapped, and targets that would lose the rows of earlier runs.
    static func check(_ query: QueryRequest, into target: StagingTarget) throws(PullError) {
        guard target.addsRows else {
            throw PullError(
                code: .notIncremental,
                message: "an incremental load adds rows to the table, but the target replaces them",
                detail: .replacesRows)
        }
        let problem: String? =
            if query.useLegacySQL {
                "incremental loads require GoogleSQL: legacy SQL has no query parameters"
            } else if query.parameters.elements.contains(where: { $0.name == nil }) {
                "incremental loads require named parameters, but the query has positional parameters"
            } else if query.parameters.elements.contains(where: { $0.name?.lowercased() == parameter }) {
                "the parameter name @\(parameter) is reserved for incremental loads"
            } else {
                nil
            }
        if let problem { throw PullError(code: .notIncremental, message: problem) }
    }

    /// Finds the incremental column, compared as SQLite compares names. Rejects types whose order SQLite does not keep.
    static func check(_ column: String, in schema: TableSchema) throws(PullError) -> TableSchema.Field {
        guard let field = schema.fields.first(where: { SQLiteName($0.name) == SQLiteName(column) }) else {
            throw PullError(
                code: .notIncremental, message: "the result has no incremental column \(column)",
                detail: NearestName.find(column, among: schema.fields.map(\.name)).map { .similarName($0) }
                    ?? .unselectedColumn)
        }
        guard types.contains(field.type), field.mode != .repeated else {
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
        let later = self.query(query, above: Watermark(column: column.name, type: column.type, value: nil))
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

    /// The query for the rows above a watermark.
    static func query(_ query: QueryRequest, above watermark: Watermark) -> QueryRequest {
        var wrapped = query
        let column = quoted(watermark.column)
        let condition = watermark.value == nil ? "\(column) IS NOT NULL" : "\(column) > @\(parameter)"
        wrapped.sql = "SELECT * FROM (\n\(inner(query.sql))\n) WHERE \(condition)"
        if let value = watermark.value {
            let type = ParameterType(scalar: watermark.type.name)
            wrapped.parameters.append(ParameterValue(text: value, type: type), named: parameter)
        }
        return wrapped
    }

    /// The query that counts the rows whose incremental column is NULL, which no watermark selects.
    ///
    /// `sql` is the text inside the wrapped query. `nil` if the query is not wrapped, since it returns all rows.
    static func nullCount(of wrapped: QueryRequest, _ sql: String, _ column: String) -> QueryRequest? {
        guard wrapped.sql != sql else { return nil }
        var query = unwrapped(wrapped, sql)
        query.sql = "SELECT COUNT(*) AS n FROM (\n\(inner(sql))\n) WHERE \(quoted(column)) IS NULL"
        return query
    }

    /// The query inside a wrapped one.
    static func unwrapped(_ wrapped: QueryRequest, _ sql: String) -> QueryRequest {
        var query = wrapped
        query.sql = sql
        query.parameters.removeAll(named: parameter)
        return query
    }

    /// The text without its final semicolon. The caller continues on a new line, since a comment can end the text.
    private static func inner(_ sql: String) -> String {
        var text = Substring(sql)
        while let last = text.last, last.isWhitespace || last == ";" { text.removeLast() }
        return String(text)
    }

    private static func quoted(_ name: String) -> String {
        "`\(name.replacing("\\", with: "\\\\").replacing("`", with: "\\`"))`"
    }
}
