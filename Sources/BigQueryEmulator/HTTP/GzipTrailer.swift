import CZlib

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
