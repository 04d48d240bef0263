/// What the database knows about a load before it runs.
package struct LoadState: Sendable {
    /// The record of the load; `nil` before its first run.
    package var record: LoadRecord?
    /// The other loads into the same table.
    package var others: [LoadRecord] = []
    /// The names of all loads in the database.
    package var names: Set<SQLiteName> = []
    /// Whether the table has rows that belong to no load and were added since this load's latest run. Only for an append.
    package var hasRowsWithoutLoad = false
    /// The incremental commands of earlier versions whose mark could not be assigned to a load, as long as this load has
    /// no record and the table was not replaced.
    package var unassigned: [UnassignedLoad] = []

    package init() {}
}

/// An incremental command that a version without loads has published into the table.
package struct UnassignedLoad: Sendable, Hashable {
    /// Its query.
    package var sql: String
    /// The parameters of the query, as canonical JSON.
    package var parameters: String
    /// The highest value that it published.
    package var highWaterMark: String?
}
