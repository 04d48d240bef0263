import CZlib

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

/// What gzip ends with: the checksum and the length of what was compressed.
struct GzipTrailer: Sendable, Equatable {
    private var checksum = crc32(0, nil, 0)
    private var count = 0

    mutating func add(_ bytes: ArraySlice<UInt8>) {
        checksum = bytes.withUnsafeBufferPointer { crc32(checksum, $0.baseAddress, uInt($0.count)) }
        count += bytes.count
    }

    /// Adds what another trailer stands for, without its bytes.
    mutating func add(_ other: GzipTrailer) {
        checksum = crc32_combine(checksum, other.checksum, other.count)
        count += other.count
    }

    /// The eight bytes in the file.
    var bytes: [UInt8] {
        [UInt32(truncatingIfNeeded: checksum), UInt32(truncatingIfNeeded: count)].flatMap { number in
            (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
    }
}

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
            output += try [UInt8](unsafeUninitializedCapacity: Self.outputBytes) { chunk, count in
                stream.pointee.next_out = chunk.baseAddress
                stream.pointee.avail_out = uInt(chunk.count)
                let result = deflate(stream, flush)
                // Z_BUF_ERROR only says that there was nothing to do.
                guard [Z_OK, Z_STREAM_END, Z_BUF_ERROR].contains(result) else {
                    throw ServiceError(.internalError, "zlib failed: \(result)")
                }
                count = chunk.count - Int(stream.pointee.avail_out)
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
