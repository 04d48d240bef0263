/// A whole response body in the clear.
public struct InflatedBody: Sendable {
    /// The content.
    public internal(set) var bytes: [UInt8]
    /// The bytes that it took on the wire, headers not counted.
    public let wireByteCount: Int

    /// Makes a body of these bytes.
    public init(bytes: [UInt8], wireByteCount: Int) {
        self.bytes = bytes
        self.wireByteCount = wireByteCount
    }
}
