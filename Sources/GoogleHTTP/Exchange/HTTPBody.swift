package import NIOCore

/// The body of an answer as it arrives. It must be read inside the exchange that it belongs to.
public struct HTTPBody {
    private let nextChunk: () async throws -> ByteBuffer?
    private let onHold: (_ isHeld: Bool) -> Void

    /// A body from a source of chunks, which answers `nil` at the end.
    ///
    /// - Parameter onHold: told when the reader makes the sender wait, and when no more.
    package init(
        _ nextChunk: @escaping () async throws -> ByteBuffer?, onHold: @escaping (_ isHeld: Bool) -> Void = { _ in }
    ) {
        self.nextChunk = nextChunk
        self.onHold = onHold
    }

    /// A body of chunks that are there already.
    public init(chunks: [[UInt8]]) {
        var rest = chunks[...]
        self.init { rest.popFirst().map(ByteBuffer.init(bytes:)) }
    }

    /// Makes the sender wait for something here. That is not counted as its silence.
    public func hold(for something: () async throws -> Void) async throws {
        onHold(true)
        defer { onHold(false) }
        try await something()
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
                    code: .bodyTooLarge, message: "the answer is larger than the \(limit) bytes allowed for it",
                    hint: HTTPError.protocolViolationHint
                )
            }
            bytes.append(contentsOf: chunk)
        }) {}
        return bytes
    }
}
