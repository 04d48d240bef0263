/// A destination of rows: a database, a file, a service.
///
/// A pull calls ``begin(_:)`` once, then ``append(_:)`` for every page, in row order and one at a time, then
/// ``finish()``. After an error or a cancellation it calls none of them, and the appended rows are incomplete. The pull
/// throws the errors of the sink.
///
/// An actor is the simplest sink:
///
/// ```swift
/// import BigQueryRows
///
/// /// Adds up the first column of the result.
/// actor Total: RowSink {
///     private var sum: Int64 = 0
///
///     func begin(_ schema: TableSchema) {}
///
///     func append(_ page: RowPage) {
///         for row in 0..<page.rowCount {
///             if case .integer(let value) = page[row, 0] { sum += value }
///         }
///     }
///
///     func finish() { print(sum) }
/// }
/// ```
public protocol RowSink: Sendable {
    /// Prepares for rows of this schema, before the first page.
    func begin(_ schema: TableSchema) async throws

    /// Appends rows. The pull waits for the return, which is the back pressure.
    func append(_ page: RowPage) async throws

    /// Called after the last page, when the number of rows is verified.
    func finish() async throws
}
