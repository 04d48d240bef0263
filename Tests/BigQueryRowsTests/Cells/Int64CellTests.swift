import TestSupport
import Testing

@testable import BigQueryRows

@Suite("INT64 cells")
struct Int64CellTests {
    @Test(
        .faults("P7"),
        arguments: [
            (#""0""#, 0), (#""-0""#, 0), (#""1""#, 1), (#""-1""#, -1), (#""24""#, 24), (#""42""#, 42),
            (#""123""#, 123),
            (#""2147483647""#, 2_147_483_647), (#""-2147483647""#, -2_147_483_647),
            (#""2147483648""#, 2_147_483_648), (#""-2147483648""#, -2_147_483_648),
            (#""9007199254740993""#, 9_007_199_254_740_993),
            (#""999999999999999999""#, 999_999_999_999_999_999),
            (#""1000000000000000000""#, 1_000_000_000_000_000_000),
            (#""9223372036854775806""#, .max - 1), (#""9223372036854775807""#, .max),
            (#""-9223372036854775807""#, .min + 1), (#""-9223372036854775808""#, .min),
            // Longer than any number, but not larger.
            (#""00000000000000000000000000042""#, 42), (#""-0009223372036854775808""#, .min),
            // Digits after escapes.
            (#""4\u0032""#, 42),
            // JSON numbers, which other servers send.
            ("1", 1), ("-7", -7), ("0", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min),
        ] as [(String, Int64)])
    func isStoredExactly(json: String, value: Int64) throws {
        #expect(try decodeCell("INT64", json) == .integer(value))
        #expect(try decodeCell("INTEGER", json) == .integer(value))
    }

    @Test(
        .faults("P7"),
        arguments: [
            #""""#, #""-""#, #""+1""#, #"" 1""#, #""1 ""#, #""1.0""#, #""1e3""#, #""0x10""#, #""1_000""#,
            #""--1""#, #""12a""#,
            #""٣""#, #""1\u0000""#,
            #""9223372036854775808""#, #""-9223372036854775809""#, #""18446744073709551615""#,
            #""18446744073709551616""#, #""18446744073709551617""#, #""99999999999999999999""#,
            #""-99999999999999999999999999999999""#,
            "1.0", "1e3", "9223372036854775808", "true", "[]", "{}", #"{"f":[]}"#, #"[{"v":"1"}]"#,
        ])
    func rejectsOtherValues(json: String) throws {
        let error = try rowsError { _ = try decodeCell("INT64", json) }
        #expect(error.code == .invalidCell)
        #expect(error.message.hasPrefix("row 1, column c: "))
    }

    @Test func roundTripsRandomValues() throws {
        var random = SplitMix64(seed: 1)
        var wrong: [Int64] = []
        for _ in 0..<100_000 {
            let value = Int64(truncatingIfNeeded: random.next()) >> Int64.random(in: 0..<64, using: &random)
            let text = Array(String(value).utf8)
            if Int64(digits: text.span) != value { wrong.append(value) }
        }
        #expect(wrong.isEmpty)
    }
}
