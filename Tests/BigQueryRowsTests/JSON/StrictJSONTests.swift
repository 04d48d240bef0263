import BigQueryRows
import TestSupport
import Testing

/// The scanner against the grammar of RFC 8259: as the value of an unknown key, which is skipped, and as the text of a
/// cell, which is read.
@Suite("Strict JSON")
struct StrictJSONTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-0", "1", "-1", "123456789012345678901234567890", "0.5", "-0.0", "1e5",
        "1E5",
        "1e+5", "1E-5", "1.5e10", "0e0", "1e99999", "\"\"", "\"a\"", #""\"\\\/\b\f\n\r\t""#,
        #""\u0041\uABcd""#,
        #""\ud83d\ude00""#, #""\u0000""#, "\"\u{7F}\"", "\"\u{2028}\"", "\"é日😀\"", "\"\u{FFFF}\"",
        "[]", "[ ]", "[1]", "[1,2]", "[[],[[]],{}]", " [ 1 , 2 ] ", "\t[\n1\r,\n2]", "{}", "{ }", #"{"a":1}"#,
        #"{"a":1,"a":2}"#, #"{"":0}"#, #"{ "a" : 1 , "b" : [ { } ] }"#, #"{"a":{"b":{"c":[1,{"d":null}]}}}"#,
        #"[null,true,false,0,"x",[],{}]"#, #"[{"a":1},[2,3],{"b":[4]},[[5]]]"#, #""//""#, #""'""#,
    ])
    func acceptsValidJSON(value: String) throws {
        let page = try decodePage("{\"unknown\":\(value),\"pageToken\":\"t\"}")
        #expect(page.pageToken == "t")
    }

    static let rejected = [
        "", "nul", "nulll", "NULL", "True", "tru", "fals", "falsee", "undefined", "NaN", "Infinity",
        "-Infinity", "-", "+1", "01",
        "-01", "00", ".5", "1.", "1.e5", "-.5", "1e", "1e+", "1e-", "1E", "0x10", "1_000", "1 000", "--1",
        "1.2.3", "1e5.5", "٣",
        "'a'", "\"", "\"a", "a\"", #""\""#, #""\x41""#, #""\a""#, #""\'""#, #""\u""#, #""\u0""#, #""\u00""#,
        #""\u004""#,
        #""\u00g0""#, #""\u 041""#, #""\U0041""#, #""\u+041""#, #""\ud800""#, #""\udc00""#, #""\ud800x""#,
        #""\ud800\n""#, #""\ud800\u0041""#, #""\ud800\ud800""#, #""\udc00\ud800""#, #""\udc00\udc00""#,
        #""\ud83d\ude0""#,
        #""\ud800\""#,
        "\"\n\"", "\"\t\"", "\"\u{0}\"", "\"\u{1F}\"", "\"line\r\nbreak\"",
        "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1,,2]", "[1]]", "[[1]", "[1}", "[1:2]",
        "{", "{a:1}", "{'a':1}", "{1:1}", "{null:1}", #"{"a"}"#, #"{"a":}"#, #"{"a" 1}"#, #"{"a",1}"#,
        #"{"a":1"#,
        #"{"a":1,"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a":1 "b":2}"#, #"{"a":1,,"b":2}"#, #"{"a"::1}"#,
        #"{"a":1]"#,
        #"{"a":1}}"#, #"{"a":1:2}"#, "// c\n1", "/* c */1", "1 // c", "#", "1;", "\u{FEFF}1", "\u{A0}1",
        "\u{0B}1", "\u{0C}1",
        "{\"a\":1\u{0}}", "\u{0}", "*", "<html>", "=1", "(1)", "[1]\\",
    ]

    @Test(arguments: rejected)
    func rejectsWhenSkipped(value: String) throws {
        let error = try rowsError { _ = try decodePage("{\"unknown\":\(value),\"pageToken\":\"t\"}") }
        #expect(error.code == .malformedJSON)
    }

    @Test(arguments: rejected)
    func rejectsAsCell(value: String) throws {
        let error = try rowsError { _ = try decodeCell("STRING", value) }
        // A well-formed prefix can be an object or an array, which is not a text either.
        #expect(error.code == .malformedJSON || error.code == .invalidCell)
    }

    @Test(
        .faults("P2"),
        arguments: [
            "", " ", "[]", "[{}]", "\"x\"", "1", "null", "true", "{}x", "{} {}", "{},", "{}]", "{}\u{0}",
            "{", "}", "{}}",
            "\u{0}{}", "<html></html>",
        ])
    func rejectsTextThatIsNotOneObject(text: String) throws {
        #expect(try rowsError { _ = try decodePage(text) }.code == .malformedJSON)
    }

    /// JSON has no byte-order mark (RFC 8259, 8.1), and the service does not send one.
    @Test(.faults("P5"), arguments: ["\u{FEFF}{}", "\u{FEFF}\u{FEFF}{}", " \u{FEFF}{}", "{}\u{FEFF}"])
    func rejectsByteOrderMark(text: String) throws {
        #expect(try rowsError { _ = try decodePage(text) }.code == .malformedJSON)
    }

    @Test(arguments: ["{}", " {} ", "\n{\t}\r\n", "{}\n\n"])
    func acceptsWhitespaceAroundObject(text: String) throws {
        #expect(try decodePage(text).rows.rowCount == 0)
    }

    @Test(
        .faults("P3"),
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80],
            [0xE0, 0x9F, 0xBF],
            [0xE2, 0x82], [0xE2, 0x82, 0x41], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80],
            [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x98, 0x41],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
        ] as [[UInt8]])
    func rejectsInvalidUTF8(bytes: [UInt8]) throws {
        let schema = TableSchema(fields: [TableSchema.Field(name: "c", type: .string)])
        // At every offset within the words that the check reads.
        for distance in 0..<40 {
            let padding = Array(repeating: UInt8(ascii: "x"), count: distance)
            let cell = Array(#"{"rows":[{"f":[{"v":""#.utf8) + padding + bytes + Array(#""}]}]}"#.utf8)
            #expect(try rowsError { _ = try decodePage(cell, schema: schema) }.code == .malformedJSON)
            let key = Array("{\"".utf8) + padding + bytes + Array("\":1}".utf8)
            #expect(try rowsError { _ = try decodePage(key) }.code == .malformedJSON)
            let end = Array("{}".utf8) + padding.map { _ in 0x20 } + bytes
            #expect(try rowsError { _ = try decodePage(end) }.code == .malformedJSON)
        }
    }

    @Test func keepsEveryUnicodeCharacter() throws {
        var text = ""
        for value in UInt32(0x20)...0x10FFFF where value != 0x22 && value != 0x5C {
            if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
        }
        #expect(try decodeCell("STRING", "\"\(text)\"") == .text(text))
    }

    @Test(.faults("P8"), arguments: ["[", "{\"a\":"])
    func limitsNesting(opening: String) throws {
        let closing = opening == "[" ? "]" : "}"
        func page(levels: Int) -> String {
            "{\"deep\":\(String(repeating: opening, count: levels))1\(String(repeating: closing, count: levels))}"
        }
        for levels in [1, 63, 64, 65, 80, 500, 512] { _ = try decodePage(page(levels: levels)) }
        for levels in [513, 600, 100_000] {
            #expect(try rowsError { _ = try decodePage(page(levels: levels)) }.code == .malformedJSON)
        }
        let open = String(repeating: opening, count: 100_000)
        #expect(try rowsError { _ = try decodePage("{\"deep\":\(open)") }.code == .malformedJSON)
        #expect(try rowsError { _ = try decodeCell("STRING", open) }.code == .malformedJSON)
    }

    @Test func acceptsMixedNesting() throws {
        var random = SplitMix64(seed: 5)
        for _ in 0..<200 {
            var opening = ""
            var closing = ""
            for _ in 0..<Int.random(in: 0..<200, using: &random) {
                let isObject = Bool.random(using: &random)
                opening += isObject ? "{\"a\":" : "["
                closing = (isObject ? "}" : "]") + closing
            }
            _ = try decodePage("{\"deep\":\(opening)0\(closing)}")
            guard let last = closing.first else { continue }
            let crossed = (last == "}" ? "]" : "}") + closing.dropFirst()
            #expect(
                try rowsError { _ = try decodePage("{\"deep\":\(opening)0\(crossed)}") }.code
                    == .malformedJSON)
        }
    }
}
