public import BigQueryRows

/// A row sink that encodes each page and passes the bytes to a closure, for example one that writes a file:
///
/// ```swift
/// let sink = EncodedRowSink(CSVEncoder()) { try file.write(contentsOf: $0) }
/// try await QueryPull(client, sql: "SELECT 1 AS id").run(into: sink)
/// ```
///
/// The closure is called with one chunk at a time, in row order, and never with an empty one. The pull waits for it.
public actor EncodedRowSink: RowSink {
    /// The encoder, in its state after the last page.
    public private(set) var encoder: any RowEncoder
    private let write: @Sendable ([UInt8]) async throws -> Void

    /// Creates a sink.
    ///
    /// - Parameter write: takes the next bytes. The sink throws what it throws.
    public init(_ encoder: any RowEncoder, write: @escaping @Sendable ([UInt8]) async throws -> Void) {
        self.encoder = encoder
        self.write = write
    }

    /// Passes the header.
    public func begin(_ schema: TableSchema) async throws { try await pass(encoder.begin(schema)) }

    /// Passes the rows of a page.
    public func append(_ page: RowPage) async throws { try await pass(encoder.encode(page)) }

    /// Passes the end of the document.
    public func finish() async throws { try await pass(encoder.finish()) }

    private func pass(_ bytes: [UInt8]) async throws {
        if !bytes.isEmpty { try await write(bytes) }
    }
}
