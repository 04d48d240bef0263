/// The most that one response body may hold, on the wire and inflated.
public struct BodyLimits: Sendable, Hashable {
    /// The most bytes taken from the wire.
    public var compressedBytes: Int
    /// The most bytes after inflating; what stops a gzip bomb.
    public var inflatedBytes: Int

    /// Makes limits of these many bytes.
    public init(compressedBytes: Int, inflatedBytes: Int) {
        self.compressedBytes = compressedBytes
        self.inflatedBytes = inflatedBytes
    }

    /// 192 MiB both ways: the service allows a single row of 100 MB, and JSON writes some types longer than
    /// the service counts them. With what else the program needs, a process stays below 300 MB.
    public static let page = BodyLimits(compressedBytes: 192 << 20, inflatedBytes: 192 << 20)
    /// 1 MiB both ways.
    public static let error = BodyLimits(compressedBytes: 1 << 20, inflatedBytes: 1 << 20)
}
