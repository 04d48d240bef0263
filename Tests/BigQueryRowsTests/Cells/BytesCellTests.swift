import BigQueryRows
import TestSupport
import Testing

@Suite("BYTES cells")
struct BytesCellTests {
    @Test(
        arguments: [
            ("", []), ("AA==", [0]), ("DQo=", [13, 10]), ("Zm9v", Array("foo".utf8)),
            ("Zg==", Array("f".utf8)),
            ("Zm8=", Array("fo".utf8)), ("Zm9vYg==", Array("foob".utf8)),
            ("REVBREJFRUY=", Array("DEADBEEF".utf8)),
            ("V29uZGVyZnVsIQ==", Array("Wonderful!".utf8)), ("DQ4KDQ==", [13, 14, 10, 13]),
            ("YWJjZA==", Array("abcd".utf8)), ("+/+/", [0xFB, 0xFF, 0xBF]), ("////", [0xFF, 0xFF, 0xFF]),
        ] as [(String, [UInt8])])
    func decodesBase64(text: String, bytes: [UInt8]) throws {
        #expect(try decodeCell("BYTES", "\"\(text)\"") == .blob(bytes))
    }

    @Test func decodesEscapedSlashes() throws {
        #expect(try decodeCell("BYTES", #""\/\/\/\/""#) == .blob([0xFF, 0xFF, 0xFF]))
    }

    @Test(arguments: 0...70)
    func decodesEveryLength(count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        #expect(try decodeCell("BYTES", "\"\(base64(bytes))\"") == .blob(bytes))
    }

    @Test(
        .faults("P33"),
        arguments: [
            "A", "AA", "AAA", "AAAAA", "A===", "====", "=AAA", "A=AA", "AA=A", "AAA=AAAA", "AA==AAAA", "AAAA=",
            "AAAA====",
            "AB==", "A/==", "AAB=", "AAD=", "AA-_", "AA AA", "AAAA AAAA", "AA\\n==", "Zm9v\\n", "é===",
            "AA=\\u0000",
            "Zm9vZm9vZm9vZm9*",
        ])
    func rejectsInvalidBase64(text: String) throws {
        #expect(try rowsError { _ = try decodeCell("BYTES", "\"\(text)\"") }.code == .invalidCell)
    }

    @Test(arguments: ["1234", "true", "[]", "{}"])
    func rejectsOtherValues(json: String) throws {
        #expect(try rowsError { _ = try decodeCell("BYTES", json) }.code == .invalidCell)
    }

    @Test func errorShowsOffsetAndRest() throws {
        let error = try rowsError { _ = try decodeCell("BYTES", #""Zm9vZm9vZm9*Zm9v""#) }
        #expect(error.message == #"row 1, column c: at byte 8: "Zm9*Zm9v" is not base64"#)
    }

    /// An independent encoder.
    private func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for index in 0..<4 {
                text.append(index <= group.count ? alphabet[Int(bits >> 18 & 63)] : "=")
                bits <<= 6
            }
        }
        return text
    }
}
