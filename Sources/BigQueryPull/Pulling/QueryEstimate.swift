import BigQuery
public import BigQueryRows

/// What a dry run told of a query: what it would read, and what it would return. It costs nothing.
public struct QueryEstimate: Sendable, Codable {
    /// The project that would pay.
    public var project: String
    /// Where the query would run, if the service says.
    public var location: String?
    /// Bytes that the query would process, at most; `nil` if the service does not say.
    public var bytesProcessed: Int64?
    /// The columns of the result; `nil` if the service does not say (the legacy dialect, emulators).
    public var schema: TableSchema?

    init(_ plan: PullPlan) {
        self.init(plan.dryRun, location: plan.query.location)
    }

    init(_ dryRun: Job, location: String?) {
        project = dryRun.reference.projectID
        self.location = location
        bytesProcessed = dryRun.bytesProcessed
        schema = dryRun.schema
    }
}
