import BigQuery
public import BigQueryRows

/// The bytes that a query would process and the columns it would return, from a dry run, which is free.
public struct QueryEstimate: Sendable, Encodable {
    /// The project billed for the query.
    public let project: String
    /// The location the query would run in, if the service reports it.
    public let location: String?
    /// The upper bound of the bytes that the query would process, and the count of its rows without a value if that is
    /// requested; `nil` if the service does not report it.
    public let bytesProcessed: Int64?
    /// The columns of the result; `nil` if the service does not report them (legacy SQL, emulators).
    public let schema: TableSchema?
    /// The load and the range of rows; `nil` for a plain pull.
    public internal(set) var load: LoadReport?

    init(_ plan: PlannedQuery) {
        self.init(plan.dryRun, location: plan.query.location)
    }

    init(_ plan: RunPlan) {
        self.init(
            plan.main.dryRun, location: plan.main.query.location, countedBytes: plan.nullCount?.dryRun.bytesProcessed)
        load = plan.load?.report(plan.range)
    }

    init(_ dryRun: Job, location: String?, countedBytes: Int64? = nil) {
        project = dryRun.reference.projectID
        self.location = location
        bytesProcessed = dryRun.bytesProcessed.map { $0.addingSaturated(countedBytes ?? 0) }
        schema = dryRun.schema
    }
}
