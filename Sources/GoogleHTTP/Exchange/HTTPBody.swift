package import NIOCore

/// The body of a response as it arrives. It is read once, and only during its exchange.
public struct HTTPBody: ~Copyable {
    private let nextChunk: () async throws -> ByteBuffer?
    private let onHold: (_ isHeld: Bool) -> Void

    /// Creates a body from a source of chunks.
    ///
    /// - Parameters:
    ///   - nextChunk: waits for the next chunk; `nil` at the end.
    ///   - onHold: called when the reader starts and stops holding the body.
    package init(
        _ nextChunk: @escaping () async throws -> ByteBuffer?, onHold: @escaping (_ isHeld: Bool) -> Void = { _ in }
    ) {
        self.nextChunk = nextChunk
        self.onHold = onHold
    }

    /// Creates a body from bytes in memory, for a transport in a test.
    ///
    /// - Parameter chunks: the body, as ``read(_:)`` passes it on.
    public init(chunks: [[UInt8]]) {
        var rest = chunks[...]
        self.init { rest.popFirst().map(ByteBuffer.init(bytes:)) }
    }

    /// Reads nothing until `condition` returns. The wait does not count as a stall of the sender.
    ///
    /// - Throws: what `condition` throws.
    package func hold(for condition: () async throws -> Void) async throws {
        onHold(true)
        defer { onHold(false) }
        try await condition()
    }

    /// Waits for the next chunk.
    ///
    /// - Parameter use: receives the bytes of the chunk, which are valid only during the call.
    /// - Returns: `false` at the end of the body; `use` is not called then.
    /// - Throws: ``HTTPError``, `CancellationError`, or what `use` throws.
    public mutating func read(_ use: (UnsafeRawBufferPointer) throws -> Void) async throws -> Bool {
        guard let chunk = try await nextChunk() else { return false }
        try chunk.withUnsafeReadableBytes(use)
        return true
    }

    /// Reads the rest of the body.
    ///
    /// - Parameter limit: the maximum size of the rest, in bytes.
    /// - Returns: the bytes.
    /// - Throws: ``HTTPError``, with code `bodyTooLarge` as soon as there are more than `limit` bytes, or
    ///   `CancellationError`.
    public mutating func collect(limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while try await read({ chunk in
            guard bytes.count + chunk.count <= limit else {
                throw HTTPError(code: .bodyTooLarge, message: "the response is larger than \(limit) bytes")
            }
            bytes.append(contentsOf: chunk)
        }) {}
        return bytes
    }
}
