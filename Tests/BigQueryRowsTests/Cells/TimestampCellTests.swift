import TestSupport
import Testing

@testable import BigQueryRows

@Suite("TIMESTAMP cells")
struct TimestampCellTests {
    /// Whole microseconds, as requested.
    ///
    /// "42" is 42 microseconds, although the same text is 42 seconds in the response to a request without the option.
    @Test(
        .faults("P33"),
        arguments: [
            ("0", "1970-01-01T00:00:00.000000Z"), ("-0", "1970-01-01T00:00:00.000000Z"),
            ("42", "1970-01-01T00:00:00.000042Z"), ("1", "1970-01-01T00:00:00.000001Z"),
            ("-1", "1969-12-31T23:59:59.999999Z"), ("-999999", "1969-12-31T23:59:59.000001Z"),
            ("-1000000", "1969-12-31T23:59:59.000000Z"), ("-1000001", "1969-12-31T23:59:58.999999Z"),
            ("1234567", "1970-01-01T00:00:01.234567Z"), ("40969200000001", "1971-04-20T04:20:00.000001Z"),
            ("1735689600123456", "2025-01-01T00:00:00.123456Z"),
            ("19954383398377106", "2602-05-01T12:16:38.377106Z"),
            ("-769392000999999", "1945-08-14T23:59:59.000001Z"),
            ("-2208988800000000", "1900-01-01T00:00:00.000000Z"),
            ("-62135596800000000", "0001-01-01T00:00:00.000000Z"),
            ("253402300799999999", "9999-12-31T23:59:59.999999Z"),
            ("951782400000000", "2000-02-29T00:00:00.000000Z"),
            ("951868800000000", "2000-03-01T00:00:00.000000Z"),
            ("-2203977600000000", "1900-02-28T00:00:00.000000Z"),
            ("-2203891200000000", "1900-03-01T00:00:00.000000Z"),
            ("1709164800000000", "2024-02-29T00:00:00.000000Z"),
            ("4107542399000000", "2100-02-28T23:59:59.000000Z"),
            ("4107542400000000", "2100-03-01T00:00:00.000000Z"),
        ])
    func convertsMicroseconds(text: String, stored: String) throws {
        #expect(try decodeCell("TIMESTAMP", "\"\(text)\"") == .text(stored))
        #expect(try decodeCell("TIMESTAMP", text) == .text(stored))
    }

    /// Decimal seconds in both spellings of the service, converted without a double in between.
    @Test(
        .faults("P33"),
        arguments: [
            ("1458486245.0", "2016-03-20T15:04:05.000000Z"), ("1679808820.0", "2023-03-26T05:33:40.000000Z"),
            ("1.708845852542E9", "2024-02-25T07:24:12.542000Z"),
            ("1.70884586497E9", "2024-02-25T07:24:24.970000Z"),
            ("1.70884586527E9", "2024-02-25T07:24:25.270000Z"), ("1.7053146E9", "2024-01-15T10:30:00.000000Z"),
            ("1.703357814940265E9", "2023-12-23T18:56:54.940265Z"),
            ("1408452095.22", "2014-08-19T12:41:35.220000Z"), ("1.40845209522E9", "2014-08-19T12:41:35.220000Z"),
            ("-14182916.0", "1969-07-20T20:18:04.000000Z"), ("1555593697.154360", "2019-04-18T13:21:37.154360Z"),
            ("9.4668480015015E8", "2000-01-01T00:00:00.150150Z"),
            ("1.438712914E9", "2015-08-04T18:28:34.000000Z"),
            ("2678400.0", "1970-02-01T00:00:00.000000Z"),
            ("1.9954383398377106E10", "2602-05-01T12:16:38.377106Z"),
            ("-62135596800.0000000000", "0001-01-01T00:00:00.000000Z"),
            ("-28527465600.0000000000", "1066-01-01T00:00:00.000000Z"),
            ("253402300799.999999", "9999-12-31T23:59:59.999999Z"),
            ("2.53402300799999999E11", "9999-12-31T23:59:59.999999Z"),
            ("0.0", "1970-01-01T00:00:00.000000Z"), ("-0.0", "1970-01-01T00:00:00.000000Z"),
            ("0e999", "1970-01-01T00:00:00.000000Z"),
            ("0.000001", "1970-01-01T00:00:00.000001Z"), ("-0.000001", "1969-12-31T23:59:59.999999Z"),
            ("1e-6", "1970-01-01T00:00:00.000001Z"), ("1E0", "1970-01-01T00:00:01.000000Z"),
            ("10000000e-1", "1970-01-12T13:46:40.000000Z"),
            ("1.5000000000000000000000000", "1970-01-01T00:00:01.500000Z"),
            ("0.00000000000000000000000000000001e32", "1970-01-01T00:00:01.000000Z"),
        ])
    func convertsDecimalSeconds(text: String, stored: String) throws {
        #expect(try decodeCell("TIMESTAMP", "\"\(text)\"") == .text(stored))
        #expect(try decodeCell("TIMESTAMP", text) == .text(stored))
    }

    @Test(
        .faults("P33"),
        arguments: [
            #""-62135596800000001""#, #""253402300800000000""#, #""9223372036854775807""#,
            #""99999999999999999999""#,
            #""253402300800.0""#, #""-62135596800.000001""#, #""1e30""#, #""1e999999""#, #""1.0e18""#,
            #""0.0000001""#, #""1.2345678""#, #""1e-7""#, #""1.00000000000000000000000000001""#,
            #""""#, #"" 1""#, #""1.""#, #"".5""#, #""1e""#, #""+1""#, #""NaN""#, #""inf""#,
            #""2015-01-01T00:00:00Z""#, #""2015-01-01""#, "true", "[]", "{}",
        ])
    func rejectsOtherValues(json: String) throws {
        #expect(try rowsError { _ = try decodeCell("TIMESTAMP", json) }.code == .invalidCell)
    }

    /// The first and last days of every month from the year 1 to 9999, counted by hand.
    @Test func convertsEveryMonth() throws {
        var wrong: [String] = []
        var microseconds: Int64 = -62_135_596_800_000_000
        for year in 1...9999 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            for (month, length) in zip(1..., lengths) {
                for day in [1, 2, 28, length] {
                    var text: [UInt8] = []
                    let digits = Array(String(microseconds + Int64(day - 1) * 86_400_000_000).utf8)
                    try Timestamp(cell: digits.span).append(to: &text)
                    let expected = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T00:00:00.000000Z"
                    if text != Array(expected.utf8) { wrong.append(expected) }
                }
                microseconds += Int64(length) * 86_400_000_000
            }
        }
        #expect(microseconds == 253_402_300_800_000_000)
        #expect(wrong.isEmpty)
    }

    @Test func convertsEverySecondOfADay() throws {
        var wrong: [Int] = []
        for second in 0..<86_400 {
            var text: [UInt8] = []
            let digits = Array("\(second * 1_000_000 + second)".utf8)
            try Timestamp(cell: digits.span).append(to: &text)
            let time = "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
            if text != Array("1970-01-01T\(time).\(padded(second, 6))Z".utf8) { wrong.append(second) }
        }
        #expect(wrong.isEmpty)
    }

    private func padded(_ value: Int, _ digits: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: digits - text.count) + text
    }
}
