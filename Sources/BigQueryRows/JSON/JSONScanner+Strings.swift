extension JSONScanner {
    /// Reads a string, whose opening quote is next, and undoes its escapes where they stand.
    ///
    /// - Returns: the content, which begins where the source began and is never longer.
    @inline(__always)
    mutating func readString() throws(PageFault) -> Range<Int> {
        let start = position + 1
        let stop = firstStop(from: start)
        guard base[stop] == UInt8(ascii: "\"") else { return try unescapeString(start: start, from: stop) }
        position = stop + 1
        return start..<stop
    }

    /// Passes a string, whose opening quote is next, and leaves it as it is.
    mutating func skipString() throws(PageFault) {
        position = firstStop(from: position + 1)
        while next != UInt8(ascii: "\"") {
            _ = try readEscape()
            position = firstStop(from: position)
        }
        position += 1
    }

    /// The offset of the first quote, backslash or control character; at most `count`.
    @inline(__always)
    func firstStop(from start: Int) -> Int {
        var offset = start
        while true {
            let stops = Self.stops(in: word(at: offset))
            if stops != 0 { return offset + stops.trailingZeroBitCount >> 3 }
            offset += 8
        }
    }

    /// A word whose lowest set bit is the high bit of the first byte that ends a run of plain characters.
    ///
    /// Each term marks a byte exactly up to its own first hit; above it a borrow may mark more.
    @inline(__always)
    static func stops(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let hasQuote = (quotes &- ones) & ~quotes
        let hasBackslash = (backslashes &- ones) & ~backslashes
        let hasControl = (word &- ones &* 0x20) & ~word
        return (hasQuote | hasBackslash | hasControl) & highs
    }

    /// The slow half of ``readString()``: what is read moves ahead of what is written, since no escape is
    /// shorter than the character that it stands for.
    private mutating func unescapeString(start: Int, from stop: Int) throws(PageFault) -> Range<Int> {
        var end = stop
        position = stop
        while next != UInt8(ascii: "\"") {
            end += write(try readEscape(), at: end)
            let stop = firstStop(from: position)
            (base + end).update(from: base + position, count: stop - position)
            end += stop - position
            position = stop
        }
        position += 1
        return start..<end
    }

    /// Writes a character as UTF-8; returns its length.
    @inline(__always)
    private func write(_ scalar: Unicode.Scalar, at offset: Int) -> Int {
        let value = scalar.value
        func unit(_ index: Int, _ bits: UInt32) { base[offset + index] = UInt8(truncatingIfNeeded: bits) }
        func tail(_ index: Int, _ shift: UInt32) { unit(index, 0x80 | value >> shift & 0x3F) }
        switch value {
        case 0..<0x80:
            unit(0, value)
            return 1
        case 0..<0x800:
            unit(0, 0xC0 | value >> 6)
            tail(1, 0)
            return 2
        case 0..<0x10000:
            unit(0, 0xE0 | value >> 12)
            tail(1, 6)
            tail(2, 0)
            return 3
        default:
            unit(0, 0xF0 | value >> 18)
            tail(1, 12)
            tail(2, 6)
            tail(3, 0)
            return 4
        }
    }

    /// Reads an escape; a stop other than the closing quote is next.
    private mutating func readEscape() throws(PageFault) -> Unicode.Scalar {
        guard next == UInt8(ascii: "\\") else {
            guard position < count else { throw unexpected("a closing quote") }
            throw malformed("control character in a string", at: position)
        }
        let start = position
        position += 2
        switch base[start + 1] {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try readUnicodeEscape(start: start)
        default:
            position = start + 1
            throw unexpected("an escape")
        }
    }

    private mutating func readUnicodeEscape(start: Int) throws(PageFault) -> Unicode.Scalar {
        let first = try readHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // Only a leading surrogate with a trailing one behind it makes a character.
        if first < 0xDC00, next == UInt8(ascii: "\\"), base[position + 1] == UInt8(ascii: "u") {
            position += 2
            let second = try readHexDigits()
            let value = 0x10000 + (first & 0x3FF) << 10 + second & 0x3FF
            if second & 0xFC00 == 0xDC00, let scalar = Unicode.Scalar(value) { return scalar }
        }
        throw malformed("unpaired surrogate \\u\(String(first, radix: 16))", at: start)
    }

    private mutating func readHexDigits() throws(PageFault) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let letter = next | 0x20
            let digit: UInt8
            switch letter {
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = letter - UInt8(ascii: "a") + 10
            default:
                digit = next &- UInt8(ascii: "0")
                guard digit < 10 else { throw unexpected("a hexadecimal digit") }
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
