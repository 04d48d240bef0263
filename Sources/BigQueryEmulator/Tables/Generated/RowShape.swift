/// Columns, and a way to compute a row of them from nothing but its number.
protocol RowShape: Sendable {
    var fields: [Field] { get }
    /// An estimate of a row's size as BigQuery counts it; counting would mean computing every row.
    var typicalRowBytes: Int64 { get }

    /// Replaces `row` by the row at `position`.
    func writeRow(_ position: Int64, into row: inout [Value])
}
