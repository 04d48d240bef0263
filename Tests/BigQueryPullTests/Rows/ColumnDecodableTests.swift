import BigQueryPull
import BigQueryRows
import Foundation
import Testing

@Suite struct ColumnDecodableTests {
    /// A value that a page decodes to, and its stored form.
    struct Example: Sendable, CustomTestStringConvertible {
        let type: FieldType
        let json: String
        let stored: CellValue
        let text: String?

        init(_ type: FieldType, _ json: String, _ stored: CellValue, text: String?) {
            self.type = type
            self.json = json
            self.stored = stored
            self.text = text
        }

        var testDescription: String { "\(type.name) \(json)" }
    }

    private static let digits = String(repeating: "7", count: 38)

    private static let examples = [
        Example(.int64, #""-9223372036854775808""#, .integer(.min), text: "-9223372036854775808"),
        Example(.float64, #""1.5""#, .double(1.5), text: "1.5"),
        Example(.float64, #""-0.0""#, .double(-0.0), text: "-0.0"),
        Example(.float64, #""NaN""#, .text("NaN"), text: "NaN"),
        Example(.float64, #""Infinity""#, .double(.infinity), text: "Infinity"),
        Example(.float64, #""-Infinity""#, .double(-.infinity), text: "-Infinity"),
        Example(.numeric, #""1.50""#, .text("1.50"), text: "1.50"),
        Example(.bignumeric, #""\#(digits).\#(digits)""#, .text("\(digits).\(digits)"), text: "\(digits).\(digits)"),
        Example(.bool, #""true""#, .integer(1), text: "true"), Example(.bool, #""false""#, .integer(0), text: "false"),
        Example(.string, #""é\n""#, .text("é\n"), text: "é\n"),
        Example(.bytes, #""AP8=""#, .blob([0, 255]), text: nil),
        Example(.json, #""{\"a\": [1]}""#, .text(#"{"a": [1]}"#), text: #"{"a": [1]}"#),
        Example(.geography, #""POINT(1 2)""#, .text("POINT(1 2)"), text: "POINT(1 2)"),
        Example(.date, #""2024-02-29""#, .text("2024-02-29"), text: "2024-02-29"),
        Example(.time, #""15:04:05.000001""#, .text("15:04:05.000001"), text: "15:04:05.000001"),
        Example(.datetime, #""2024-02-29T15:04:05""#, .text("2024-02-29T15:04:05"), text: "2024-02-29T15:04:05"),
        Example(
            .timestamp, #""1420070400000001""#, .text("2015-01-01T00:00:00.000001Z"),
            text: "2015-01-01T00:00:00.000001Z"),
        Example(.interval, #""0-0 1 0:0:0""#, .text("0-0 1 0:0:0"), text: "0-0 1 0:0:0"),
        Example(
            .range, #""[2020-01-01, UNBOUNDED)""#, .text("[2020-01-01, UNBOUNDED)"), text: "[2020-01-01, UNBOUNDED)"),
        Example(.unknown("ODD"), #""x""#, .text("x"), text: "x"),
    ]

    /// The types that each BigQuery type is read as, other than `String`.
    private static func readable(_ type: FieldType) -> [any ColumnDecodable.Type] {
        switch type {
        case .int64: [Int64.self, Int.self, Int128.self, Decimal.self]
        case .float64: [Double.self, Float.self]
        case .numeric: [Decimal.self]
        case .bool: [Bool.self]
        case .bytes: [[UInt8].self, Data.self]
        case .date, .time, .datetime: [DateComponents.self]
        case .timestamp: [Date.self]
        case .string: [URL.self]
        default: []
        }
    }

    private static var types: [any ColumnDecodable.Type] {
        [
            Int8.self, Int64.self, Int.self, Int128.self, UInt64.self, Double.self, Float.self, Decimal.self, Bool.self,
            [UInt8].self, Data.self, Date.self, DateComponents.self, UUID.self, URL.self,
        ]
    }

    @Test(arguments: examples) func isReadAlikeFromEveryPage(_ example: Example) throws {
        let decoded = try restRow([Field(name: "c", type: example.type)], example.json)
        let stored = row(example.type, example.stored)
        if let text = example.text {
            #expect(try decoded["c", as: String.self] == text)
            #expect(try stored["c", as: String.self] == text)
        } else {
            let message = "row 17, column \"c\" (\(example.type.name)): cannot be read as String"
            expectError(.cellMismatch, message) { _ = try stored["c", as: String.self] }
        }
        for type in Self.readable(example.type) where example.text != "é\n" {
            #expect(try "\(Self.read(decoded, type))" == "\(Self.read(stored, type))", "\(type)")
        }
    }

    @Test(arguments: examples) func isAnErrorAsAnyOtherType(_ example: Example) throws {
        let readable = Self.readable(example.type).map { ObjectIdentifier($0) }
        let row = row(example.type, example.stored)
        for type in Self.types where !readable.contains(ObjectIdentifier(type)) {
            let error = #expect(throws: PullError.self, "\(type)") { _ = try Self.read(row, type) }
            #expect(error?.code == .cellMismatch)
            let message = try #require(error?.message)
            #expect(message.hasPrefix("row 17, column \"c\" (\(example.type.name)): "), "\(message)")
            #expect(message.contains("cannot be read as \(type)"), "\(message)")
        }
    }

    @Test(arguments: examples) func isNilAsNULL(_ example: Example) throws {
        let row = row(example.type, .null)
        #expect(try row["c", as: Optional<Int64>.self] == nil)
        #expect(try row["c", as: String?.self] == nil)
        #expect(try row["c", as: [UInt8]?.self] == nil)
        #expect(try row["c", as: Date?.self] == nil)
        #expect(try row["c", as: [String]?.self] == nil)
        #expect(try row["c", as: String??.self] == nil)
        for type in Self.types + [String.self] {
            let message = "row 17, column \"c\" (\(example.type.name)): NULL cannot be read as \(type)"
            expectError(.cellMismatch, message) { _ = try Self.read(row, type) }
        }
        let message = "row 17, column \"c\" (\(example.type.name)): NULL cannot be read as an ARRAY"
        expectError(.cellMismatch, message) { _ = try row["c", as: [String].self] }
    }

    private static func read<Value: ColumnDecodable>(_ row: BigQueryRow, _ type: Value.Type) throws -> any Sendable {
        "\(try row["c", as: type])"
    }

    // MARK: Numbers

    @Test(arguments: [0, -1, 127, 128, -128, -129, 255, 256, 65_535, 65_536, .max, .min] as [Int64])
    func integersAreExact(value: Int64) throws {
        try expectExact(Int8.self, value)
        try expectExact(Int16.self, value)
        try expectExact(Int32.self, value)
        try expectExact(Int.self, value)
        try expectExact(Int128.self, value)
        try expectExact(UInt8.self, value)
        try expectExact(UInt16.self, value)
        try expectExact(UInt32.self, value)
        try expectExact(UInt64.self, value)
        try expectExact(UInt.self, value)
        try expectExact(UInt128.self, value)
        #expect(try row(.int64, .integer(value))["c", as: Decimal.self] == Decimal(value))
    }

    private func expectExact<Integer: FixedWidthInteger & ColumnDecodable>(_ type: Integer.Type, _ value: Int64) throws
    {
        let row = row(.int64, .integer(value))
        guard let exact = Integer(exactly: value) else {
            let message = "row 17, column \"c\" (INT64): \(value) cannot be read as \(type)"
            expectError(.cellMismatch, message) { _ = try row["c", as: type] }
            return
        }
        #expect(try row["c", as: type] == exact)
        #expect(try row["c", as: Integer?.self] == exact)
    }

    @Test(arguments: [1.5, -0.0, 0.1, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity, -.infinity])
    func doublesKeepTheirBits(value: Double) throws {
        #expect(try row(.float64, .double(value))["c", as: Double.self].bitPattern == value.bitPattern)
    }

    @Test func readsNaN() throws {
        #expect(try row(.float64, .text("NaN"))["c", as: Double.self].isNaN)
        #expect(try row(.float64, .text("NaN"))["c", as: Float.self].isNaN)
    }

    @Test(arguments: [0.1, 1e300, .leastNonzeroMagnitude, 16_777_217]) func floatsAreExact(value: Double) throws {
        expectError(.cellMismatch, "row 17, column \"c\" (FLOAT64): \(value) cannot be read as Float") {
            _ = try row(.float64, .double(value))["c", as: Float.self]
        }
        #expect(try row(.float64, .double(1.5))["c", as: Float.self] == 1.5)
        #expect(try row(.float64, .double(-.infinity))["c", as: Float.self] == -.infinity)
    }

    @Test(arguments: [
        ("0", "0"), ("-0.00", "0"), ("1.50", "1.5"), ("-12345678901234567890123456789.123456789", nil),
        ("99999999999999999999999999999999999999", nil), ("-99999999999999999999999999999999999999", nil),
        ("0.00000000000000000000000000000000000001", nil), ("00012.100", "12.1"), ("100", "100"),
        ("12000000000000000000000000000000000000000000", nil),
    ])
    func decimalsAreExact(text: String, expected: String?) throws {
        #expect(try "\(row(.bignumeric, .text(text))["c", as: Decimal.self])" == expected ?? text)
    }

    @Test(arguments: [
        "\(digits).\(digits)", "-\(digits).\(digits)", "0.\(digits)\(digits)",
        "578960446186580977117854925043439539266.34992332820282019728792003956564819967", "1.2.3", "", "x", "1x",
    ])
    func decimalsDropNoDigits(text: String) {
        let row = row(.bignumeric, .text(text))
        let error = #expect(throws: PullError.self) { _ = try row["c", as: Decimal.self] }
        #expect(
            error?.message.hasPrefix("row 17, column \"c\" (BIGNUMERIC): \(text) cannot be read as Decimal") == true)
    }

    // MARK: Time

    @Test(arguments: [
        ("2001-01-01T00:00:00.000000Z", 0), ("1970-01-01T00:00:00.000000Z", -978_307_200),
        ("2024-02-29T23:59:59.999999Z", 730_943_999.999999), ("2000-12-31T23:59:59.999999Z", -0.000001),
        ("0001-01-01T00:00:00.000000Z", -63_113_904_000), ("9999-12-31T23:59:59.000000Z", 252_423_993_599),
    ])
    func readsTimestamps(text: String, seconds: Double) throws {
        let date = try row(.timestamp, .text(text))["c", as: Date.self]
        #expect(date == Date(timeIntervalSinceReferenceDate: seconds))
    }

    @Test(arguments: [
        "", "2024-01-01", "2024-01-01T00:00:00.000000", "2024-13-01T00:00:00.000000Z", "2024-01-01T24:00:00.000000Z",
        "2024-01-01T00:00:00.000000000000Z", "2024-01-01T00:00:00.000000Z ", "2024-01-01 00:00:00.000000Z",
    ])
    func rejectsOtherTimestamps(text: String) {
        expectError(.cellMismatch, "row 17, column \"c\" (TIMESTAMP): cannot be read as Date") {
            _ = try row(.timestamp, .text(text))["c", as: Date.self]
        }
    }

    @Test(
        arguments: [
            (.date, "0001-02-03", DateComponents(year: 1, month: 2, day: 3)),
            (.date, "9999-12-31", DateComponents(year: 9999, month: 12, day: 31)),
            (.time, "15:04:05", DateComponents(hour: 15, minute: 4, second: 5, nanosecond: 0)),
            (.time, "00:00:00.1", DateComponents(hour: 0, minute: 0, second: 0, nanosecond: 100_000_000)),
            (.time, "23:59:59.999999", DateComponents(hour: 23, minute: 59, second: 59, nanosecond: 999_999_000)),
            (
                .datetime, "2024-02-29T01:02:03.000004",
                DateComponents(year: 2024, month: 2, day: 29, hour: 1, minute: 2, second: 3, nanosecond: 4000)
            ),
        ] as [(FieldType, String, DateComponents)])
    func readsCivilTimes(type: FieldType, text: String, expected: DateComponents) throws {
        #expect(try row(type, .text(text))["c", as: DateComponents.self] == expected)
        expectError(
            .cellMismatch,
            "row 17, column \"c\" (\(type.name)): cannot be read as Date: it has no time zone; read DateComponents or String"
        ) { _ = try row(type, .text(text))["c", as: Date.self] }
    }

    @Test(
        arguments: [
            (.date, "2024-01-01T00:00:00"), (.date, "24-01-01"), (.time, "24:00:00"), (.time, "1:02:03"),
            (.time, "01:02:03."),
            (.time, "01:02:03.0000001"), (.datetime, "2024-01-01"), (.datetime, "2024-01-01 00:00:00"),
            (.string, "2024-01-01"),
        ] as [(FieldType, String)])
    func rejectsOtherCivilTimes(type: FieldType, text: String) {
        expectError(.cellMismatch, "row 17, column \"c\" (\(type.name)): cannot be read as DateComponents") {
            _ = try row(type, .text(text))["c", as: DateComponents.self]
        }
    }

    // MARK: Other types

    @Test func readsIdentifiersAndAddresses() throws {
        let uuid = UUID()
        #expect(try row(.string, .text(uuid.uuidString.lowercased()))["c", as: UUID.self] == uuid)
        let url = try row(.string, .text("https://example.com/a?b=c"))["c", as: URL.self]
        #expect(url == URL(string: "https://example.com/a?b=c"))
        expectError(.cellMismatch, "row 17, column \"c\" (STRING): cannot be read as UUID") {
            _ = try row(.string, .text("x"))["c", as: UUID.self]
        }
        expectError(.cellMismatch, "row 17, column \"c\" (STRING): cannot be read as URL") {
            _ = try row(.string, .text("https://example.com/a b"))["c", as: URL.self]
        }
    }

    @Test(arguments: [[], [0], [0, 255, 128]] as [[UInt8]])
    func readsBytes(bytes: [UInt8]) throws {
        let row = row(.bytes, .blob(bytes))
        #expect(try row["c", as: [UInt8].self] == bytes)
        #expect(try row["c", as: Data.self] == Data(bytes))
    }

    /// Readers that are generic over `Decodable` read as the specific overloads do.
    @Test func isReadThroughDecodable() throws {
        func read<Value: Decodable>(_ row: BigQueryRow, _ type: Value.Type) throws -> Value { try row["c", as: type] }
        #expect(try read(row(.bytes, .blob([1, 2])), [UInt8].self) == [1, 2])
        #expect(
            try read(row(.timestamp, .text("2001-01-01T00:00:01.000000Z")), Date.self).timeIntervalSinceReferenceDate
                == 1)
        #expect(try read(row(.int64, .null), Int64?.self) == nil)
        #expect(try read(row(.int64, .integer(1)), Int64??.self) == 1)
        expectError(.cellMismatch, "row 17, column \"c\" (INT64): NULL cannot be read as Int64") {
            _ = try read(row(.int64, .null), Int64.self)
        }
    }
}
