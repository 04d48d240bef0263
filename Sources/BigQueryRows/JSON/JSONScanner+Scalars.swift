/// A JSON value that is neither an object nor an array.
struct JSONScalar {
    enum Kind {
        case null, boolean, number, string
    }

    let kind: Kind
    /// The content of a string with its escapes undone; the text of anything else.
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

    /// Reads a value that is not in quotes: a number, a boolean or null.
    mutating func readBareScalar() throws(PageFault) -> JSONScalar {
        let start = position
        let kind: JSONScalar.Kind
        switch next {
        case UInt8(ascii: "n"):
            try pass("null")
            kind = .null
        case UInt8(ascii: "t"):
            try pass("true")
            kind = .boolean
        case UInt8(ascii: "f"):
            try pass("false")
            kind = .boolean
        default:
            try passNumber()
            kind = .number
        }
        return JSONScalar(kind: kind, range: start..<position)
    }

    private mutating func pass(_ literal: StaticString) throws(PageFault) {
        for index in 0..<literal.utf8CodeUnitCount {
            guard next == literal.utf8Start[index] else { throw unexpected("\(literal)") }
            position += 1
        }
    }

    /// Passes a number: `-`, digits without a leading zero, a fraction, an exponent.
    private mutating func passNumber() throws(PageFault) {
        if next == UInt8(ascii: "-") { position += 1 }
        if next == UInt8(ascii: "0") {
            position += 1
        } else {
            guard isAtDigit else { throw unexpected("a value") }
            passDigits()
        }
        if next == UInt8(ascii: ".") {
            position += 1
            guard isAtDigit else { throw unexpected("a digit") }
            passDigits()
        }
        if next | 0x20 == UInt8(ascii: "e") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard isAtDigit else { throw unexpected("a digit") }
            passDigits()
        }
    }

    private var isAtDigit: Bool { next &- UInt8(ascii: "0") < 10 }

    private mutating func passDigits() {
        while isAtDigit { position += 1 }
    }
}
