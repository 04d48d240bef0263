/// What the sources under test need of NIO, so that it need not be built for the fuzzer: bytes that are handed out.
public struct ByteBuffer: Sendable {
    private let bytes: [UInt8]

    /// Keeps the bytes.
    public init(bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    /// Hands the bytes out; they are valid only inside `body`.
    public func withUnsafeReadableBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try bytes.withUnsafeBytes(body)
    }
}
