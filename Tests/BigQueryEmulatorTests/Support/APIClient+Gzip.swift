import CZlib

extension APIClient.Response {
    /// Inflates the body.
    ///
    /// - Throws: An error unless the body is exactly one gzip member with a valid checksum and length.
    func inflated() throws -> [UInt8] {
        var stream = z_stream()
        var input = bytes
        let capacity = max(64 * bytes.count, 1 << 16)
        return try input.withUnsafeMutableBufferPointer { input in
            try [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
                stream.next_in = input.baseAddress
                stream.avail_in = uInt(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = uInt(output.count)
                inflateInit2_(&stream, 15 + 16, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
                let result = inflate(&stream, Z_FINISH)
                count = output.count - Int(stream.avail_out)
                inflateEnd(&stream)
                guard result == Z_STREAM_END, stream.avail_in == 0 else {
                    throw APIClient.Unexpected("zlib: \(result)")
                }
            }
        }
    }
}
