import BigQuery

/// What a run without a job reads: which rows, and of which version of the table.
struct TableConfiguration: Codable, Sendable {
    /// What tells a table that was changed from one that was not.
    struct Version: Codable, Hashable, Sendable {
        var etag: String?
        var numRows: Int64?

        init(_ table: Table) {
            etag = table.etag
            numRows = table.rowCount
        }
    }

    var table: TableReference
    var columns: [String]?
    var rows: Int64?
    var version: Version
}
