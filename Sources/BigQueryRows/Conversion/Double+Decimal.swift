extension Double {
    /// Converts JSON's notation of numbers, and the names of infinities and NaN in any case, to the nearest
    /// double, halfway to the even one.
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

    /// Powers of ten up to this one are exact doubles (Clinger, "How to Read Floating Point Numbers
    /// Accurately", 1990).
    private static let largestExactPower = 22
    /// Powers of five up to this one fit into 64 bits.
    private static let largestWordPower = 27

    private static let powersOfTen: [Double] = powers(10, through: largestExactPower)
    private static let powersOfFive: [UInt64] = powers(5, through: largestWordPower)

    /// The powers of a base from 0 on.
    private static func powers<Number: Numeric>(_ base: Number, through last: Int) -> [Number] {
        var powers: [Number] = [1]
        for _ in 0..<last { powers.append(powers[powers.count - 1] * base) }
        return powers
    }

    /// The nearest double, in 128-bit arithmetic that loses nothing; `nil` where that is not enough: beyond
    /// 1e43 or below 1e-10 if the number has 17 digits, and for more than 19 digits.
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
        // Both are shifted to the top of their words, and the dividend one back if it is not the smaller: then
        // the quotient fits into a word and has its highest bit set.
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
        // Its implicit bit, or the carry above it, adds to the exponent.
        let biased = UInt64(exponent + 11 + 52 + 1023 - 1)
        return Double(bitPattern: biased << 52 + significand)
    }

    /// What the standard library makes of it: correct for every input, but it wants a string.
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
