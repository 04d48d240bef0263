/// Compresses a stream of bytes to gzip, with parts in it that were compressed before.
final class GzipWriter {
    private let deflater: Deflater
    private var trailer = GzipTrailer()
    /// What goes out before all else: deflate, no name, no time, fastest level, Unix.
    private var header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 3]

    init() throws {
        deflater = try Deflater()
    }

    /// Takes the next bytes and returns what is ready, which may be nothing.
    func compress(_ bytes: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
        trailer.add(bytes)
        return try withHeader(deflater.compress(bytes))
    }

    /// Makes room for bytes that a ``Deflater`` of their own has compressed and flushed, and returns what goes out
    /// before them.
    ///
    /// - Parameter part: What gzip of these bytes alone would end with.
    func skip(_ part: GzipTrailer) throws -> ArraySlice<UInt8> {
        trailer.add(part)
        return try withHeader(deflater.compress([], end: .flushed))
    }

    /// Returns the rest.
    func finish() throws -> ArraySlice<UInt8> {
        try withHeader(deflater.compress([], end: .final)) + trailer.bytes
    }

    private func withHeader(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard !header.isEmpty else { return bytes }
        defer { header = [] }
        return header + bytes
    }
}
