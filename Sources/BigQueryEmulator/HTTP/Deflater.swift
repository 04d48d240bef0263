import CZlib

/// Compresses a stream of bytes to raw deflate, the inside of gzip.
final class Deflater {
    /// What to do once the bytes that were given are compressed.
    enum End {
        /// Waits for more, and keeps back what may be compressed better together with it.
        case open
        /// Ends at a whole byte; what is compressed later does not refer to what is before.
        case flushed
        /// Ends the stream.
        case final
    }

    /// On the heap, because zlib keeps a pointer to it.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    /// zlib's fastest level: the emulator is there to be read from, and most pages are read once.
    private static let level: Int32 = 1
    /// The largest window; negative to ask for no header.
    private static let windowBits: Int32 = -15
    private static let memoryLevel: Int32 = 8
    private static let outputBytes = 1 << 16

    init() throws {
        stream.initialize(to: z_stream())
        let result = deflateInit2_(
            stream, Self.level, Z_DEFLATED, Self.windowBits, Self.memoryLevel, Z_DEFAULT_STRATEGY, zlibVersion(),
            Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else { throw ServiceError(.internalError, "zlib failed: \(result)") }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Takes the next bytes and returns what is ready, which may be nothing.
    func compress(_ bytes: ArraySlice<UInt8>, end: End = .open) throws -> ArraySlice<UInt8> {
        try bytes.withUnsafeBufferPointer { input in
            // zlib does not write to its input; its type says so only where Z_CONST is defined.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = uInt(input.count)
            return try deflateAll(end)
        }
    }

    private func deflateAll(_ end: End) throws -> ArraySlice<UInt8> {
        let flush = end.flush
        var output: [UInt8] = []
        repeat {
            output += try [UInt8](unsafeUninitializedCapacity: Self.outputBytes) { piece, count in
                stream.pointee.next_out = piece.baseAddress
                stream.pointee.avail_out = uInt(piece.count)
                let result = deflate(stream, flush)
                // Z_BUF_ERROR only says that there was nothing to do.
                guard [Z_OK, Z_STREAM_END, Z_BUF_ERROR].contains(result) else {
                    throw ServiceError(.internalError, "zlib failed: \(result)")
                }
                count = piece.count - Int(stream.pointee.avail_out)
            }
        } while stream.pointee.avail_out == 0
        return output[...]
    }
}

extension Deflater.End {
    fileprivate var flush: Int32 {
        switch self {
        case .open: Z_NO_FLUSH
        case .flushed: Z_FULL_FLUSH
        case .final: Z_FINISH
        }
    }
}
