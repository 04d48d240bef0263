package import BigQueryRows
package import Foundation

/// A value of an incremental column, in the form in which it is compared with staged values.
///
/// The type is INT64, DATE, DATETIME or TIMESTAMP. The text is canonical, and valid as a query parameter: digits;
/// `2024-02-01`; `2024-02-01T10:00:00` with a fraction that has no trailing zeros; `2024-02-01T10:00:00.000000Z`.
///
/// The order of the texts of times is the order of the times. It includes staged DATETIME values, whose fractions are as
/// sent: no form of a time is shorter than the canonical one.
package struct IncrementalValue: Sendable, Hashable {
    /// The type of the column.
    package let type: FieldType
    /// The canonical text.
    package let text: String
    /// The number, or the microseconds since 1970-01-01T00:00:00.
    private let position: Int64

    /// The types that an incremental column can have.
    package static let types: [FieldType] = [.int64, .date, .datetime, .timestamp]

    /// Parses a value; `nil` if it is not valid or out of range.
    ///
    /// A day is midnight for DATETIME and TIMESTAMP. A TIMESTAMP can have an offset from UTC; without one it is in UTC.
    package init?(_ text: String, type: FieldType) {
        guard type != .int64 else {
            guard let number = Int64(text) else { return nil }
            self.init(number, type)
            return
        }
        var parser = TimeParser(text)
        guard let time = parser.time(of: type) else { return nil }
        self.init(time, type)
    }

    /// The value at a position; `nil` if it is outside the range of the type.
    private init?(_ position: Int64, _ type: FieldType) {
        if type == .int64 {
            text = String(position)
        } else if let time = Timestamp(microseconds: position)?.text {
            switch type {
            case .date: text = String(time.prefix(10))
            case .datetime: text = Self.withoutTrailingZeros(time.dropLast())
            case .timestamp: text = time
            default: return nil
            }
        } else {
            return nil
        }
        self.type = type
        self.position = type == .date ? position.startOfDay : position
    }

    /// A time with a fraction of six digits, without the zeros that end it.
    private static func withoutTrailingZeros(_ time: Substring) -> String {
        var time = time
        while time.last == "0", time.contains(".") { time.removeLast() }
        if time.last == "." { time.removeLast() }
        return String(time)
    }

    /// The lowest value of a type; `nil` for types that an incremental column cannot have.
    package static func lowest(_ type: FieldType) -> IncrementalValue? {
        IncrementalValue(type == .int64 ? String(Int64.min) : "0001-01-01", type: type)
    }

    /// The value below this one, clamped to the type's range; `nil` if the lookback does not suit the type.
    ///
    /// A number suits INT64, whole days suit DATE, any time suits DATETIME and TIMESTAMP. Negative ones suit no type.
    package func lowered(by lookback: Lookback) -> IncrementalValue? {
        let distance: Int64
        switch lookback {
        case .number(let number) where type == .int64: distance = number
        case .duration(let duration) where type != .int64:
            guard duration >= .zero else { return nil }
            // The components of a longer duration could overflow. No type of time has a longer range.
            guard duration < .seconds(Int64.secondsPerDay * 366 * 10_000) else { return Self.lowest(type) }
            let (seconds, attoseconds) = duration.components
            guard type != .date || (seconds % .secondsPerDay, attoseconds) == (0, 0) else { return nil }
            // A part of a microsecond counts as one.
            distance = seconds * .microsecondsPerSecond + (attoseconds + 999_999_999_999) / 1_000_000_000_000
        default: return nil
        }
        guard distance >= 0, let lowest = Self.lowest(type) else { return nil }
        let (lowered, overflow) = position.subtractingReportingOverflow(distance)
        return overflow ? lowest : Self(max(lowered, lowest.position), type)
    }

    /// The same point as another type of time, rounded down; `nil` between INT64 and times.
    package func converted(to type: FieldType) -> IncrementalValue? {
        guard (self.type == .int64) == (type == .int64) else { return nil }
        return IncrementalValue(position, type)
    }

    /// The value of a time; `nil` for INT64.
    package init?(_ date: Date, type: FieldType) {
        let microseconds = (date.timeIntervalSince1970 * 1e6).rounded()
        guard type != .int64, let position = Int64(exactly: microseconds) else { return nil }
        self.init(position, type)
    }
}

extension IncrementalValue: Comparable {
    /// Compares values of one type.
    package static func < (one: IncrementalValue, other: IncrementalValue) -> Bool { one.position < other.position }
}

/// Parses times such as `2024-02-01`, `2024-02-01T10:00`, `2024-02-01 10:00:00.5` and `2024-02-01T10:00:00+02:00`.
private struct TimeParser {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    /// Reads the whole text; `nil` if it is not a time of the type.
    ///
    /// - Parameter type: DATE without a time of day, DATETIME without an offset, or TIMESTAMP.
    /// - Returns: the microseconds since 1970-01-01T00:00:00.
    mutating func time(of type: FieldType) -> Int64? {
        guard var time = day() else { return nil }
        if type != .date, skip("T") || skip("t") || !isZone && skip(" ") {
            guard let timeOfDay = timeOfDay() else { return nil }
            time += timeOfDay
        }
        if type == .timestamp, !rest.isEmpty {
            guard let offset = offset() else { return nil }
            time -= offset
        }
        return rest.isEmpty ? time : nil
    }

    private mutating func day() -> Int64? {
        guard let year = number(digits: 4), skip("-"), let month = number(digits: 2), skip("-"),
            let day = number(digits: 2), (1...12).contains(month), year >= 1
        else { return nil }
        let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lastDay: Int64 =
            switch month {
            case 2: isLeapYear ? 29 : 28
            case 4, 6, 9, 11: 30
            default: 31
            }
        guard (1...lastDay).contains(day) else { return nil }
        // Years begin in March, so that the leap day is the last one. 719,468 days lie between March of year 0 and 1970.
        let marchYear = month < 3 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let days = marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear - 719_468
        return days * .microsecondsPerDay
    }

    private mutating func timeOfDay() -> Int64? {
        guard let hour = number(digits: 2), hour < 24, skip(":"), let minute = number(digits: 2), minute < 60 else {
            return nil
        }
        var time = (hour * 60 + minute) * 60 * .microsecondsPerSecond
        guard skip(":") else { return time }
        guard let second = number(digits: 2), second < 60 else { return nil }
        time += second * .microsecondsPerSecond
        guard skip(".") else { return time }
        var unit = Int64.microsecondsPerSecond
        while let digit = number(digits: 1) {
            guard unit > 1 else { return nil }
            unit /= 10
            time += digit * unit
        }
        return unit < .microsecondsPerSecond ? time : nil
    }

    /// Whether the rest is a zone after a blank.
    private var isZone: Bool { rest.elementsEqual(" UTC".utf8) }

    /// Reads `Z`, ` UTC` or an offset from UTC of up to 14 hours, such as `+02:00` or `+02`.
    private mutating func offset() -> Int64? {
        if isZone {
            rest = rest.dropFirst(rest.count)
            return 0
        }
        if skip("Z") || skip("z") { return 0 }
        let isNegative = skip("-")
        guard isNegative || skip("+"), let hours = number(digits: 2),
            let minutes = skip(":") ? number(digits: 2) : 0, minutes < 60, hours * 60 + minutes <= 14 * 60
        else { return nil }
        let offset = (hours * 60 + minutes) * 60 * .microsecondsPerSecond
        return isNegative ? -offset : offset
    }

    /// Reads exactly this many digits, at most four. The position is undefined without them.
    private mutating func number(digits count: Int) -> Int64? {
        var number: Int64 = 0
        for _ in 0..<count {
            guard let digit = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + Int64(digit - UInt8(ascii: "0"))
            rest.removeFirst()
        }
        return number
    }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: scalar) else { return false }
        rest.removeFirst()
        return true
    }
}

extension Int64 {
    fileprivate static let secondsPerDay: Int64 = 86_400
    fileprivate static let microsecondsPerSecond: Int64 = 1_000_000
    fileprivate static let microsecondsPerDay = secondsPerDay * microsecondsPerSecond

    /// The first microsecond of the day of a time, which is in the range of TIMESTAMP.
    fileprivate var startOfDay: Int64 {
        let timeOfDay = self % .microsecondsPerDay
        return self - timeOfDay - (timeOfDay < 0 ? .microsecondsPerDay : 0)
    }
}
