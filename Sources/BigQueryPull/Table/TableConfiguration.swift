import BigQuery

/// The rows that a run without a job reads, and the version of the table it reads them from. Stored as JSON.
struct TableConfiguration: Codable, Sendable {
    /// Differs between any two versions of a table.
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
