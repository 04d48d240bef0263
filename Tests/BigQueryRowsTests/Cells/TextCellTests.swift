import BigQueryRows
import TestSupport
import Testing

/// Types that are stored as sent, without loss. Only UTF-8 is checked.
@Suite("Cells stored as sent")
struct TextCellTests {
    @Test(
        .faults("P7"),
        arguments: [
            ("NUMERIC", "0.4499"), ("NUMERIC", "12345"), ("NUMERIC", "1.3"), ("NUMERIC", "123.45"),
            ("NUMERIC", "-0.00"),
            ("NUMERIC", "99999999999999999999999999999.999999999"),
            ("NUMERIC", "-99999999999999999999999999999.999999999"),
            ("NUMERIC", "123.123456789"), ("NUMERIC", "3.14"), ("NUMERIC", "3.1415"),
            ("BIGNUMERIC", "99999999999999999999999999999999999999.99999999999999999999999999999999999999"),
            ("BIGNUMERIC", "-99999999999999999999999999999999999999.99999999999999999999999999999999999999"),
            ("BIGNUMERIC", "9.9876543210123456789"), ("NUMERIC", "0.00000000000000000000000000001"),
            ("STRING", ""), ("STRING", "a"), ("STRING", "ABC"), ("STRING", "string"), ("STRING", "2016-03-20"),
            ("STRING", "15:04:05"), ("STRING", "こんにちは"), ("STRING", "null"), ("STRING", "true"),
            ("STRING", " x "),
            ("GEOGRAPHY", "POLYGON((-125 48, -124 46, -117 46, -117 49, -125 48))"),
            ("GEOGRAPHY", "LINESTRING(1 2, 3 4)"), ("GEOGRAPHY", "POINT(-122.35022 47.649154)"),
            ("GEOGRAPHY", "POINT(-135 90)"), ("GEOGRAPHY", "POINT(-122.350220 47.649154)"),
            ("DATE", "2016-03-20"), ("DATE", "2024-06-15"), ("DATE", "1970-01-01"), ("DATE", "1980-01-01"),
            ("DATE", "2023-12-23"), ("DATE", "0001-01-01"), ("DATE", "9999-12-31"),
            ("DATETIME", "2016-03-20T15:04:05.000003"), ("DATETIME", "2016-03-20T15:04:05"),
            ("DATETIME", "9999-12-31T23:59:59.999999"), ("DATETIME", "2016-12-02T18:51:33"),
            // One of the official clients replaces the space by a T.
            ("DATETIME", "1980-01-01 12:15:15"),
            ("TIME", "15:04:05.000003"), ("TIME", "18:56:54.940265"), ("TIME", "15:04:05"),
            ("TIME", "15:04:05.000006"),
            ("TIME", "00:00:00"), ("TIME", "23:59:59.999999"), ("TIME", "12:41:09.062500"), ("TIME", "12:15:15"),
            // One client rejects three digits, another one accepts them.
            ("TIME", "12:12:27.123"), ("TIME", "12:34:56.123"),
            ("INTERVAL", "1-6 15 0:0:0"), ("INTERVAL", "7-11 9 4:15:37.123456"), ("INTERVAL", "0-0 0 0:0:0"),
            ("INTERVAL", "-10000-0 -3660000 -87840000:0:0"), ("INTERVAL", "-10000-0 0 0:0:0"),
            ("INTERVAL", "06-01 06 01:01:00.123456"), ("INTERVAL", "0-0 0 -1:0:0"),
            ("INTERVAL", "-15-6 23 23:14:05"),
            ("INTERVAL", "0-0 0 -0:0:59.999999"), ("INTERVAL", "0-0 0 0:0:0.12"), ("INTERVAL", "0-1 0 0:0:0"),
            ("INTERVAL", "-0-1 0 0:0:0"), ("INTERVAL", "0-0 0 01:01:01.010101"), ("INTERVAL", "-0-0 -0 -0:0:0"),
            ("INTERVAL", "-32-11 -45 -67:16:23.987654"), ("INTERVAL", "0-0 0 0:0:0.123"),
            ("INTERVAL", "-1-0 0 0:0:0"), ("INTERVAL", "0-0 0 11:11:11.111111"), ("INTERVAL", "0-0 1 0:0:0"),
            ("INTERVAL", "0-0 0 0:0:59.999999"), ("INTERVAL", "0-0 0 0:1:0"), ("INTERVAL", "0-0 0 0:0:59"),
            ("INTERVAL", "0-0 0 0:0:59.999"), ("INTERVAL", "0-0 0 87840000:0:0"),
            ("INTERVAL", "0-0 0 -0:0:59.999"),
            ("INTERVAL", "0-0 0 -0:0:0.000001"), ("INTERVAL", "0-0 0 0:0:0.1234"), ("INTERVAL", "0-0 0 0:0:59.1"),
            // Clients cut this one to microseconds.
            ("INTERVAL", "0-0 0 0:0:00.123456789"),
            ("RANGE", "[2016-12-05, UNBOUNDED)"), ("RANGE", "[2020-01-01, 2020-02-01)"),
            ("RANGE", "[2020-01-01, 2020-12-31)"), ("RANGE", "[2009-06-17, 2019-06-17)"),
            ("RANGE", "[nUlL, uNbOuNdEd)"), ("RANGE", "[2009-06-17T13:45:30, 2019-06-17T13:45:30)"),
            // Not ranges of dates, and an error for clients that parse them.
            ("RANGE", "[2009-06-172019-06-17)"), ("RANGE", "[15:31:38, 15:50:38)"),
            // Types that this version does not know.
            ("UNKNOWN", "1"), ("BAD", ""), ("TOKENLIST", "abc"),
        ])
    func areStoredAsSent(type: String, text: String) throws {
        #expect(try decodeCell(type, "\"\(text)\"") == .text(text))
    }

    @Test(arguments: [
        #"{"key":"value","nested":{"a":1}}"#, #"{"items":[1,2,3],"meta":null}"#, "123", "[1,2,3]",
        #"{"id":1}"#,
        #"{"key":"value"}"#, #"{"aKey": {"bKey": {"cKey": -123}}}"#, #""""#, "null", "1e400",
        // Space around the value and equal names are the sender's.
        " {\n\t\"a\" : 1\r\n}\n", #"{"a":1,"a":2}"#, #""\u0000\ud83d\ude00""#, " 7 ",
    ])
    func storeJSONAsSent(text: String) throws {
        #expect(try decodeCell("JSON", Self.quoted(text)) == .text(text))
    }

    /// Text that is copied into JSON must not end the object around it.
    @Test(
        .faults("P35"),
        arguments: [
            #"1},{"admin":true"#, #"1,"admin":true"#, #"{"a":1},{"a":2}"#, "1 2", "", " ", "\n", "not json", "{", "]",
            #"{"a":1,}"#, "'a'", "\"open", "01", "nul", "NaN", "1\u{0}", "\u{0}", "\"a\u{0}\"", "\"a\nb\"",
            #""\ud800""#,
            #""\udc00\ud800""#, #""\x41""#, "\u{FEFF}1", "\u{A0}1", "1;", "1//",
            String(repeating: "[", count: 513) + String(repeating: "]", count: 513),
            String(repeating: "[", count: 100_000),
        ])
    func rejectJSONThatIsNotOneValue(text: String) throws {
        let cells = [Self.quoted("1"), Self.quoted(text)]
        let rows = cells.map { #"{"f":[{"v":"x"},{"v":\#($0)}]}"# }.joined(separator: ",")
        let schema = TableSchema(fields: [.init(name: "id", type: .string), .init(name: "j", type: .json)])
        let error = try rowsError { _ = try decodePage(#"{"rows":[\#(rows)]}"#, schema: schema, firstRow: 40) }
        #expect(error.code == .invalidCell)
        #expect(error.message.hasPrefix("row 42, column j: "), "\(error.message)")
        #expect(error.message.hasSuffix(" is not one JSON value"), "\(error.message)")
    }

    @Test func acceptJSONAsDeepAsTheService() throws {
        let text = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect(try decodeCell("JSON", "\"\(text)\"") == .text(text))
    }

    /// A text as a JSON string.
    private static func quoted(_ text: String) -> String {
        var json: [UInt8] = []
        JSONWriter.append(string: text.utf8, to: &json)
        return String(decoding: json, as: UTF8.self)
    }

    @Test(
        .faults("P14"),
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{08}\u{0C}\n\r\t"), (#""日本語\n""#, "日本語\n"),
            (#""\u0041\u00e9\u00E9\u20ac""#, "Aéé€"), (#""\ud83d\ude00""#, "😀"), (#""\uD83D\uDE00x""#, "😀x"),
            (#""\ud800\udc00 \udbff\udfff""#, "\u{10000} \u{10FFFF}"),
            (#""\uFFFF\uFFFE\uD7FF\uE000""#, "\u{FFFF}\u{FFFE}\u{D7FF}\u{E000}"),
            (#""a\u0000b""#, "a\u{0}b"), (#""\u0000""#, "\u{0}"),
            ("\"\u{7F}\u{80}\u{2028}\"", "\u{7F}\u{80}\u{2028}"),
            // The same characters on the screen, and other bytes.
            (#""e\u0301""#, "e\u{301}"), ("\"\u{e9}\"", "\u{e9}"),
            // A run of plain text on either side of escapes, across words of eight bytes.
            (#""0123456\n0123456789abcdef\t0""#, "0123456\n0123456789abcdef\t0"),
            (#""\n\n\n\n\n\n\n\n\n\n\n\n""#, String(repeating: "\n", count: 12)),
        ])
    func areUnescaped(json: String, text: String) throws {
        #expect(try decodeCell("STRING", json) == .text(text))
    }

    /// The maximum size of a row of BigQuery. The page keeps the text in place, without a second copy.
    @Test(.faults("P13"))
    func acceptCellsOf100MB() throws {
        let text = [UInt8](repeating: UInt8(ascii: "x"), count: 100_000_000)
        let wire = gzip(Array(#"{"rows":[{"f":[{"v":""#.utf8) + text + Array(#""}]}]}"#.utf8))
        var body = try PageBody(contentEncoding: "gzip")
        for start in stride(from: 0, to: wire.count, by: 1 << 14) {
            try wire[start..<min(start + 1 << 14, wire.count)].withUnsafeBytes { try body.receive($0) }
        }
        let schema = TableSchema(fields: [TableSchema.Field(name: "c", type: .string)])
        let page = try PageDecoder(schema: schema).decode(try body.finish(), firstRow: 0)
        #expect(page.rows.bytes[page.rows.cells[0].range] == text[...])
        #expect(page.rows.byteCount < text.count + 100)
    }

    /// Escapes and plain bytes at every offset within words, against an independent writer.
    @Test func roundTripRandomText() throws {
        var random = SplitMix64(seed: 4)
        let characters: [(json: String, text: String)] = [
            ("a", "a"), ("é", "é"), ("日", "日"), ("😀", "😀"), (#"\n"#, "\n"), (#"\""#, "\""), (#"\\"#, "\\"),
            (#"\u0000"#, "\u{0}"), (#"\u00e9"#, "é"), (#"\ud83d\ude00"#, "😀"), ("bcdefghij", "bcdefghij"),
        ]
        for length in 0..<2_000 {
            var json = ""
            var text = ""
            for _ in 0..<length % 50 {
                guard let character = characters.randomElement(using: &random) else { continue }
                json += character.json
                text += character.text
            }
            #expect(try decodeCell("STRING", "\"\(json)\"") == .text(text))
        }
    }

    @Test(
        .faults("P6"),
        arguments: [
            ("NUMERIC", "1.50"), ("NUMERIC", "1E+2"), ("STRING", "12"), ("BIGNUMERIC", "-0"), ("JSON", "1e5"),
            ("ODD", "7"), ("NUMERIC", "1e400"), ("BIGNUMERIC", String(repeating: "9", count: 309)), ("STRING", "1E+2"),
        ])
    func storeNumbersAsSent(type: String, json: String) throws {
        #expect(try decodeCell(type, json) == .text(json))
    }

    @Test(arguments: ["true", "false"])
    func storeBooleansOfUnknownTypesAsSent(json: String) throws {
        #expect(try decodeCell("ODD", json) == .text(json))
        #expect(try rowsError { _ = try decodeCell("STRING", json) }.code == .invalidCell)
        #expect(try rowsError { _ = try decodeCell("NUMERIC", json) }.code == .invalidCell)
    }

    @Test(arguments: [
        "INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC", "BOOL", "STRING", "BYTES", "JSON", "GEOGRAPHY", "DATE",
        "TIME",
        "DATETIME", "TIMESTAMP", "INTERVAL", "RANGE", "STRUCT", "UNKNOWN",
    ])
    func storeNull(type: String) throws {
        #expect(try decodeCell(type, "null") == .null)
        let repeated = TableSchema.Field(name: "c", type: FieldType(name: type), mode: .repeated)
        #expect(try decodeCell(repeated, "null") == .null)
        #expect(try decodeCell(repeated, "[]") == .text("[]"))
    }
}
