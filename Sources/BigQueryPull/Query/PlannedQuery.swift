import BigQuery
import BigQueryRows
import TextSupport

/// The result of a dry run: where the query runs, the bytes it reads, the columns it returns.
struct PlannedQuery: Sendable {
    /// The query with the location it runs in.
    var query: QueryRequest
    /// The response of the dry run.
    var dryRun: Job

    /// Rejects statements other than SELECT, and columns that cannot be staged exactly.
    init(query: QueryRequest, dryRun: Job) throws(PullError) {
        try dryRun.requireSelect()
        try dryRun.schema?.requireExactTypes()
        self.query = query
        self.query.location = query.location ?? dryRun.reference.location
        self.dryRun = dryRun
    }
}

extension Job {
    /// Rejects statements other than SELECT.
    ///
    /// Emulators and legacy SQL can omit the statement type; BigQuery itself always reports it.
    func requireSelect() throws(PullError) {
        guard let type = statementType, type != "SELECT" else { return }
        throw PullError(code: .notAQuery, message: "the statement is \(type), not a single SELECT")
    }
}

extension TableSchema {
    /// Rejects TIMESTAMP columns finer than microseconds, since pages carry microseconds only.
    func requireExactTypes() throws(PullError) {
        for field in fields { try field.requireExactTypes(path: field.name) }
    }

    /// A message for each column whose type is unknown to this version.
    var unknownTypes: [String] {
        fields.compactMap { field in
            guard case .unknown(let name) = field.type else { return nil }
            let (column, type) = (printable(field.name, limit: 300), printable(name, limit: 100))
            return "the column \(column) has the unknown type \(type); its values are staged as sent"
        }
    }
}

extension TableSchema.Field {
    fileprivate func requireExactTypes(path: String) throws(PullError) {
        if let precision = timestampPrecision, precision > 6 {
            throw PullError(
                code: .unsupportedColumn,
                message: "the column \(path) is TIMESTAMP(\(precision)), but only microseconds can be read",
                detail: .timestampPrecision(column: path))
        }
        for member in fields { try member.requireExactTypes(path: "\(path).\(member.name)") }
    }
}
