internal import CZlib

/// Inflates gzip data with zlib, which checks header, CRC-32 and length of every member.
///
/// Unsafe because zlib takes pointers, and because a `z_stream` must not move: it is allocated here, never leaves, and is
/// freed with the object.
final class GzipStream {
    /// Large enough that zlib's copy of its window at each return does not count.
    private static let outputBytes = 256 << 10
    /// Up to here an array grows by doubling. One that is larger gets all the room there may be: what is not used is not
    /// in memory, while doubling needs the old and the new one at a time, and the allocator does not give back to the
    /// system what the old ones took.
    private static let doublingBytes = 4 << 20

    private let stream: UnsafeMutablePointer<z_stream>
    /// Whether the last byte received was the last of a member.
    private(set) var isComplete = false

    init() throws(RowsError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 16 on top of the window bits: gzip only, neither zlib's own framing nor raw data.
        let status = inflateInit2_(
            stream, MAX_WBITS + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw Self.error(status, nil) }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Inflates a chunk and appends what comes out.
    func inflate(
        _ chunk: UnsafeRawBufferPointer, onto bytes: inout [UInt8], limit: Int
    ) throws(RowsError) {
        var input = chunk
        // Output that zlib still holds when the input is used up comes out with the next chunk; there always is
        // one, since eight bytes of checksum and length follow the data.
        while !input.isEmpty {
            if isComplete {
                // A gzip body may consist of several members, one after another (RFC 1952, 2.2).
                inflateReset(stream)
                isComplete = false
            }
            // zlib reads through this pointer and does not write; its C declaration lacks the const.
            stream.pointee.next_in = UnsafeMutableRawPointer(mutating: input.baseAddress)?
                .assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_in = UInt32(clamping: input.count)
            var status = Z_OK
            if bytes.capacity - bytes.count < Self.outputBytes, bytes.capacity > Self.doublingBytes {
                bytes.reserveCapacity(limit + Self.outputBytes)
            }
            bytes.append(addingCapacity: Self.outputBytes) { output in
                output.withUnsafeMutableBufferPointer { free, count in
                    stream.pointee.next_out = free.baseAddress
                    stream.pointee.avail_out = UInt32(Self.outputBytes)
                    status = CZlib.inflate(stream, Z_NO_FLUSH)
                    count = Self.outputBytes - Int(stream.pointee.avail_out)
                }
            }
            guard status == Z_OK || status == Z_STREAM_END else {
                throw Self.error(status, stream.pointee.msg)
            }
            guard bytes.count <= limit else { throw RowsError.bodyTooLarge(limit: limit, measured: "inflated") }

            isComplete = status == Z_STREAM_END
            let consumed = min(input.count, Int(UInt32.max)) - Int(stream.pointee.avail_in)
            input = UnsafeRawBufferPointer(rebasing: input[consumed...])
        }
    }

    private static func error(_ status: Int32, _ reason: UnsafePointer<CChar>?) -> RowsError {
        let reason = reason.map { String(cString: $0) } ?? "zlib status \(status)"
        return RowsError(code: .corruptBody, message: "the body is not valid gzip data: \(reason)")
    }
}
