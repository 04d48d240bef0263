/// Writes rows in some form, one after another.
protocol RowEncoding: Sendable {
    /// The number of rows so far.
    var rowCount: Int { get }

    /// Adds a row unless it is larger than it may be.
    ///
    /// - Returns: The row's size by BigQuery's count, or 0 if this form has no limit; `nil` if it was not added.
    mutating func append(_ row: [Value], byteLimit: Int) -> Int?

    /// All that was written, which is here no longer.
    mutating func finish() -> [UInt8]
}
