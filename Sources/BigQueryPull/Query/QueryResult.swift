import BigQuery
import BigQueryRows
import SQLiteStaging

/// The result of a finished query job, with its first page.
struct QueryResult: Sendable {
    var job: JobReference
    var schema: TableSchema
    var totalRows: Int64
    /// The maximum number of rows to deliver; `nil` for all.
    var maximumRows: Int64?
    var firstPage: ResultPage

    /// The number of rows to deliver, those of earlier processes included.
    var wantedRows: Int64 { min(totalRows, maximumRows ?? .max) }

    /// The estimated size in a database of the rows that have not been delivered; `nil` if the first page has all of
    /// them.
    var storedByteCount: Int64? {
        let rows = wantedRows - firstPage.rows.firstRow
        let count = Int64(firstPage.rows.rowCount)
        return count > 0 && rows > count ? firstPage.rows.storedByteCount(rows: rows) : nil
    }
}
