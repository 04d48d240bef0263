public import BigQueryRows

/// A row sink that encodes each page and passes the bytes to a closure, for example one that writes a file:
///
/// ```swift
/// let sink = EncodedRowSink(CSVEncoder()) { try file.write(contentsOf: $0) }
/// try await QueryPull(QueryRequest("SELECT 1 AS id"), client: client).run(into: sink)
/// ```
///
/// The closure is called with one chunk at a time, in row order, and never with an empty one. The pull waits for it.
public actor EncodedRowSink: RowSink {
    /// The encoder, with its state after the last page.
    public private(set) var encoder: any RowEncoder
    private let write: @Sendable ([UInt8]) async throws -> Void

    /// Creates a sink.
    ///
    /// - Parameters:
    ///   - encoder: encodes the pages.
    ///   - write: writes the next bytes. The sink throws its errors.
    public init(_ encoder: any RowEncoder, write: @escaping @Sendable ([UInt8]) async throws -> Void) {
        self.encoder = encoder
        self.write = write
    }

    /// Writes the header.
    ///
    /// - Throws: what `write` throws.
    public func begin(_ schema: TableSchema) async throws { try await pass(encoder.begin(schema)) }

    /// Writes the rows of a page.
    ///
    /// - Throws: ``RowFormatError``, or what `write` throws.
    public func append(_ page: RowPage) async throws { try await pass(encoder.encode(page)) }

    /// Writes the end of the document.
    ///
    /// - Throws: what `write` throws.
    public func finish() async throws { try await pass(encoder.finish()) }

    private func pass(_ bytes: [UInt8]) async throws {
        if !bytes.isEmpty { try await write(bytes) }
    }
}
