import TestSupport
import Testing

@testable import BigQueryRows

@Suite("FLOAT64 cells")
struct Float64CellTests {
    @Test(
        arguments: [
            ("1.3", 1.3), ("3.14", 3.14), ("3.14159", 3.14159), ("3.14159e-87", 3.14159e-87), ("12.3", 12.3),
            ("3.333", 3.333), ("1.5", 1.5), ("30.2232138", 30.2232138), ("1.0", 1), ("1.41", 1.41),
            ("3.1415", 3.1415), ("0", 0), ("-0", -0.0), ("0.0", 0), ("-0.0", -0.0), ("0e999999", 0),
            ("-0e-999999", -0.0),
            ("1", 1), ("1E2", 100), ("1e+2", 100), ("1e-2", 0.01), ("100000000000000000000000", 1e23),
            ("37.7749", 37.7749), ("-122.4194", -122.4194), ("1.7053146E9", 1_705_314_600),
        ] as [(String, Double)])
    func convertsToNearestDouble(text: String, value: Double) throws {
        #expect(try decodeCell("FLOAT64", "\"\(text)\"") == .double(value))
        #expect(try decodeCell("FLOAT", text) == .double(value))
    }

    /// Inputs at and next to the midpoint of two doubles, at the ends of the range, and with more digits than fit into
    /// a word.
    ///
    /// Expected values are bit patterns, so that no other conversion is involved.
    @Test(
        arguments: [
            // Around 2^53, where odd integers end.
            ("9007199254740991", 0x433F_FFFF_FFFF_FFFF), ("9007199254740992", 0x4340_0000_0000_0000),
            ("9007199254740993", 0x4340_0000_0000_0000), ("9007199254740994", 0x4340_0000_0000_0001),
            ("9007199254740995", 0x4340_0000_0000_0002), ("9007199254740997", 0x4340_0000_0000_0002),
            ("9007199254740993.0", 0x4340_0000_0000_0000),
            ("9007199254740993.00000000000001", 0x4340_0000_0000_0001),
            ("9007199254740992.99999999999999", 0x4340_0000_0000_0000),
            ("9007199254740993e0", 0x4340_0000_0000_0000), ("90071992547409930e-1", 0x4340_0000_0000_0000),
            ("9.007199254740993e15", 0x4340_0000_0000_0000),
            // The last exact power of ten, and the first that is not.
            ("1e22", 0x4480_F0CF_064D_D592), ("1e23", 0x44B5_2D02_C7E1_4AF6),
            ("9.5e21", 0x4480_17F7_DF96_BE18), ("8.5e22", 0x44B1_FFDB_F6B2_B2EB),
            // Halves of the unit at 2^63 and 2^64.
            ("9223372036854775807", 0x43E0_0000_0000_0000), ("9223372036854775296", 0x43E0_0000_0000_0000),
            ("9223372036854775295", 0x43DF_FFFF_FFFF_FFFF), ("9223372036854774784", 0x43DF_FFFF_FFFF_FFFF),
            ("18446744073709551615", 0x43F0_0000_0000_0000), ("18446744073709551616", 0x43F0_0000_0000_0000),
            ("18446744073709550592", 0x43F0_0000_0000_0000), ("18446744073709550591", 0x43EF_FFFF_FFFF_FFFF),
            // The halfway case of 1: even, and one digit more.
            ("1.00000000000000011102230246251565404236316680908203125", 0x3FF0_0000_0000_0000),
            ("1.00000000000000011102230246251565404236316680908203124", 0x3FF0_0000_0000_0000),
            ("1.00000000000000011102230246251565404236316680908203126", 0x3FF0_0000_0000_0001),
            ("1.00000000000000033306690738754696212708950042724609375", 0x3FF0_0000_0000_0002),
            // Subnormals: the smallest, its half (to even: 0), a little more than the half, and the largest.
            ("5e-324", 0x0000_0000_0000_0001), ("4.9406564584124654e-324", 0x0000_0000_0000_0001),
            ("2.4703282292062327e-324", 0x0000_0000_0000_0000),
            ("2.4703282292062328e-324", 0x0000_0000_0000_0001),
            ("1e-400", 0x0000_0000_0000_0000),
            ("2.2250738585072011e-308", 0x000F_FFFF_FFFF_FFFF),
            ("2.2250738585072012e-308", 0x0010_0000_0000_0000),
            ("2.2250738585072014e-308", 0x0010_0000_0000_0000),
            ("2.225073858507201e-308", 0x000F_FFFF_FFFF_FFFF),
            // The largest, and the last below the middle to what would be infinity.
            ("1.7976931348623157e308", 0x7FEF_FFFF_FFFF_FFFF),
            ("1.7976931348623158e308", 0x7FEF_FFFF_FFFF_FFFF),
            // More digits than a word, of which only some count.
            ("0.1000000000000000055511151231257827021181583404541015625", 0x3FB9_9999_9999_999A),
            ("123456789012345678901234567890", 0x45F8_EE90_FF6C_373E),
            ("0.000000000000000000000000000001", 0x39B4_484B_FEEB_C2A0),
            ("1000000000000000000000000000000000000000e-39", 0x3FF0_0000_0000_0000),
            ("0.00000000000000000000000000000000000000001e41", 0x3FF0_0000_0000_0000),
            ("7205759403792793200001e-5", 0x4370_0000_0000_0000),
            ("3.14159265358979323846", 0x4009_21FB_5444_2D18),
            ("8.41e21", 0x447C_7E83_209E_90B2), ("9.0608011534336e15", 0x4340_1860_1510_C000),
        ] as [(String, UInt64)])
    func roundsHardCasesCorrectly(text: String, bits: UInt64) throws {
        #expect(try decodeCell("FLOAT64", "\"\(text)\"") == .double(bits: bits))
        #expect(try decodeCell("FLOAT64", "\"-\(text)\"") == .double(bits: bits | 1 << 63))
    }

    @Test(.faults("P7"), arguments: ["NaN", "nan", "NAN"])
    func storesNaNAsText(text: String) throws {
        #expect(try decodeCell("FLOAT64", "\"\(text)\"") == .text("NaN"))
    }

    @Test(
        .faults("P7"),
        arguments: [
            ("Infinity", .infinity), ("-Infinity", -.infinity), ("+Infinity", .infinity), ("inf", .infinity),
            ("-inf", -.infinity), ("+inf", .infinity), ("INF", .infinity), ("-INFINITY", -.infinity),
        ] as [(String, Double)])
    func storesInfinities(text: String, value: Double) throws {
        #expect(try decodeCell("FLOAT64", "\"\(text)\"") == .double(value))
    }

    @Test(arguments: [
        #""""#, #"" 1""#, #""1 ""#, #""+1""#, #"".5""#, #""1.""#, #""1.e5""#, #""1e""#, #""1e+""#, #""01""#,
        #""-01""#, #""-""#,
        #""1,5""#, #""0x1p3""#, #""1f""#, #""nano""#, #""infinit""#, #""--inf""#, #""1e5x""#, #""1.2.3""#,
        #""1e400""#, #""-1e400""#, #""1.7976931348623159e308""#, "1e400", "true", "[]", "{}",
    ])
    func rejectsOtherValues(json: String) throws {
        #expect(try rowsError { _ = try decodeCell("FLOAT64", json) }.code == .invalidCell)
    }

    /// Every shortest notation round-trips, on every path through the code.
    @Test func roundTripsRandomBits() throws {
        var random = SplitMix64(seed: 2)
        var wrong: [String] = []
        for _ in 0..<100_000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            let text = Array(value.description.utf8)
            if try Double(cell: text.span).bitPattern != value.bitPattern { wrong.append(value.description) }
        }
        #expect(wrong.isEmpty)
    }

    /// Numbers of everyday size with 17 and more digits, against the standard library.
    @Test func agreesWithStandardLibrary() throws {
        var random = SplitMix64(seed: 3)
        var wrong: [String] = []
        for _ in 0..<100_000 {
            let whole = random.next() >> UInt64.random(in: 0..<64, using: &random)
            let fraction = random.next() >> UInt64.random(in: 0..<64, using: &random)
            let exponent = Int.random(in: -45...45, using: &random)
            let text = [
                "\(whole)", "\(whole).\(fraction)", "\(whole)e\(exponent)",
                "\(whole).\(fraction)e\(exponent)",
            ].randomElement(using: &random)
            guard let text else { continue }
            let bytes = Array(text.utf8)
            if try Double(cell: bytes.span) != Double(text) { wrong.append(text) }
        }
        #expect(wrong.isEmpty)
    }
}
