import CZlib

/// Compresses a stream to gzip, and embeds parts that were compressed in advance.
final class GzipWriter {
    private let deflater: Deflater
    private var trailer = GzipTrailer()
    /// The gzip header: deflate, no name, no time, fastest level, Unix.
    private var header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 3]

    init() throws {
        deflater = try Deflater()
    }

    /// Compresses the next bytes, and returns the output that is ready, if any.
    func compress(_ bytes: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
        trailer.add(bytes)
        return try withHeader(deflater.compress(bytes))
    }

    /// Prepares for bytes that were compressed and flushed by another ``Deflater``, and returns the output that
    /// precedes them. `part` is the gzip trailer of these bytes alone.
    func skip(_ part: GzipTrailer) throws -> ArraySlice<UInt8> {
        trailer.add(part)
        return try withHeader(deflater.compress([], end: .flushed))
    }

    /// Returns the remaining output.
    func finish() throws -> ArraySlice<UInt8> {
        try withHeader(deflater.compress([], end: .final)) + trailer.bytes
    }

    private func withHeader(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard !header.isEmpty else { return bytes }
        defer { header = [] }
        return header + bytes
    }
}

/// The gzip trailer: checksum and length of the uncompressed bytes.
struct GzipTrailer: Sendable, Equatable {
    private var checksum = crc32(0, nil, 0)
    private var count = 0

    mutating func add(_ bytes: ArraySlice<UInt8>) {
        checksum = bytes.withUnsafeBufferPointer { crc32(checksum, $0.baseAddress, uInt($0.count)) }
        count += bytes.count
    }

    /// Appends the bytes that another trailer describes.
    mutating func add(_ other: GzipTrailer) {
        checksum = crc32_combine(checksum, other.checksum, other.count)
        count += other.count
    }

    /// The trailer's eight bytes.
    var bytes: [UInt8] {
        [UInt32(truncatingIfNeeded: checksum), UInt32(truncatingIfNeeded: count)].flatMap { number in
            (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
    }
}

/// Compresses a stream to raw deflate.
final class Deflater {
    /// How to continue after the input.
    enum End {
        /// More input follows; output can be withheld.
        case open
        /// Flushes to a byte boundary; later output does not refer to earlier input.
        case flushed
        /// Ends the stream.
        case final
    }

    /// Heap-allocated, because zlib keeps a pointer to it.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    /// zlib's fastest level, since most pages are read once.
    private static let level: Int32 = 1
    /// The largest window; negative for raw deflate.
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

    /// Compresses the next bytes, and returns the output that is ready, if any.
    func compress(_ bytes: ArraySlice<UInt8>, end: End = .open) throws -> ArraySlice<UInt8> {
        try bytes.withUnsafeBufferPointer { input in
            // zlib does not write to its input, although the parameter is not const unless Z_CONST is defined.
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
                // Z_BUF_ERROR means that there was nothing to do.
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
