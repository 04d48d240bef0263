/// A number in decimal notation: ±significand × 10^exponent.
struct DecimalNumber {
    /// Whether the notation begins with `-`. Zeros have a sign, too.
    private(set) var isNegative = false
    private(set) var significand: UInt64 = 0
    private(set) var exponent = 0
    /// Whether all digits fit into `significand`; otherwise its value has no meaning.
    private(set) var isComplete = true
    /// Whether the notation has neither a point nor an exponent.
    private(set) var isInteger = true

    /// The number of digits that always fit into 64 bits.
    private static let safeDigits = 19

    /// Parses a JSON number; `nil` for any other text.
    init?(_ text: Span<UInt8>) {
        var index = 0
        if text.count > 0, text[0] == UInt8(ascii: "-") {
            isNegative = true
            index = 1
        }
        let start = index
        index = appendDigits(of: text, from: start)
        guard index > start, index == start + 1 || text[start] != UInt8(ascii: "0") else { return nil }
        var digitCount = index - start

        if index < text.count, text[index] == UInt8(ascii: ".") {
            isInteger = false
            let fractionStart = index + 1
            index = appendDigits(of: text, from: fractionStart)
            guard index > fractionStart else { return nil }
            exponent = fractionStart - index
            digitCount -= exponent
        }
        let end = index
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            guard let value = Self.exponent(text, from: index + 1) else { return nil }
            exponent += value
            index = text.count
        }
        guard index == text.count else { return nil }
        if digitCount > Self.safeDigits { parseLong(text, start..<end) }
    }

    /// The number without trailing zeros in its significand.
    var normalized: DecimalNumber {
        var number = self
        while number.significand > 0, number.significand % 10 == 0 {
            number.significand /= 10
            number.exponent += 1
        }
        return number
    }

    /// Appends digits, ignoring overflow.
    @inline(__always)
    private mutating func appendDigits(of text: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            significand = significand &* 10 &+ UInt64(digit)
            index += 1
        }
        return index
    }

    /// Parses a long run of digits again, without leading and trailing zeros in the significand.
    private mutating func parseLong(_ text: Span<UInt8>, _ digits: Range<Int>) {
        significand = 0
        var pendingZeros = 0
        for index in digits where text[index] != UInt8(ascii: ".") {
            let digit = text[index] - UInt8(ascii: "0")
            guard digit > 0 else {
                if significand > 0 { pendingZeros += 1 }
                continue
            }
            for _ in 0...pendingZeros {
                let (product, overflow) = significand.multipliedReportingOverflow(by: 10)
                if overflow {
                    isComplete = false
                    return
                }
                significand = product
            }
            pendingZeros = 0
            let (sum, carry) = significand.addingReportingOverflow(UInt64(digit))
            if carry {
                isComplete = false
                return
            }
            significand = sum
        }
        exponent += pendingZeros
    }

    private static func exponent(_ text: Span<UInt8>, from start: Int) -> Int? {
        var index = start
        var isNegative = false
        if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            isNegative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        guard index < text.count else { return nil }
        var value = 0
        while index < text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            // Larger exponents than any number of digits can compensate are equivalent.
            if value < 1 << 50 { value = value * 10 + Int(digit) }
            index += 1
        }
        return isNegative ? -value : value
    }
}

// MARK: FLOAT64

extension Double {
    /// Converts a JSON number, or the name of an infinity or NaN in any case, to the nearest double, ties to even.
    init(cell text: Span<UInt8>) throws(CellConversionError) {
        guard let decimal = DecimalNumber(text) else {
            guard let special = Self.special(text) else { throw CellConversionError("is not a FLOAT64") }
            self = special
            return
        }
        let value = Self.exactly(decimal) ?? Self.slowly(text)
        guard value.isFinite else { throw CellConversionError("is outside the range of FLOAT64") }
        self = value
    }

    /// Powers of ten up to this one are exact doubles (Clinger, "How to Read Floating Point Numbers Accurately", 1990).
    private static let largestExactPower = 22
    /// Powers of five up to this one fit into 64 bits.
    private static let largestWordPower = 27

    private static let powersOfTen: [Double] = powers(10, through: largestExactPower)
    private static let powersOfFive: [UInt64] = powers(5, through: largestWordPower)

    /// The powers of a base, from the 0th.
    private static func powers<Number: Numeric>(_ base: Number, through last: Int) -> [Number] {
        var powers: [Number] = [1]
        for _ in 0..<last { powers.append(powers[powers.count - 1] * base) }
        return powers
    }

    /// The nearest double, in exact 128-bit arithmetic; `nil` if that does not suffice: beyond 1e43 or below 1e-10 for
    /// a number of 17 digits, and for more than 19 digits.
    private static func exactly(_ decimal: DecimalNumber) -> Double? {
        guard decimal.isComplete else { return nil }
        let significand = decimal.significand
        let power = decimal.exponent.magnitude
        guard significand > 0 else { return decimal.isNegative ? -0.0 : 0 }

        if significand <= 1 << 53, power <= largestExactPower {
            // Two exact operands and one operation: IEEE 754 rounds it correctly.
            let factor = powersOfTen[Int(power)]
            let magnitude = decimal.exponent < 0 ? Double(significand) / factor : Double(significand) * factor
            return decimal.isNegative ? -magnitude : magnitude
        }
        guard power <= largestWordPower else { return nil }
        let magnitude =
            decimal.exponent < 0
            ? quotient(significand, byTenToThe: Int(power)) : product(significand, byTenToThe: Int(power))
        return decimal.isNegative ? -magnitude : magnitude
    }

    private static func product(_ significand: UInt64, byTenToThe power: Int) -> Double {
        let (high, low) = significand.multipliedFullWidth(by: powersOfFive[power])
        let product = UInt128(high) << 64 | UInt128(low)
        let shift = product.leadingZeroBitCount
        let normal = product << shift
        return rounded(
            UInt64(truncatingIfNeeded: normal >> 64), hasRemainder: UInt64(truncatingIfNeeded: normal) != 0,
            exponent: power + 64 - shift)
    }

    private static func quotient(_ significand: UInt64, byTenToThe power: Int) -> Double {
        // Both are normalized, and the dividend is halved unless it is smaller: then the quotient fits into a word and
        // has its highest bit set.
        let five = powersOfFive[power]
        let dividend = significand << significand.leadingZeroBitCount
        let divisor = five << five.leadingZeroBitCount
        let isHalved = dividend >= divisor
        let (quotient, remainder) = divisor.dividingFullWidth(
            isHalved ? (dividend >> 1, dividend << 63) : (dividend, 0))
        let shift = five.leadingZeroBitCount - significand.leadingZeroBitCount - 64 + (isHalved ? 1 : 0)
        return rounded(quotient, hasRemainder: remainder != 0, exponent: shift - power)
    }

    /// `bits` × 2^`exponent`, plus less than one bit if there is a remainder, rounded to 53 bits.
    ///
    /// - Precondition: the highest bit is set, and the result is a normal number.
    private static func rounded(_ bits: UInt64, hasRemainder: Bool, exponent: Int) -> Double {
        let half: UInt64 = 1 << 10
        let tail = bits & (half << 1 - 1)
        var significand = bits >> 11
        if tail > half || tail == half && (hasRemainder || significand & 1 == 1) { significand += 1 }
        // The implicit bit, or the carry above it, adds to the exponent.
        let biased = UInt64(exponent + 11 + 52 + 1023 - 1)
        return Double(bitPattern: biased << 52 + significand)
    }

    /// The conversion of the standard library: correct for every input, but requires a string.
    @inline(never)
    private static func slowly(_ text: Span<UInt8>) -> Double {
        let string = text.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        return Double(string) ?? .nan
    }

    private static func special(_ text: Span<UInt8>) -> Double? {
        switch text.withUnsafeBufferPointer({ String(decoding: $0, as: UTF8.self) }).lowercased() {
        case "nan": .nan
        case "infinity", "+infinity", "inf", "+inf": .infinity
        case "-infinity", "-inf": -.infinity
        default: nil
        }
    }
}
