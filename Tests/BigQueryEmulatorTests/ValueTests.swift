import Testing

@testable import BigQueryEmulator

@Suite struct ValueTests {
    @Test(
        arguments: [
            ("1970-01-01 00:00:00", 0), ("1969-12-31 23:59:59.999999Z", -1),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
            ("9999-12-31 23:59:59.999999 UTC", 253_402_300_799_999_999), ("2000-02-29", 951_782_400_000_000),
            ("2013-01-01 00:00:00+05:30", 1_356_978_600_000_000), ("2013-1-1 1:2:3.4-1", 1_357_005_723_400_000),
            ("2013-01-01 00:00", nil), ("2013-02-29", nil), ("1900-02-29", nil), ("0000-01-01", nil),
            ("10000-01-01", nil),
            ("2013-01-01 24:00:00", nil), ("2013-01-01 00:60:00", nil), ("2013-01-01 00:00:00.", nil),
            ("2013-01-01 00:00:00.1234567", nil), ("2013-01-01 00:00:00 Europe/Berlin", nil), ("", nil),
            ("2013-01-01x", nil),
        ] as [(String, Int64?)])
    func parsesTimestamps(text: String, expected: Int64?) {
        #expect(CivilTime.timestamp(text) == expected)
    }

    @Test func everyDayRoundTrips() {
        for day in stride(from: Int64(-719_162), through: 2_932_896, by: 31) {
            #expect(CivilTime.date(CivilTime.dateText(day: day)) == CivilTime.dateText(day: day))
            let (year, month, date) = CivilTime.civil(day: day)
            #expect(CivilTime.day(year: year, month: month, day: date) == day)
        }
        #expect(CivilTime.dateText(day: -719_162) == "0001-01-01")
        #expect(CivilTime.dateText(day: 2_932_896) == "9999-12-31")
    }

    @Test(
        arguments: [
            (1_458_486_245_000_000, "1.458486245E9", "1458486245000000", "2016-03-20T15:04:05Z"),
            (1_705_314_600_000_000, "1.7053146E9", "1705314600000000", "2024-01-15T10:30:00Z"),
            (1_708_845_852_542_000, "1.708845852542E9", "1708845852542000", "2024-02-25T07:24:12.542000Z"),
            (-14_182_916_000_000, "-1.4182916E7", "-14182916000000", "1969-07-20T20:18:04Z"),
            (0, "0.0", "0", "1970-01-01T00:00:00Z"), (1, "1e-06", "1", "1970-01-01T00:00:00.000001Z"),
            (1_000_000_000_000_000, "1.0E9", "1000000000000000", "2001-09-09T01:46:40Z"),
        ] as [(Int64, String, String, String)])
    func encodesTimestampsInThreeFormats(microseconds: Int64, float: String, integer: String, iso: String) {
        for (format, expected) in [(.float, float), (.microseconds, integer), (.iso8601, iso)]
            as [(RESTRowEncoder.TimestampFormat, String)]
        {
            #expect(
                encoded(.integer(microseconds), SchemaField(name: "t", type: .timestamp), format) == "\"\(expected)\"")
        }
    }

    private func encoded(
        _ value: SQLValue, _ field: SchemaField, _ format: RESTRowEncoder.TimestampFormat = .microseconds
    )
        -> String
    {
        var encoder = RESTRowEncoder(fields: [field], timestamps: format)
        _ = encoder.append([value], byteLimit: .max)
        return String(
            String(decoding: encoder.finish(), as: UTF8.self).dropFirst(#"[{"f":[{"v":"#.count).dropLast("}]}]".count))
    }

    @Test(
        arguments: [
            (.integer(.min), SchemaField(name: "x", type: .int64), #""-9223372036854775808""#),
            (.integer(0), SchemaField(name: "x", type: .int64), #""0""#),
            (.double(0.1), SchemaField(name: "x", type: .float64), #""0.1""#),
            (.double(.nan), SchemaField(name: "x", type: .float64), #""NaN""#),
            (.double(-.infinity), SchemaField(name: "x", type: .float64), #""-Infinity""#),
            (.double(3.14159e-87), SchemaField(name: "x", type: .float64), #""3.14159e-87""#),
            (.bool(false), SchemaField(name: "x", type: .bool), #""false""#),
            (.null, SchemaField(name: "x", type: .bool), "null"),
            (.text("\"\\\n\u{1}<é>"), SchemaField(name: "x", type: .string), #""\"\\\n\u0001\u003cé\u003e""#),
            (.bytes([]), SchemaField(name: "x", type: .bytes), #""""#),
            (.bytes([0]), SchemaField(name: "x", type: .bytes), #""AA==""#),
            (.bytes([0, 1]), SchemaField(name: "x", type: .bytes), #""AAE=""#),
            (.bytes([251, 255, 191]), SchemaField(name: "x", type: .bytes), #""+/+/""#),
            (.null, SchemaField(name: "x", type: .int64, mode: .repeated), "[]"),
            (.list([]), SchemaField(name: "x", type: .int64, mode: .repeated), "[]"),
            (
                .list([.integer(1), .integer(2)]), SchemaField(name: "x", type: .int64, mode: .repeated),
                #"[{"v":"1"},{"v":"2"}]"#
            ),
            (
                .structure([.text("a"), .null]),
                SchemaField(
                    name: "x", type: .structure,
                    fields: [
                        SchemaField(name: "a", type: .string), SchemaField(name: "b", type: .int64, mode: .repeated),
                    ]),
                #"{"f":[{"v":"a"},{"v":[]}]}"#
            ),
            (
                .text("[2020-01-01 00:00:00+00, UNBOUNDED)"),
                SchemaField(name: "x", type: .range, rangeElement: .timestamp),
                #""[1577836800000000, UNBOUNDED)""#
            ),
            (
                .text("[2020-01-01, UNBOUNDED)"), SchemaField(name: "x", type: .range, rangeElement: .date),
                #""[2020-01-01, UNBOUNDED)""#
            ),
        ] as [(SQLValue, SchemaField, String)])
    func encodesCells(value: SQLValue, field: SchemaField, expected: String) {
        #expect(encoded(value, field) == expected)
    }
}

@Suite struct JSONTests {
    @Test(arguments: [
        #"{"a":[1,-2.5e+10,true,false,null,"x"],"b":{}}"#, "[]", "\"\"", "0", #""\"\\\b\f\n\r\t""#, #"{"é":"😀"}"#,
    ])
    func roundTrips(text: String) throws {
        #expect(try JSONParser.parse(Array(text.utf8)).text == text)
    }

    @Test func resolvesEscapes() throws {
        #expect(try JSONParser.parse(Array(#""\u0041\u00e9\ud83d\ude00\/""#.utf8)) == .string("Aé😀/"))
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":}", "{\"a\" 1}", "{a:1}", "01", "1.", "-", ".5", "1e", "tru", "nul", "\"", "\"\\x\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"", "\"\\u00g0\"", "\"\u{1}\"", "1 2", "[1}", "+1", "NaN", String(repeating: "[", count: 300),
    ])
    func rejectsInvalidJSON(text: String) {
        #expect(throws: JSONError.self) { try JSONParser.parse(Array(text.utf8)) }
    }

    @Test func rejectsInvalidUTF8() {
        #expect(throws: JSONError.self) { try JSONParser.parse([0x22, 0xC3, 0x22]) }
    }
}
