/// The number of rows that a publication changed.
public struct PublishedRows: Sendable, Hashable {
    /// Rows added.
    public package(set) var inserted: Int64 = 0
    /// Rows that an upsert wrote over a row with other values.
    public package(set) var updated: Int64 = 0
    /// Rows that were in the table already: equal to the row that an upsert wrote, or not added again by an incremental
    /// append. Also rows that are equal to the latest one of their key in the result.
    public package(set) var unchanged: Int64 = 0
    /// Rows removed.
    public package(set) var deleted: Int64 = 0
    /// Rows that did not overwrite a later one of the same key, in the table or in the result.
    public package(set) var outdated: Int64 = 0
    /// Rows in the table afterwards.
    public package(set) var total: Int64 = 0

    package init() {}
}

/// The result of publishing a run.
package struct PublicationOutcome: Sendable {
    /// The rows that changed.
    package var rows = PublishedRows()
    /// The high-water mark before; `nil` without a load or a mark.
    package var previousMark: String?
    /// The high-water mark afterwards.
    package var mark: String?
    /// Whether the mark stayed because the run's lower bound was above it, so that a gap would remain.
    package var leavesGap = false
    /// The number of rows of the result without a value in the incremental column, in a first run; otherwise `nil`.
    package var rowsWithoutValue: Int64?
    /// The number of rows in the table whose value is more than a day in the future, if the mark is.
    package var rowsInFuture: Int64 = 0
    /// The highest value in the table that is not more than a day in the future, if the mark is.
    package var highestPastValue: String?
    /// The other loads whose marks were reset, because the table was replaced.
    package var resetLoads: [String] = []
    /// The runs whose rows were dropped.
    package var supersededRuns: [RecordedRun] = []

    package init() {}
}
