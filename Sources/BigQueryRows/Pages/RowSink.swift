/// What rows are delivered to: a database, a file, a service.
///
/// A pull calls ``begin(_:)`` once, then ``append(_:)`` for every page in row order and never two at a time,
/// then ``finish()``. After an error, or when the pull is cancelled, it calls none of them again; what was
/// appended must then not be taken for a whole result.
public protocol RowSink: Sendable {
    /// Prepares for rows of this schema.
    func begin(_ schema: TableSchema) async throws

    /// Takes the next rows. Returning late holds the pull back.
    func append(_ page: RowPage) async throws

    /// Called when all rows have arrived and their number is right.
    func finish() async throws
}
