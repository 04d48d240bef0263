/// A TIMESTAMP cell: a point in time between the years 1 and 9999, in microseconds.
package struct Timestamp {
    private static let firstMicrosecond: Int64 = -62_135_596_800_000_000  // 0001-01-01T00:00:00Z
    private static let lastMicrosecond: Int64 = 253_402_300_799_999_999  // 9999-12-31T23:59:59.999999Z

    /// The length of the text form, in bytes.
    static let textLength = 27

    /// Microseconds since 1970-01-01T00:00:00Z.
    let microseconds: Int64

    /// Creates a time; `nil` outside the range of TIMESTAMP.
    package init?(microseconds: Int64) {
        guard microseconds >= Self.firstMicrosecond, microseconds <= Self.lastMicrosecond else { return nil }
        self.microseconds = microseconds
    }

    /// Converts whole microseconds, the requested format; or, if the text has a point or an exponent, seconds, which
    /// servers send that ignore the request.
    init(cell text: Span<UInt8>) throws(CellConversionError) {
        let microseconds: Int64
        if let value = Int64(digits: text) {
            microseconds = value
        } else {
            microseconds = try Self.decimalMicroseconds(text)
        }
        guard let timestamp = Self(microseconds: microseconds) else {
            throw CellConversionError("is outside the range of TIMESTAMP")
        }
        self = timestamp
    }

    private static func decimalMicroseconds(_ text: Span<UInt8>) throws(CellConversionError) -> Int64 {
        guard let seconds = DecimalNumber(text)?.normalized else {
            throw CellConversionError("is not a TIMESTAMP in microseconds or decimal seconds")
        }
        let outside = CellConversionError("is outside the range of TIMESTAMP")
        guard seconds.isComplete, !seconds.isInteger else {
            throw seconds.isInteger ? outside : CellConversionError("has more digits than a TIMESTAMP")
        }
        guard seconds.significand > 0 else { return 0 }
        let power = seconds.exponent + 6
        // The significand ends in a nonzero digit, so that a negative power means a fraction of a microsecond.
        guard power >= 0 else { throw CellConversionError("has digits below a microsecond") }
        guard var magnitude = Int64(exactly: seconds.significand), power < 19 else { throw outside }
        for _ in 0..<power {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            guard !overflow else { throw outside }
            magnitude = product
        }
        return seconds.isNegative ? -magnitude : magnitude
    }

    /// The text form, `2015-01-01T00:00:00.000000Z`.
    package var text: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the text form.
    func append(to bytes: inout [UInt8]) {
        // Relative to the first microsecond, so that no quotient is negative.
        let elapsed = Int(microseconds - Self.firstMicrosecond)
        let (seconds, fraction) = elapsed.quotientAndRemainder(dividingBy: 1_000_000)
        let (days, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let (year, month, day) = Self.date(days: days)

        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.textLength) { text in
            /// Writes two digits and a separator.
            func put(_ value: Int, at offset: Int, then separator: Unicode.Scalar) {
                text.initializeElement(at: offset, to: UInt8(truncatingIfNeeded: 0x30 + value / 10))
                text.initializeElement(at: offset + 1, to: UInt8(truncatingIfNeeded: 0x30 + value % 10))
                text.initializeElement(at: offset + 2, to: UInt8(ascii: separator))
            }
            put(year / 100, at: 0, then: "0")
            put(year % 100, at: 2, then: "-")
            put(month, at: 5, then: "-")
            put(day, at: 8, then: "T")
            put(second / 3600, at: 11, then: ":")
            put(second / 60 % 60, at: 14, then: ":")
            put(second % 60, at: 17, then: ".")
            put(fraction / 10_000, at: 20, then: "0")
            put(fraction / 100 % 100, at: 22, then: "0")
            put(fraction % 100, at: 24, then: "Z")
            bytes.append(contentsOf: text)
        }
    }

    /// The date this many days after 0001-01-01 in the proleptic Gregorian calendar.
    ///
    /// Years start in March, so that the leap day is last and months need no table.
    private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
        let daysOfCycle = 146_097  // 400 years
        let (cycle, dayOfCycle) = (days + 306).quotientAndRemainder(dividingBy: daysOfCycle)
        let yearOfCycle =
            (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / (daysOfCycle - 1)) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0), month, day)
    }
}
