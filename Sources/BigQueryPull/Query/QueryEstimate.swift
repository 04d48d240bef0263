import BigQuery
public import BigQueryRows

/// The bytes that a query would process and the columns it would return, from a dry run, which is free.
public struct QueryEstimate: Sendable, Encodable {
    /// The project billed for the query.
    public let project: String
    /// The location the query would run in, if the service reports it.
    public let location: String?
    /// The upper bound of the bytes that the query would process; `nil` if the service does not report it.
    public let bytesProcessed: Int64?
    /// The columns of the result; `nil` if the service does not report them (legacy SQL, emulators).
    public let schema: TableSchema?
    /// The load and the range of rows; `nil` for a plain pull.
    public internal(set) var load: LoadReport?

    init(_ plan: PlannedQuery) {
        self.init(plan.dryRun, location: plan.query.location)
    }

    init(_ dryRun: Job, location: String?) {
        project = dryRun.reference.projectID
        self.location = location
        bytesProcessed = dryRun.bytesProcessed
        schema = dryRun.schema
    }
}
