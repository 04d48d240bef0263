/// Validates UTF-8 as Unicode defines it: shortest forms only, no surrogates.
enum UTF8Check {
    /// The offset of the first byte that is not part of a valid character; `nil` for valid text.
    ///
    /// Unsafe because it reads ahead: the byte after the text must be 0, which ends any character, and
    /// `JSONScanner.padding` bytes after the text must be readable.
    static func firstFault(in base: UnsafePointer<UInt8>, count: Int) -> Int? {
        var offset = 0
        while offset < count {
            if offset + 32 <= count, isASCII(base + offset, words: 4) {
                offset += 32
                continue
            }
            if isASCII(base + offset, words: 1) {
                offset += 8
                continue
            }
            while offset < count, base[offset] < 0x80 { offset += 1 }
            while offset < count, base[offset] >= 0x80 {
                guard let length = lengthOfCharacter(at: base + offset) else { return offset }
                offset += length
            }
        }
        return nil
    }

    @inline(__always)
    private static func isASCII(_ start: UnsafePointer<UInt8>, words: Int) -> Bool {
        var union: UInt64 = 0
        for index in 0..<words {
            union |= UnsafeRawPointer(start).loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
        }
        return union & 0x8080_8080_8080_8080 == 0
    }

    /// The length of a character of two to four bytes (Unicode 16, table 3-7).
    @inline(__always)
    private static func lengthOfCharacter(at start: UnsafePointer<UInt8>) -> Int? {
        switch start[0] {
        case 0xC2...0xDF: isContinuation(start[1]) ? 2 : nil
        case 0xE0: start[1] >= 0xA0 && start[1] <= 0xBF && isContinuation(start[2]) ? 3 : nil
        case 0xED: start[1] >= 0x80 && start[1] <= 0x9F && isContinuation(start[2]) ? 3 : nil
        case 0xE1...0xEF: isContinuation(start[1]) && isContinuation(start[2]) ? 3 : nil
        case 0xF0: start[1] >= 0x90 && start[1] <= 0xBF && areContinuations(start + 2) ? 4 : nil
        case 0xF1...0xF3: isContinuation(start[1]) && areContinuations(start + 2) ? 4 : nil
        case 0xF4: start[1] >= 0x80 && start[1] <= 0x8F && areContinuations(start + 2) ? 4 : nil
        default: nil
        }
    }

    @inline(__always)
    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    @inline(__always)
    private static func areContinuations(_ two: UnsafePointer<UInt8>) -> Bool {
        isContinuation(two[0]) && isContinuation(two[1])
    }
}
