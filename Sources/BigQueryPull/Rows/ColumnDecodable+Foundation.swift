import BigQueryRows
public import Foundation

extension Data: ColumnDecodable {
    /// Reads BYTES.
    public init(cell: BigQueryCell) throws(PullError) {
        guard cell.reference.kind == .blob else { throw cell.mismatch(Self.self) }
        self = Data(cell.bytes[cell.reference.range])
    }
}

extension UUID: ColumnDecodable {
    /// Reads a STRING in the form of RFC 9562, in any case.
    public init(cell: BigQueryCell) throws(PullError) {
        guard cell.isText(.string), let value = UUID(uuidString: cell.text) else { throw cell.mismatch(Self.self) }
        self = value
    }
}

extension URL: ColumnDecodable {
    /// Reads a STRING. Does not encode invalid characters.
    public init(cell: BigQueryCell) throws(PullError) {
        guard cell.isText(.string), let value = URL(string: cell.text, encodingInvalidCharacters: false) else {
            throw cell.mismatch(Self.self)
        }
        self = value
    }
}

extension BigQueryCell {
    /// Whether the cell is text of this type.
    fileprivate func isText(_ kind: Kind) -> Bool { self.kind == kind && reference.kind == .text }
}

// MARK: Decimal

extension Decimal: ColumnDecodable {
    /// Reads a NUMERIC, a BIGNUMERIC, an INT64, or a number in JSON.
    ///
    /// A `Decimal` has 38 digits, as a NUMERIC does. A BIGNUMERIC that has more is an error.
    public init(cell: BigQueryCell) throws(PullError) {
        switch (cell.kind, cell.reference.kind) {
        case (.int64, .integer):
            self.init(cell.reference.integer)
        case (.numeric, .text), (.number, .text), (.json, .text):
            guard let value = Decimal(exactly: cell.text) else {
                throw cell.mismatch(Self.self, "not a number of at most 38 digits")
            }
            self = value
        default:
            throw cell.mismatch(Self.self)
        }
    }

    /// Converts the text of a number, if all its digits fit.
    private init?(exactly text: String) {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
        guard parts.count <= 2, let significand = Decimal(digits: String(parts[0])) else { return nil }
        guard parts.count == 2, !significand.isZero else {
            self = significand
            return
        }
        guard let exponent = Int(parts[1]), exponent.magnitude < 256,
            (-128...127).contains(significand.exponent + exponent)
        else { return nil }
        self = Decimal(
            sign: significand.sign, exponent: significand.exponent + exponent, significand: significand.significand)
    }

    /// Converts a number without an exponent. `Decimal(string:)` drops digits that do not fit; the comparison of the
    /// texts detects it.
    private init?(digits text: String) {
        let isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let value = Decimal(string: text) else { return nil }
        let integer = parts[0].drop { $0 == "0" }
        let fraction = parts.count == 2 ? String(parts[1].reversed().drop { $0 == "0" }.reversed()) : ""
        let magnitude = (integer.isEmpty ? "0" : integer) + (fraction.isEmpty ? "" : ".\(fraction)")
        guard "\(value)" == (isNegative && magnitude != "0" ? "-\(magnitude)" : magnitude) else { return nil }
        self = value
    }
}

// MARK: Time

extension Date: ColumnDecodable {
    /// Reads a TIMESTAMP.
    ///
    /// A `Date` keeps microseconds between the years 1729 and 2273. Before and after it is the nearest one, at most 16
    /// microseconds away; `String` reads the exact text.
    public init(cell: BigQueryCell) throws(PullError) {
        switch cell.kind {
        case .date, .datetime, .time:
            throw cell.mismatch(Self.self, "it has no time zone; read DateComponents or String")
        case .timestamp where cell.reference.kind == .text:
            var text = CivilText(cell)
            guard let date = text.date(), text.skip("T"), let time = text.time(), text.skip("Z"), text.isAtEnd else {
                throw cell.mismatch(Self.self)
            }
            let start = date.daysSince2001 * 86_400 + time.hour * 3600 + time.minute * 60 + time.second
            // Both of one sign, so that only the sum is rounded.
            let (seconds, microseconds) = (start * 1_000_000 + time.microsecond).quotientAndRemainder(
                dividingBy: 1_000_000)
            self.init(timeIntervalSinceReferenceDate: Double(seconds) + Double(microseconds) / 1_000_000)
        default:
            throw cell.mismatch(Self.self)
        }
    }
}

extension DateComponents: ColumnDecodable {
    /// Reads a DATE, a TIME or a DATETIME: the components that the type has, without a calendar and a time zone.
    public init(cell: BigQueryCell) throws(PullError) {
        guard cell.reference.kind == .text else { throw cell.mismatch(Self.self) }
        var text = CivilText(cell)
        var components = DateComponents()
        var isValid =
            switch cell.kind {
            case .date: components.setDate(text.date())
            case .time: components.setTime(text.time())
            case .datetime:
                components.setDate(text.date()) && text.skip("T") && components.setTime(text.time())
            case .timestamp: throw cell.mismatch(Self.self, "it is a point in time; read Date or String")
            default: false
            }
        isValid = isValid && text.isAtEnd
        guard isValid else { throw cell.mismatch(Self.self) }
        self = components
    }

    private mutating func setDate(_ date: CivilText.Day?) -> Bool {
        (year, month, day) = (date?.year, date?.month, date?.day)
        return date != nil
    }

    private mutating func setTime(_ time: CivilText.Time?) -> Bool {
        (hour, minute, second) = (time?.hour, time?.minute, time?.second)
        nanosecond = time.map { $0.microsecond * 1000 }
        return time != nil
    }
}

/// Reads the texts of dates and times from left to right.
private struct CivilText {
    struct Day {
        let year, month, day: Int

        /// Days since 2001-01-01 in the proleptic Gregorian calendar.
        ///
        /// Years start in March, so that the leap day is last and months need no table.
        var daysSince2001: Int {
            let year = month <= 2 ? year - 1 : year
            let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
            return 365 * year + year / 4 - year / 100 + year / 400 + dayOfYear - 730_791
        }
    }

    struct Time {
        let hour, minute, second, microsecond: Int
    }

    private var rest: ArraySlice<UInt8>

    init(_ cell: BigQueryCell) {
        rest = cell.bytes[cell.reference.range]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ separator: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: separator) else { return false }
        rest.removeFirst()
        return true
    }

    /// `2024-01-31`.
    mutating func date() -> Day? {
        guard let year = number(digits: 4), skip("-"), let month = number(digits: 2), skip("-"),
            let day = number(digits: 2), year > 0, (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        return Day(year: year, month: month, day: day)
    }

    /// `15:04:05`, with up to six digits of a fraction.
    mutating func time() -> Time? {
        guard let hour = number(digits: 2), skip(":"), let minute = number(digits: 2), skip(":"),
            let second = number(digits: 2), hour < 24, minute < 60, second < 60
        else { return nil }
        var microsecond = 0
        if skip(".") {
            var unit = 1_000_000
            while unit > 1, let digit = number(digits: 1) {
                unit /= 10
                microsecond += digit * unit
            }
            guard unit < 1_000_000 else { return nil }
        }
        return Time(hour: hour, minute: minute, second: second, microsecond: microsecond)
    }

    private mutating func number(digits count: Int) -> Int? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        rest.removeFirst(count)
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
