import BigQuery
import BigQueryRows
import SQLiteStaging
import TextSupport

/// Takes only the rows above a watermark, by wrapping a query.
///
/// The pattern is that of Data Factory's incremental copy: a column that only grows tells new rows from old ones.
enum Incremental {
    /// The name of the parameter with the watermark.
    static let parameter = "bqpull_watermark"

    private static let types: [FieldType] = [.int64, .date, .datetime, .timestamp]

    /// Refuses queries that cannot be wrapped, and targets that would lose the rows of earlier runs.
    static func check(_ query: QueryRequest, into target: StagingTarget) throws(PullError) {
        let problem: (message: String, hint: String)? =
            if target.ifExists != .append && target.ifExists != .upsert {
                (
                    "an incremental pull adds rows to those of earlier runs",
                    "say how with --if-exists append, or --if-exists upsert --key COLUMN"
                )
            } else if query.useLegacySQL {
                (
                    "the legacy dialect has no parameters, which an incremental pull needs",
                    "write the query in GoogleSQL"
                )
            } else if query.parameters.contains(where: { $0.name == nil }) {
                ("positional parameters do not go with an incremental pull", "give the parameters names")
            } else if query.parameters.contains(where: { $0.name?.lowercased() == parameter }) {
                ("the parameter @\(parameter) is the one of incremental pulls", "give yours another name")
            } else {
                nil
            }
        if let problem { throw PullError(code: .notIncremental, message: problem.message, hint: problem.hint) }
    }

    /// Refuses columns without an order that the database keeps.
    ///
    /// - Returns: the column, by its name as SQLite tells names apart.
    static func check(_ column: String, in schema: TableSchema) throws(PullError) -> TableSchema.Field {
        guard let field = schema.fields.first(where: { SQLiteName($0.name) == SQLiteName(column) }) else {
            throw PullError(
                code: .notIncremental, message: "the result has no column \(column) to go on from",
                hint: NearestName.suggestion(column, among: schema.fields.map(\.name)) ?? "select it as well")
        }
        guard types.contains(field.type), field.mode != .repeated else {
            throw PullError(
                code: .notIncremental,
                message: "the column \(column) is \(field.mode == .repeated ? "an ARRAY" : field.type.name)",
                hint: "name one of the type INT64, DATE, DATETIME or TIMESTAMP")
        }
        return field
    }

    /// The query of the rows above a watermark.
    static func query(_ query: QueryRequest, above watermark: Watermark) -> QueryRequest {
        var wrapped = query
        let column = quoted(watermark.column)
        let condition = watermark.value == nil ? "\(column) IS NOT NULL" : "\(column) > @\(parameter)"
        wrapped.sql = "SELECT * FROM (\n\(inner(query.sql))\n) WHERE \(condition)"
        if let value = watermark.value {
            wrapped.parameters.append(
                QueryParameter(name: parameter, type: .scalar(watermark.type.name), value: .scalar(value)))
        }
        return wrapped
    }

    /// The query for the number of rows without a value, which are above no watermark; `nil` if all rows were taken.
    ///
    /// - Parameters:
    ///   - wrapped: the query of the rows above a watermark.
    ///   - sql: the text inside it.
    static func nullCount(of wrapped: QueryRequest, _ sql: String, _ column: String) -> QueryRequest? {
        guard wrapped.sql != sql else { return nil }
        var query = unwrapped(wrapped, sql)
        query.sql = "SELECT COUNT(*) AS n FROM (\n\(inner(sql))\n) WHERE \(quoted(column)) IS NULL"
        return query
    }

    /// The query inside another one.
    static func unwrapped(_ wrapped: QueryRequest, _ sql: String) -> QueryRequest {
        var query = wrapped
        query.sql = sql
        query.parameters.removeAll { $0.name == parameter }
        return query
    }

    /// The text without the semicolon that ends it; what follows begins a new line, since a comment may end it.
    private static func inner(_ sql: String) -> String {
        var text = Substring(sql)
        while let last = text.last, last.isWhitespace || last == ";" { text.removeLast() }
        return String(text)
    }

    private static func quoted(_ name: String) -> String {
        "`\(name.replacing("\\", with: "\\\\").replacing("`", with: "\\`"))`"
    }
}
