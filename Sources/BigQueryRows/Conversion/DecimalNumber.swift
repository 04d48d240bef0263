/// A number as its decimal notation says it: ±significand × 10^exponent.
struct DecimalNumber {
    /// Whether the notation begins with `-`; zeros have a sign too.
    private(set) var isNegative = false
    private(set) var significand: UInt64 = 0
    private(set) var exponent = 0
    /// Whether all digits fit into `significand`; if not, it is of no use.
    private(set) var isComplete = true
    /// Whether the notation has neither a point nor an exponent.
    private(set) var isInteger = true

    /// What any digits fit into 64 bits.
    private static let safeDigits = 19

    /// Reads JSON's notation of numbers; `nil` for any other text.
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
        if digitCount > Self.safeDigits { readAgain(text, start..<end) }
    }

    /// The number without zeros at the end of its significand.
    var normalized: DecimalNumber {
        var number = self
        while number.significand > 0, number.significand % 10 == 0 {
            number.significand /= 10
            number.exponent += 1
        }
        return number
    }

    /// Takes digits as if there were no overflow.
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

    /// Reads a long run of digits anew, in which zeros at both ends take no room.
    private mutating func readAgain(_ text: Span<UInt8>, _ digits: Range<Int>) {
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
                if overflow { return isComplete = false }
                significand = product
            }
            pendingZeros = 0
            let (sum, carry) = significand.addingReportingOverflow(UInt64(digit))
            if carry { return isComplete = false }
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
            // Beyond what the digits of any text in memory could make up for, larger is all the same.
            if value < 1 << 50 { value = value * 10 + Int(digit) }
            index += 1
        }
        return isNegative ? -value : value
    }
}
