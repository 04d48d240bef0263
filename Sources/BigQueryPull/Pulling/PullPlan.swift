import BigQuery
import BigQueryRows
import TextSupport

/// What the dry run told: where the query runs, what it reads, which columns it returns.
struct PullPlan: Sendable {
    /// The query with the location it runs in.
    var query: QueryRequest
    /// The answer of the dry run.
    var dryRun: Job

    /// Refuses statements that do more than return rows, and columns that cannot be kept exactly.
    init(query: QueryRequest, dryRun: Job) throws(PullError) {
        try dryRun.requireSelect()
        if let schema = dryRun.schema { try Self.check(schema) }
        self.query = query
        self.query.location = query.location ?? dryRun.reference.location
        self.dryRun = dryRun
    }

    /// Refuses TIMESTAMP columns finer than microseconds, since the rows bring microseconds only.
    static func check(_ schema: TableSchema) throws(PullError) {
        for field in schema.fields { try check(field, path: field.name) }
    }

    private static func check(_ field: TableSchema.Field, path: String) throws(PullError) {
        if let precision = field.timestampPrecision, precision > 6 {
            throw PullError(
                code: .unsupportedColumn,
                message: "the column \(path) is TIMESTAMP(\(precision)), of which microseconds would be kept",
                hint: "write CAST(\(path) AS STRING), or TIMESTAMP_TRUNC(\(path), MICROSECOND)"
            )
        }
        for member in field.fields { try check(member, path: "\(path).\(member.name)") }
    }
}

extension Job {
    /// Refuses statements that do more than return rows.
    ///
    /// Emulators and the legacy dialect may leave the statement type out; BigQuery itself always tells it.
    func requireSelect() throws(PullError) {
        guard let type = statementType, type != "SELECT" else { return }
        throw PullError(
            code: .notAQuery, message: "the statement is \(type), which bqpull does not run",
            hint: "give one SELECT; run other statements with the bq command or in the console first"
        )
    }
}

extension TableSchema {
    /// What the user should know about columns of types that are not known here.
    var unknownTypes: [String] {
        fields.compactMap { field in
            guard case .unknown(let name) = field.type else { return nil }
            return
                "the column \(printable(field.name, limit: 300)) is of the unknown type \(printable(name, limit: 100)); its values are kept as sent"
        }
    }
}
