import BigQueryRows
import Foundation
import SQLiteStaging
import TestSupport
import Testing

@Suite struct IncrementalValueTests {
    private static func value(_ text: String, _ type: FieldType) throws -> IncrementalValue {
        try #require(IncrementalValue(text, type: type), "\(text) as \(type.name)")
    }

    static let canonicalTexts: [(text: String, type: FieldType, canonical: String)] = [
        ("0", .int64, "0"), ("-0", .int64, "0"), ("+7", .int64, "7"), ("007", .int64, "7"),
        ("9223372036854775807", .int64, "9223372036854775807"),
        ("-9223372036854775808", .int64, "-9223372036854775808"),
        ("2024-02-29", .date, "2024-02-29"), ("0001-01-01", .date, "0001-01-01"), ("9999-12-31", .date, "9999-12-31"),
        ("2024-02-01", .datetime, "2024-02-01T00:00:00"),
        ("2024-02-01T10:00", .datetime, "2024-02-01T10:00:00"),
        ("2024-02-01 10:00:00", .datetime, "2024-02-01T10:00:00"),
        ("2024-02-01t10:20:30", .datetime, "2024-02-01T10:20:30"),
        ("2024-02-01T10:00:00.250000", .datetime, "2024-02-01T10:00:00.25"),
        ("2024-02-01T10:00:00.0", .datetime, "2024-02-01T10:00:00"),
        ("2024-02-01T10:00:00.000001", .datetime, "2024-02-01T10:00:00.000001"),
        ("9999-12-31T23:59:59.999999", .datetime, "9999-12-31T23:59:59.999999"),
        ("2024-02-01", .timestamp, "2024-02-01T00:00:00.000000Z"),
        ("2024-02-01 UTC", .timestamp, "2024-02-01T00:00:00.000000Z"),
        ("2024-02-01T10:00", .timestamp, "2024-02-01T10:00:00.000000Z"),
        ("2024-02-01T10:00:00.5Z", .timestamp, "2024-02-01T10:00:00.500000Z"),
        ("2024-02-01 10:00:00z", .timestamp, "2024-02-01T10:00:00.000000Z"),
        ("2024-02-01 10:00:00 UTC", .timestamp, "2024-02-01T10:00:00.000000Z"),
        ("2024-02-01 10:00:00.123456 UTC", .timestamp, "2024-02-01T10:00:00.123456Z"),
        ("2024-02-01T10:00:00+02:00", .timestamp, "2024-02-01T08:00:00.000000Z"),
        ("2024-02-01 10:00:00+00", .timestamp, "2024-02-01T10:00:00.000000Z"),
        ("2024-02-01T01:00-05:30", .timestamp, "2024-02-01T06:30:00.000000Z"),
        ("2024-01-01T00:00:00+14:00", .timestamp, "2023-12-31T10:00:00.000000Z"),
        ("0001-01-01T00:00:00.000000Z", .timestamp, "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999Z", .timestamp, "9999-12-31T23:59:59.999999Z"),
    ]

    @Test(arguments: canonicalTexts) func hasOneText(_ text: String, _ type: FieldType, _ canonical: String) throws {
        let value = try Self.value(text, type)
        #expect(value.text == canonical)
        #expect(value.type == type)
        #expect(try Self.value(canonical, type) == value)
    }

    static let invalidTexts: [(text: String, types: [FieldType])] = [
        ("", IncrementalValue.types), (" ", IncrementalValue.types), ("x", IncrementalValue.types),
        ("9223372036854775808", IncrementalValue.types), ("-9223372036854775809", IncrementalValue.types),
        ("1.0", IncrementalValue.types), ("1e3", IncrementalValue.types), (" 5", IncrementalValue.types),
        ("0000-01-01", IncrementalValue.types), ("0000-12-31T23:00:00-05:00", IncrementalValue.types),
        ("10000-01-01", IncrementalValue.types),
        ("2023-02-29", IncrementalValue.types), ("1900-02-29", IncrementalValue.types),
        ("2024-02-30", IncrementalValue.types), ("2024-04-31", IncrementalValue.types),
        ("2024-00-10", IncrementalValue.types), ("2024-13-10", IncrementalValue.types),
        ("2024-01-00", IncrementalValue.types), ("2024-01-32", IncrementalValue.types),
        ("2024-1-1", IncrementalValue.types), ("24-01-01", IncrementalValue.types),
        ("2024/01/01", IncrementalValue.types), ("2024-01-01 ", IncrementalValue.types),
        ("-2024-01-01", IncrementalValue.types), ("２０２４-01-01", IncrementalValue.types),
        ("2024-01-01T", IncrementalValue.types), ("2024-01-01T10", IncrementalValue.types),
        ("2024-01-01T24:00", IncrementalValue.types), ("2024-01-01T10:60", IncrementalValue.types),
        ("2024-01-01T10:00:60", IncrementalValue.types), ("2024-01-01T10:00:", IncrementalValue.types),
        ("2024-01-01T10:00:00.", IncrementalValue.types), ("2024-01-01T10:00:00.1234567", IncrementalValue.types),
        ("2024-01-01T10:00.5", IncrementalValue.types), ("2024-01-01  10:00", IncrementalValue.types),
        ("2024-01-01T10:00:00+15:00", IncrementalValue.types), ("2024-01-01T10:00:00+14:01", IncrementalValue.types),
        ("2024-01-01T10:00:00+02:60", IncrementalValue.types), ("2024-01-01T10:00:00+2", IncrementalValue.types),
        ("2024-01-01T10:00:00 CET", IncrementalValue.types), ("2024-01-01T10:00:00ZZ", IncrementalValue.types),
        ("0001-01-01T00:00:00+00:01", IncrementalValue.types), ("9999-12-31T23:59:00-00:01", IncrementalValue.types),
        ("2024-01-01", [.int64]), ("2024-01-01T10:00:00Z", [.int64, .date, .datetime]), ("5", [.date, .datetime]),
        ("2024-01-01T00:00", [.date]), ("2024-01-01Z", [.date, .datetime]), ("2024-01-01 UTC", [.date, .datetime]),
        ("2024-01-01T10:00:00+02:00", [.date, .datetime]),
    ]

    @Test(arguments: invalidTexts) func rejectsInvalidTexts(_ text: String, _ types: [FieldType]) {
        for type in types { #expect(IncrementalValue(text, type: type) == nil, "\(type.name)") }
    }

    @Test(arguments: [FieldType.string, .numeric, .float64, .time, .unknown("X")])
    func hasNoValuesOfOtherTypes(type: FieldType) throws {
        #expect(IncrementalValue("2024-01-01", type: type) == nil)
        #expect(IncrementalValue("1", type: type) == nil)
        #expect(IncrementalValue(Date(timeIntervalSince1970: 0), type: type) == nil)
        #expect(IncrementalValue.lowest(type) == nil)
        for known in IncrementalValue.types {
            #expect(try #require(IncrementalValue.lowest(known)).converted(to: type) == nil)
        }
    }

    @Test(arguments: [
        (FieldType.int64, "-9223372036854775808"), (.date, "0001-01-01"), (.datetime, "0001-01-01T00:00:00"),
        (.timestamp, "0001-01-01T00:00:00.000000Z"),
    ])
    func hasALowestValue(type: FieldType, text: String) {
        #expect(IncrementalValue.lowest(type)?.text == text)
    }

    /// Longer than the components of a duration can express.
    private static let longest = Duration.seconds(Int64.max) * 10

    static let loweredValues: [(text: String, type: FieldType, lookback: Lookback, lowered: String)] = [
        ("100", .int64, .number(100), "0"), ("5", .int64, .number(0), "5"),
        ("-9223372036854775800", .int64, .number(9), "-9223372036854775808"),
        ("-2", .int64, .number(.max), "-9223372036854775808"),
        ("9223372036854775807", .int64, .number(.max), "0"),
        ("2024-03-02", .date, .duration(.seconds(2 * 86_400)), "2024-02-29"),
        ("2024-03-02", .date, .duration(.zero), "2024-03-02"),
        ("0001-01-02", .date, .duration(.seconds(2 * 86_400)), "0001-01-01"),
        ("9999-12-31", .date, .duration(longest), "0001-01-01"),
        ("9999-12-31", .date, .duration(.seconds(3_652_058 * 86_400)), "0001-01-01"),
        ("9999-12-31", .date, .duration(.seconds(3_652_057 * 86_400)), "0001-01-02"),
        ("2024-01-01", .datetime, .duration(.seconds(7200)), "2023-12-31T22:00:00"),
        ("2024-01-01T00:00:00.5", .datetime, .duration(.milliseconds(250)), "2024-01-01T00:00:00.25"),
        ("0001-01-01T01:00", .datetime, .duration(.seconds(7200)), "0001-01-01T00:00:00"),
        ("2024-01-01", .timestamp, .duration(.microseconds(1)), "2023-12-31T23:59:59.999999Z"),
        ("2024-01-01", .timestamp, .duration(.nanoseconds(1)), "2023-12-31T23:59:59.999999Z"),
        ("2024-01-01", .timestamp, .duration(longest), "0001-01-01T00:00:00.000000Z"),
        ("1970-01-01", .timestamp, .duration(.seconds(86_400)), "1969-12-31T00:00:00.000000Z"),
    ]

    @Test(arguments: loweredValues)
    func isLowered(_ text: String, _ type: FieldType, by lookback: Lookback, _ lowered: String) throws {
        #expect(try Self.value(text, type).lowered(by: lookback)?.text == lowered)
    }

    static let unsuitableLookbacks: [(lookback: Lookback, types: [FieldType])] = [
        (.number(1), [.date, .datetime, .timestamp]), (.number(0), [.date, .datetime, .timestamp]),
        (.number(-1), IncrementalValue.types), (.number(.min), IncrementalValue.types),
        (.duration(.seconds(86_400)), [.int64]), (.duration(.seconds(-86_400)), IncrementalValue.types),
        (.duration(.nanoseconds(-1)), IncrementalValue.types), (.duration(.zero - longest), IncrementalValue.types),
        (.duration(.seconds(3600)), [.date]), (.duration(.seconds(86_401)), [.date]),
        (.duration(.seconds(86_400) + .nanoseconds(1)), [.date]),
    ]

    @Test(arguments: unsuitableLookbacks)
    func isNotLoweredByUnsuitableLookbacks(_ lookback: Lookback, _ types: [FieldType]) throws {
        for type in types {
            let text = type == .int64 ? "5" : "2024-01-01"
            #expect(try Self.value(text, type).lowered(by: lookback) == nil, "\(type.name)")
        }
    }

    static let conversions: [(text: String, type: FieldType, other: FieldType, converted: String?)] = [
        ("2024-02-01", .date, .date, "2024-02-01"),
        ("2024-02-01", .date, .datetime, "2024-02-01T00:00:00"),
        ("2024-02-01", .date, .timestamp, "2024-02-01T00:00:00.000000Z"),
        ("2024-02-01T23:59:59.999999", .datetime, .date, "2024-02-01"),
        ("1969-12-31T23:59:59.999999", .datetime, .date, "1969-12-31"),
        ("1969-12-31T00:00:00", .datetime, .date, "1969-12-31"),
        ("0001-01-01T00:00:01", .datetime, .date, "0001-01-01"),
        ("2024-02-01T10:00:00.5", .datetime, .timestamp, "2024-02-01T10:00:00.500000Z"),
        ("2024-02-01T01:00:00+02:00", .timestamp, .date, "2024-01-31"),
        ("2024-02-01T10:00:00.500000Z", .timestamp, .datetime, "2024-02-01T10:00:00.5"),
        ("5", .int64, .int64, "5"), ("5", .int64, .date, nil), ("5", .int64, .timestamp, nil),
        ("2024-02-01", .date, .int64, nil), ("2024-02-01", .timestamp, .int64, nil),
    ]

    @Test(arguments: conversions)
    func isConverted(_ text: String, _ type: FieldType, to other: FieldType, _ converted: String?) throws {
        let result = try Self.value(text, type).converted(to: other)
        #expect(result?.text == converted)
        #expect(result?.type == converted.map { _ in other })
        // A day has one representation, whichever way it is made.
        if let converted { #expect(try Self.value(converted, other) == result) }
    }

    static let dates: [(seconds: Double, type: FieldType, text: String?)] = [
        (0, .timestamp, "1970-01-01T00:00:00.000000Z"),
        (1_706_781_600.25, .datetime, "2024-02-01T10:00:00.25"),
        (1_706_781_600.25, .date, "2024-02-01"),
        (-1, .date, "1969-12-31"),
        (1_706_781_600.25, .int64, nil),
        (253_402_300_800, .timestamp, nil),
        (-62_135_596_801, .date, nil),
        (1e300, .timestamp, nil), (.nan, .date, nil),
        (-.infinity, .datetime, nil),
    ]

    @Test(arguments: dates) func isMadeOfADate(_ seconds: Double, _ type: FieldType, _ text: String?) {
        #expect(IncrementalValue(Date(timeIntervalSince1970: seconds), type: type)?.text == text)
    }

    @Test func comparesNumbersByValue() throws {
        let texts = ["-9223372036854775808", "-10", "-9", "0", "9", "10", "9223372036854775807"]
        let values = try texts.map { try Self.value($0, .int64) }
        #expect(values.reversed().sorted() == values)
    }

    /// Walks from day to day with the rules of the calendar.
    @Test(arguments: [1...4, 97...104, 397...404, 1580...1604, 1897...1904, 1969...2001, 2097...2104, 9996...9999])
    func followsTheCalendar(years: ClosedRange<Int>) throws {
        var previous: IncrementalValue?
        for year in years {
            let isLeapYear = year % 400 == 0 || year % 4 == 0 && year % 100 != 0
            let lengths = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            for (month, length) in zip(1..., lengths) {
                for day in 1...31 {
                    let text = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
                    let value = IncrementalValue(text, type: .date)
                    #expect(value?.text == (day <= length ? text : nil))
                    guard let value else { continue }
                    if let previous {
                        #expect(previous < value)
                        #expect(value.lowered(by: .duration(.seconds(86_400))) == previous, "\(text)")
                    }
                    previous = value
                }
            }
        }
        #expect(previous?.text == "\(Self.padded(years.upperBound, 4))-12-31")
    }

    /// Since 1583, when the calendar of Foundation is the Gregorian one everywhere.
    @Test(arguments: 1...4 as ClosedRange<UInt64>) func agreesWithFoundation(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for _ in 0..<500 {
            let seconds = Int64.random(in: -12_212_553_600...253_402_300_799, using: &random)
            let date = Date(timeIntervalSince1970: Double(seconds))
            let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
            let day = try [(parts.year, 4), (parts.month, 2), (parts.day, 2)]
                .map { Self.padded(try #require($0), $1) }.joined(separator: "-")
            let time = try [parts.hour, parts.minute, parts.second]
                .map { Self.padded(try #require($0), 2) }.joined(separator: ":")
            let value = try Self.value("\(day) \(time)", .timestamp)
            #expect(value == IncrementalValue(date, type: .timestamp))
            #expect(value.text == "\(day)T\(time).000000Z")
            #expect(value.converted(to: .date) == IncrementalValue(day, type: .date))
            #expect(value.converted(to: .datetime)?.text == "\(day)T\(time)")
        }
    }

    /// The staged text of a DATETIME can have any number of zeros at the end of its fraction.
    @Test(arguments: 1...4 as ClosedRange<UInt64>) func keepsTheOrderOfStagedTexts(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        func fraction() -> Int {
            // Mostly few digits, so that many pairs are equal.
            let unit = [1, 1000, 100_000, 500_000].randomElement(using: &random) ?? 1
            return Int.random(in: 0..<1_000_000 / unit, using: &random) * unit
        }
        for _ in 0..<1000 {
            let (staged, bound) = (fraction(), fraction())
            var digits = Substring(Self.padded(staged, 6))
            while digits.last == "0", Bool.random(using: &random) { digits.removeLast() }
            let text = "2024-02-01T10:00:00" + (digits.isEmpty ? "" : ".\(digits)")
            let value = try Self.value("2024-02-01T10:00:00.\(Self.padded(bound, 6))", .datetime)
            #expect((text >= value.text) == (staged >= bound), "\(text) \(value.text)")
            #expect(try (Self.value(text, .datetime) < value) == (staged < bound), "\(text) \(value.text)")
        }
    }

    private static func padded(_ number: Int, _ length: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, length - digits.count)) + digits
    }
}
