package import NIOCore

/// The body of an answer as it arrives. It must be read inside the exchange that it belongs to.
public struct HTTPBody {
    private var nextChunk: () async throws -> ByteBuffer?

    /// A body from a source of chunks, which answers `nil` at the end.
    package init(_ nextChunk: @escaping () async throws -> ByteBuffer?) {
        self.nextChunk = nextChunk
    }

    /// A body of chunks that are there already.
    public init(chunks: [[UInt8]]) {
        var rest = chunks[...]
        nextChunk = { rest.popFirst().map(ByteBuffer.init(bytes:)) }
    }

    /// Waits for the next chunk and hands out its bytes, which are valid only inside `use`.
    ///
    /// - Returns: `false` at the end of the body, without having called `use`.
    public mutating func read(_ use: (UnsafeRawBufferPointer) throws -> Void) async throws -> Bool {
        guard let chunk = try await nextChunk() else { return false }
        try chunk.withUnsafeReadableBytes(use)
        return true
    }

    /// Reads to the end.
    ///
    /// - Throws: ``HTTPError`` with code `bodyTooLarge` as soon as there are more than `limit` bytes.
    public mutating func collect(limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while try await read({ chunk in
            guard bytes.count + chunk.count <= limit else {
                throw HTTPError(
                    code: .bodyTooLarge, message: "the answer is larger than the \(limit) bytes allowed for it"
                )
            }
            bytes.append(contentsOf: chunk)
        }) {}
        return bytes
    }
}
