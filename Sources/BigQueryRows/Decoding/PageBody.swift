internal import CZlib

/// A response body that is inflated as it arrives, up to its limits. Do not use it after it has thrown an error.
package struct PageBody: ~Copyable {
    private let limits: BodyLimits
    private var gzip: GzipStream?
    private var bytes: [UInt8]
    private var wireByteCount = 0

    /// Creates an empty body.
    ///
    /// - Parameters:
    ///   - contentEncoding: the value of the header: `nil`, empty or `identity` for plain bytes, `gzip` or `x-gzip`.
    ///   - limits: the maximum sizes, inclusive.
    ///   - memory: recycles the memory of earlier pages.
    ///   - rowCount: the number of requested rows, by which memory is reserved. Defaults to 0, for no reservation.
    /// - Throws: ``RowsError`` with code `unsupportedEncoding` for any other encoding, or a list of several.
    package init(
        contentEncoding: String?, limits: BodyLimits = .page, memory: PageMemory = PageMemory(), rowCount: Int = 0
    ) throws(RowsError) {
        switch contentEncoding?.lowercased() ?? "" {
        case "", "identity": gzip = nil
        case "gzip", "x-gzip": gzip = try GzipStream()
        case let other:
            throw RowsError(
                code: .unsupportedEncoding,
                message: "the body is encoded as \(excerpt(other.utf8)), but only gzip was requested")
        }
        self.limits = limits
        bytes = memory.takeBody(rowCount: rowCount)
    }

    /// Receives the next chunk, of any size.
    ///
    /// - Throws: ``RowsError`` with code `bodyTooLarge` as soon as a limit is exceeded, or `corruptBody` for invalid
    ///   gzip data.
    package mutating func receive(_ chunk: UnsafeRawBufferPointer) throws(RowsError) {
        wireByteCount += chunk.count
        guard wireByteCount <= limits.compressedBytes else {
            throw RowsError.bodyTooLarge(limit: limits.compressedBytes, measured: "on the wire")
        }
        guard gzip == nil else {
            try gzip?.inflate(chunk, onto: &bytes, limit: limits.inflatedBytes)
            return
        }
        guard wireByteCount <= limits.inflatedBytes else {
            throw RowsError.bodyTooLarge(limit: limits.inflatedBytes, measured: "inflated")
        }
        bytes.append(contentsOf: chunk)
    }

    /// Completes the body.
    ///
    /// - Throws: ``RowsError`` with code `corruptBody` if a gzip body is not complete.
    package consuming func finish() throws(RowsError) -> InflatedBody {
        if gzip?.isComplete == false {
            throw RowsError(code: .corruptBody, message: "the gzip body ends early, after \(wireByteCount) bytes")
        }
        return InflatedBody(bytes: bytes, wireByteCount: wireByteCount)
    }
}

extension RowsError {
    static func bodyTooLarge(limit: Int, measured: String) -> RowsError {
        RowsError(
            code: .bodyTooLarge, message: "the body has more than \(limit) bytes \(measured)")
    }
}

/// The maximum sizes of a response body, on the wire and inflated.
package struct BodyLimits: Sendable, Hashable {
    /// The maximum number of bytes on the wire.
    package var compressedBytes: Int
    /// The maximum number of bytes after inflating, against gzip bombs.
    package var inflatedBytes: Int

    /// Creates limits.
    ///
    /// - Parameters:
    ///   - compressedBytes: the maximum number of bytes on the wire, inclusive.
    ///   - inflatedBytes: the maximum number of bytes after inflating, inclusive.
    package init(compressedBytes: Int, inflatedBytes: Int) {
        self.compressedBytes = compressedBytes
        self.inflatedBytes = inflatedBytes
    }

    /// 192 MiB each: the service allows a single row of 100 MB, and some types are longer in JSON than the service
    /// counts them. A whole process stays below 300 MB.
    package static let page = BodyLimits(compressedBytes: 192 << 20, inflatedBytes: 192 << 20)
    /// 1 MiB each.
    package static let error = BodyLimits(compressedBytes: 1 << 20, inflatedBytes: 1 << 20)
}

/// A complete response body, inflated.
package struct InflatedBody: Sendable {
    /// The content.
    package internal(set) var bytes: [UInt8]
    /// The number of bytes on the wire, without headers.
    package let wireByteCount: Int

    /// Creates a body.
    package init(bytes: [UInt8], wireByteCount: Int) {
        self.bytes = bytes
        self.wireByteCount = wireByteCount
    }
}

/// Inflates gzip data with zlib, which checks header, CRC-32 and length of every member.
///
/// Unsafe because zlib takes pointers, and because a `z_stream` must not move: it is allocated here, does not escape,
/// and is freed with its only owner.
struct GzipStream: ~Copyable {
    /// Large enough that zlib's copy of its window at each return is negligible.
    private static let outputBytes = 256 << 10
    /// Doubles up to this size; beyond it, reserves the whole limit once. Unused capacity is not resident, while
    /// doubling needs the old and the new array at once, and the allocator keeps the memory of the old ones.
    private static let doublingBytes = 4 << 20

    private let stream: UnsafeMutablePointer<z_stream>
    /// Whether the last received byte ended a member.
    private(set) var isComplete = false

    init() throws(RowsError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 16 on top of the window bits: gzip only, neither zlib's own framing nor raw data.
        let status = inflateInit2_(
            stream, MAX_WBITS + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            stream.deallocate()
            throw Self.error(status, nil)
        }
        self.stream = stream
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Inflates a chunk and appends the output.
    mutating func inflate(
        _ chunk: UnsafeRawBufferPointer, onto bytes: inout [UInt8], limit: Int
    ) throws(RowsError) {
        var input = chunk
        // Output that zlib still holds at the end of the input is returned with the next chunk, which follows since the
        // data ends in eight bytes of checksum and length.
        while !input.isEmpty {
            if isComplete {
                // A gzip body can consist of several members (RFC 1952, 2.2).
                inflateReset(stream)
                isComplete = false
            }
            // zlib only reads through this pointer, but its declaration lacks the const.
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
