import BigQueryRows
import SQLiteStaging

/// The load that a pull belongs to, and the rows that it reads. Part of reports and estimates.
public struct LoadReport: Sendable, Hashable, Encodable {
    /// The name of the load.
    public let name: String
    /// The incremental column; `nil` for a load that pulls all rows each time.
    public internal(set) var column: String?
    /// The BigQuery type of the column, for example `TIMESTAMP`.
    public internal(set) var type: String?
    /// The lower bound, inclusive, after the lookback; `nil` from the beginning.
    public internal(set) var since: String?
    /// The upper bound, exclusive; `nil` without one.
    public internal(set) var until: String?
    /// The high-water mark before the run; `nil` without one.
    public internal(set) var previousMark: String?
    /// The high-water mark after the run; `nil` in an estimate, or without a mark.
    public internal(set) var mark: String?
    /// Whether the mark stayed because the lower bound was above it, so that a gap would remain.
    public internal(set) var leavesGap = false
    /// Whether the query, its parameters or its project differ from those of the load's latest run.
    public internal(set) var queryChanged = false

    init(name: String, _ range: IncrementalRange?) {
        self.name = name
        column = range?.column
        type = range?.type.name
        since = range?.lowerBound?.text
        until = range?.upperBound?.text
    }
}
