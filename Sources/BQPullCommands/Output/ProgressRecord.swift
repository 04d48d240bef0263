import BigQueryPull

/// The progress of a pull in JSON.
struct ProgressRecord: Encodable {
    var phase: String
    var rows: Int64
    var totalRows: Int64?
    var dataRead: Int64
    var dataInflated: Int64
    var pagesInFlight: Int
    var retries: Int64
    /// Seconds since the pull started.
    var elapsed: Double

    init(_ progress: PullProgress) {
        phase = "\(progress.phase)"
        rows = progress.rows
        totalRows = progress.totalRows
        dataRead = progress.dataRead
        dataInflated = progress.dataInflated
        pagesInFlight = progress.pagesInFlight
        retries = progress.retries
        elapsed = progress.elapsed / .seconds(1)
    }
}
