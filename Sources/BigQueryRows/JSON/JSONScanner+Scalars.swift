/// A JSON value that is neither an object nor an array.
struct JSONScalar {
    enum Kind {
        case null, boolean, number, string
    }

    let kind: Kind
    /// The unescaped content of a string, or the text of any other value.
    let range: Range<Int>
}

extension JSONScanner {
    /// Whether an object or an array is next.
    var isAtContainer: Bool {
        @inline(__always) get { next == UInt8(ascii: "{") || next == UInt8(ascii: "[") }
    }

    /// Reads a string, a number, a boolean or null.
    @inline(__always)
    mutating func readScalar() throws(PageFault) -> JSONScalar {
        if next == UInt8(ascii: "\"") { return JSONScalar(kind: .string, range: try readString()) }
        return try readBareScalar()
    }

    /// Reads a number, a boolean or null.
    mutating func readBareScalar() throws(PageFault) -> JSONScalar {
        let start = position
        let kind: JSONScalar.Kind
        switch next {
        case UInt8(ascii: "n"):
            try skip("null")
            kind = .null
        case UInt8(ascii: "t"):
            try skip("true")
            kind = .boolean
        case UInt8(ascii: "f"):
            try skip("false")
            kind = .boolean
        default:
            try skipNumber()
            kind = .number
        }
        return JSONScalar(kind: kind, range: start..<position)
    }

    private mutating func skip(_ literal: StaticString) throws(PageFault) {
        for index in 0..<literal.utf8CodeUnitCount {
            guard next == literal.utf8Start[index] else { throw unexpected("\(literal)") }
            position += 1
        }
    }

    /// Skips a number: `-`, digits without a leading zero, a fraction, an exponent.
    private mutating func skipNumber() throws(PageFault) {
        if next == UInt8(ascii: "-") { position += 1 }
        if next == UInt8(ascii: "0") {
            position += 1
        } else {
            guard isAtDigit else { throw unexpected("a value") }
            skipDigits()
        }
        if next == UInt8(ascii: ".") {
            position += 1
            guard isAtDigit else { throw unexpected("a digit") }
            skipDigits()
        }
        if next | 0x20 == UInt8(ascii: "e") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard isAtDigit else { throw unexpected("a digit") }
            skipDigits()
        }
    }

    private var isAtDigit: Bool { next &- UInt8(ascii: "0") < 10 }

    private mutating func skipDigits() {
        while isAtDigit { position += 1 }
    }
}

// MARK: Strings

extension JSONScanner {
    /// Reads a string, whose opening quote is next, and unescapes it in place.
    ///
    /// - Returns: the content, which begins at the start of the source and is not longer.
    @inline(__always)
    mutating func readString() throws(PageFault) -> Range<Int> {
        let start = position + 1
        let stop = firstStop(from: start)
        guard base[stop] == UInt8(ascii: "\"") else { return try unescapeString(start: start, from: stop) }
        position = stop + 1
        return start..<stop
    }

    /// Skips a string, whose opening quote is next, without changing it.
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
    /// Each term is exact up to its first hit. Above it, a borrow can mark more bytes.
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

    /// The slow path of ``readString()``. Reading stays ahead of writing, since no escape is shorter than its
    /// character.
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

    /// Reads an escape. The next byte is a stop other than the closing quote.
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
        // Only a leading surrogate followed by a trailing one is a character.
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
