import Foundation
import GoogleHTTP
import Testing

@Suite struct DuplicateMemberTests {
    private struct Anything: Decodable {}

    private func decode(_ bytes: [UInt8]) throws {
        _ = try JSONDecoder().decodeUnambiguous(Anything.self, from: bytes)
    }

    @Test(arguments: [
        "{}", "[]", #"{"a":1}"#, #"{"a":1,"b":{"a":2}}"#, #"[{"a":1},{"a":2}]"#,
        #"{"a":[{"b":1},{"b":"}"}],"b":"\"a\":"}"#,
        " {\r\n\t\"a\" : -1.5e+3 , \"A\" : null }\n", #"{"a":"\\","b":"\u0061"}"#, "\u{FEFF}{\"a\":1}",
        #"{"":1," ":2}"#,
        #"{"é":"日本","\uD83D\uDE00":true}"#,
    ])
    func decodesDistinctMembers(json: String) throws {
        #expect(DuplicateMember(in: Array(json.utf8)) == nil)
        _ = try JSONDecoder().decodeUnambiguous(JSONShape.self, from: Array(json.utf8))
    }

    @Test(arguments: [
        (#"{"a":1,"a":1}"#, "a"), (#"{"a":1,"b":2,"a":3}"#, "a"), (#"{"name":1,"n\u0061me":2}"#, "name"),
        (#"{"\u006E\u0061me":1,"name":2}"#, "name"), (#"{"x":{"y":[1,{"z":1,"z":2}]}}"#, "z"),
        (#"[[{"a":{},"a":[]}]]"#, "a"),
        (#"{"":1,"":2}"#, ""), (#"{"a\"b":1,"a\u0022b":2}"#, "a\"b"), (" { \"a\" : 1 ,\n \"a\" : 2 } ", "a"),
        (#"{"a":{"b":1},"a":{"b":1}}"#, "a"), ("\u{FEFF}{\"a\":1,\"a\":2}", "a"),
        // The decoder equates both spellings of an accented letter.
        ("{\"\u{e9}\":1,\"e\u{301}\":2}", "é"), (#"{"😀":1,"\ud83d\ude00":2}"#, "😀"),
        // Found before the syntax error after it.
        (#"{"a":1,"a":2"#, "a"),
    ])
    func findsDuplicates(json: String, name: String) {
        #expect(DuplicateMember(in: Array(json.utf8))?.name == name)
        let error = #expect(throws: DuplicateMember.self) { try decode(Array(json.utf8)) }
        #expect(error?.name == name)
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "[1", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\":1]", "[1}",
        "{}{}",
        "{}x", "\"open", "\"a\\", "\"a\\\"", "\"a\nb\"", "{\"\\ud800\":1}", "{\"\\x\":1}", "nul", "01",
        "{\"a\":1}\u{0}", "//",
    ])
    func rejectsMalformedText(json: String) {
        #expect(DuplicateMember(in: Array(json.utf8)) == nil)
        #expect(throws: DecodingError.self) {
            _ = try JSONDecoder().decodeUnambiguous(JSONShape.self, from: Array(json.utf8))
        }
    }

    /// The decoder would detect these encodings, in which the scanner sees no members.
    @Test(arguments: [String.Encoding.utf16, .utf16BigEndian, .utf16LittleEndian, .utf32, .utf32LittleEndian])
    func rejectsOtherEncodings(encoding: String.Encoding) throws {
        let bytes = Array(try #require(#"{"a":1,"a":2}"#.data(using: encoding)))
        #expect(throws: DecodingError.self) { try decode(bytes) }
    }

    @Test func boundsNesting() throws {
        func nested(_ levels: Int) -> [UInt8] {
            Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
        }
        _ = try JSONDecoder().decodeUnambiguous(JSONShape.self, from: nested(500))
        #expect(throws: DecodingError.self) { try decode(nested(513)) }
        #expect(throws: DecodingError.self) { try decode(nested(1_000_000)) }
        #expect(throws: DecodingError.self) { try decode(Array(String(repeating: "{\"\":", count: 100_000).utf8)) }
        #expect(throws: DecodingError.self) { try decode([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D]) }
    }
}

/// Any JSON value.
private struct JSONShape: Decodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        // A value of another kind is an error.
        if let object = try? decoder.container(keyedBy: Key.self) {
            for key in object.allKeys { _ = try object.decode(JSONShape.self, forKey: key) }
        } else if var list = try? decoder.unkeyedContainer() {
            while !list.isAtEnd { _ = try list.decode(JSONShape.self) }
        } else {
            let scalar = try decoder.singleValueContainer()
            let isScalar =
                scalar.decodeNil() || (try? scalar.decode(Bool.self)) != nil || (try? scalar.decode(Double.self)) != nil
            if !isScalar { _ = try scalar.decode(String.self) }
        }
    }
}
