public import BigQueryRows

/// A row sink that encodes each page, for example into a file:
///
/// ```swift
/// import BigQuery
/// import BigQueryPull
/// import RowFormats
///
/// func export(_ sql: String, to path: String, client: BigQueryClient) async throws {
///     let sink = EncodedRowSink(CSVEncoder(), path: path)
///     let report = try await QueryPull(QueryRequest(sql), client: client).run(into: sink)
///     print(report.rowsCopied, "rows")
/// }
/// ```
///
/// Or it passes the bytes to a closure:
///
/// ```swift
/// import Foundation
/// import RowFormats
///
/// func linesOnStandardOutput() -> EncodedRowSink {
///     EncodedRowSink(JSONLinesEncoder()) { try FileHandle.standardOutput.write(contentsOf: $0) }
/// }
/// ```
///
/// Memory stays bounded: the pull waits until the bytes of a page are written. A sink is for one pull.
public actor EncodedRowSink: RowSink {
    /// The encoder, with its state after the last page.
    package private(set) var encoder: any RowEncoder
    private let file: OutputFile?
    private let write: @Sendable ([UInt8]) async throws -> Void

    /// Creates a sink that writes a file.
    ///
    /// The rows are written page by page to a new file next to the destination, which has a random name that ends in
    /// `.part`. ``finish()`` syncs it to the disk and renames it, so that the path leads either to the complete result
    /// or to the earlier file. If the pull fails, the new file is removed with the sink. It remains if the process is
    /// killed.
    ///
    /// - Parameters:
    ///   - encoder: encodes the pages.
    ///   - path: the file; relative to the current working directory if it does not begin with `/`. An existing file is
    ///     replaced, but not a folder, a symbolic link or a device. The permissions of the new file follow the umask.
    public init(_ encoder: any RowEncoder, path: String) {
        let file = OutputFile(path: path)
        self.encoder = encoder
        self.file = file
        write = { try await file.append($0) }
    }

    /// Creates a sink that passes the bytes to a closure.
    ///
    /// The bytes before an error are not the complete result.
    ///
    /// - Parameters:
    ///   - encoder: encodes the pages.
    ///   - write: writes the next bytes: one chunk at a time, in row order, never an empty one. The sink throws its
    ///     errors.
    public init(_ encoder: any RowEncoder, write: @escaping @Sendable ([UInt8]) async throws -> Void) {
        self.encoder = encoder
        file = nil
        self.write = write
    }

    /// Creates the file, and writes the bytes before the first row.
    ///
    /// - Parameter schema: the columns.
    /// - Throws: ``RowFormatError`` with code `io`, or what the closure throws.
    public func begin(_ schema: TableSchema) async throws {
        try await file?.create()
        try await pass(encoder.begin(schema))
    }

    /// Writes the rows of a page.
    ///
    /// - Parameter page: the next rows.
    /// - Throws: ``RowFormatError`` with code `io`, or `outOfOrder` before ``begin(_:)`` or after ``finish()``, or what
    ///   the encoder or the closure throws.
    public func append(_ page: RowPage) async throws { try await pass(encoder.encode(page)) }

    /// Writes the bytes after the last row, and gives the file its name.
    ///
    /// - Throws: ``RowFormatError`` with code `io`, or `outOfOrder` if there is no file, or what the closure throws.
    public func finish() async throws {
        try await pass(encoder.finish())
        try await file?.publish()
    }

    private func pass(_ bytes: [UInt8]) async throws {
        if !bytes.isEmpty { try await write(bytes) }
    }
}
