/// Takes the parts of a date and time literal from the front of a text.
struct CivilScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    var isAtEnd: Bool { position == bytes.count }

    /// `Y-M-D` as a day counted from 1970.
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

    /// A date, and a time after a space or `T` if there is one, in microseconds.
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

    /// Nothing, `Z`, `UTC` or `±H[H][:MM]`, in microseconds east of Greenwich.
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
