/// Parses and formats dates and times of the proleptic Gregorian calendar, years 1 to 9999.
enum CivilTime {
    static let microsecondsPerSecond: Int64 = 1_000_000
    static let microsecondsPerDay: Int64 = 86_400_000_000

    /// The canonical `YYYY-MM-DD` of a DATE literal; `nil` if it is invalid.
    static func date(_ text: String) -> String? {
        var scanner = CivilScanner(text)
        guard let day = scanner.day(), scanner.isAtEnd else { return nil }
        return dateText(day: day)
    }

    /// The canonical `HH:MM:SS[.ffffff]` of a TIME literal; `nil` if it is invalid.
    static func time(_ text: String) -> String? {
        var scanner = CivilScanner(text)
        guard let time = scanner.timeOfDay(), scanner.isAtEnd else { return nil }
        return timeText(microseconds: time)
    }

    /// The canonical `YYYY-MM-DDTHH:MM:SS[.ffffff]` of a DATETIME literal; `nil` if it is invalid.
    static func datetime(_ text: String) -> String? {
        var scanner = CivilScanner(text)
        guard let moment = scanner.moment(), scanner.isAtEnd else { return nil }
        return datetimeText(microseconds: moment)
    }

    /// The microseconds since 1970 of a TIMESTAMP literal, in UTC unless it has an offset; `nil` if it is invalid.
    static func timestamp(_ text: String) -> Int64? {
        var scanner = CivilScanner(text)
        guard let moment = scanner.moment(), let offset = scanner.zoneOffset(), scanner.isAtEnd else {
            return nil
        }
        return moment - offset
    }

    /// Splits microseconds since 1970 into days since 1970 and microseconds of the day.
    static func split(microseconds: Int64) -> (day: Int64, time: Int64) {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: microsecondsPerDay)
        return remainder < 0 ? (quotient - 1, remainder + microsecondsPerDay) : (quotient, remainder)
    }

    // Years begin in March here, so that a leap day is the last day of its year.

    static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func civil(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

extension CivilTime {
    private static let dateLength = 10
    private static let timeLength = 8
    private static let fractionLength = 7

    /// `YYYY-MM-DD` of a number of days since 1970-01-01.
    static func dateText(day: Int64) -> String {
        String(unsafeUninitializedCapacity: dateLength) { buffer in
            writeDate(day, to: buffer)
            return dateLength
        }
    }

    /// `HH:MM:SS`, with six fractional digits if the fraction is not zero.
    static func timeText(microseconds: Int64) -> String {
        String(unsafeUninitializedCapacity: timeLength + fractionLength) { buffer in
            writeTime(microseconds, to: buffer, at: 0)
        }
    }

    /// `YYYY-MM-DDTHH:MM:SS[.ffffff]` of microseconds since 1970.
    static func datetimeText(microseconds: Int64, separator: Unicode.Scalar = "T") -> String {
        let (day, time) = split(microseconds: microseconds)
        return String(unsafeUninitializedCapacity: dateLength + 1 + timeLength + fractionLength) { buffer in
            writeDate(day, to: buffer)
            buffer[dateLength] = UInt8(ascii: separator)
            return writeTime(time, to: buffer, at: dateLength + 1)
        }
    }

    /// The form in which SQLite stores a TIMESTAMP: accepted by its date functions, and ordered by time.
    static func timestampText(microseconds: Int64) -> String {
        datetimeText(microseconds: microseconds, separator: " ")
    }

    private static func writeDate(_ day: Int64, to buffer: UnsafeMutableBufferPointer<UInt8>) {
        let (year, month, day) = civil(day: day)
        write(year, 4, to: buffer, at: 0)
        buffer[4] = UInt8(ascii: "-")
        write(month, 2, to: buffer, at: 5)
        buffer[7] = UInt8(ascii: "-")
        write(day, 2, to: buffer, at: 8)
    }

    /// Returns the offset after the last byte.
    private static func writeTime(
        _ microseconds: Int64, to buffer: UnsafeMutableBufferPointer<UInt8>, at offset: Int
    ) -> Int {
        let (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: microsecondsPerSecond)
        write(seconds / 3600, 2, to: buffer, at: offset)
        buffer[offset + 2] = UInt8(ascii: ":")
        write(seconds / 60 % 60, 2, to: buffer, at: offset + 3)
        buffer[offset + 5] = UInt8(ascii: ":")
        write(seconds % 60, 2, to: buffer, at: offset + 6)
        guard fraction != 0 else { return offset + timeLength }
        buffer[offset + timeLength] = UInt8(ascii: ".")
        write(fraction, 6, to: buffer, at: offset + timeLength + 1)
        return offset + timeLength + fractionLength
    }

    private static func write(
        _ number: Int64, _ width: Int, to buffer: UnsafeMutableBufferPointer<UInt8>, at offset: Int
    ) {
        var number = number
        for index in stride(from: offset + width - 1, through: offset, by: -1) {
            buffer[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10)
            number /= 10
        }
    }
}

/// Scans the components of a date and time literal.
struct CivilScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    var isAtEnd: Bool { position == bytes.count }

    /// `Y-M-D` as days since 1970.
    mutating func day() -> Int64? {
        guard let year = number(4...4), take("-"), let month = number(1...2), take("-"),
            let day = number(1...2), (1...9999).contains(year), (1...12).contains(month)
        else { return nil }
        let count = CivilTime.day(year: year, month: month, day: day)
        return CivilTime.civil(day: count) == (year, month, day) ? count : nil
    }

    /// `H:M:S[.F]` in microseconds.
    mutating func timeOfDay() -> Int64? {
        guard let hour = number(1...2), take(":"), let minute = number(1...2), take(":"),
            let second = number(1...2), hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction: Int64 = 0
        if take(".") {
            let start = position
            guard let digits = number(1...6) else { return nil }
            fraction = (start..<start + 6).suffix(6 - (position - start)).reduce(digits) { value, _ in value * 10 }
        }
        return (hour * 3600 + minute * 60 + second) * CivilTime.microsecondsPerSecond + fraction
    }

    /// A date, optionally with a time after a space or `T`, in microseconds since 1970.
    mutating func moment() -> Int64? {
        guard let day = day() else { return nil }
        let midnight = day * CivilTime.microsecondsPerDay
        let start = position
        guard take("T") || take("t") || take(" "), let time = timeOfDay() else {
            position = start
            return midnight
        }
        return midnight + time
    }

    /// An empty string, `Z`, `UTC` or `±H[H][:MM]`, in microseconds east of UTC.
    mutating func zoneOffset() -> Int64? {
        _ = take(" ")
        if isAtEnd || take("Z") || take("z") { return 0 }
        if take("U") { return take("T") && take("C") ? 0 : nil }
        let sign: Int64 = take("-") ? -1 : 1
        guard sign < 0 || take("+"), let hours = number(1...2), hours <= 14 else { return nil }
        var minutes: Int64 = 0
        if take(":") {
            guard let number = number(2...2), number < 60 else { return nil }
            minutes = number
        }
        return sign * (hours * 60 + minutes) * 60 * CivilTime.microsecondsPerSecond
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func number(_ length: ClosedRange<Int>) -> Int64? {
        var value: Int64 = 0
        var count = 0
        while position < bytes.count, count < length.upperBound,
            case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10
        {
            value = value * 10 + Int64(digit)
            position += 1
            count += 1
        }
        return count >= length.lowerBound ? value : nil
    }
}
