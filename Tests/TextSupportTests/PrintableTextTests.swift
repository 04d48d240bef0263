import Foundation
import Testing
import TextSupport

@Suite struct PrintableTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("日本 é", "日本 é"), ("a\nb\tc", "a b c"), ("\u{1B}[31mred", "\\u{1b}[31mred"),
        ("a\u{202E}b", "a\\u{202e}b"), ("\u{0}\r\u{7F}", "\\u{0}\\u{d}\\u{7f}"), ("a\u{2028}b", "a\\u{2028}b"),
    ])
    func escapesHiddenCharacters(text: String, expected: String) {
        #expect(printable(text) == expected)
    }

    @Test func truncatesLongText() {
        #expect(printable(String(repeating: "x", count: 50), limit: 10) == "xxxxxxxxxx…")
        #expect(printable("xxxxxxxxxx", limit: 10) == "xxxxxxxxxx")
    }

    /// Escaped characters count with their length.
    @Test func countsEscapedCharacters() {
        #expect(printable(String(repeating: "\u{1}", count: 50), limit: 10) == "\\u{1}\\u{1}…")
        #expect(printable("abcdef\u{1B}", limit: 10) == "abcdef…")
    }

    @Test(arguments: [
        ("a\n\tb", "a\n\tb"), ("\u{9B}2J\n\u{202E}x\r", "\\u{9b}2J\n\\u{202e}x\\u{d}"), ("日本 é", "日本 é"),
    ])
    func keepsLines(text: String, expected: String) {
        #expect(printableLines(text) == expected)
    }

    @Test(arguments: [
        ("{\"a\":\"\u{9B}\u{7F}é\"}\n", "{\"a\":\"\\u009b\\u007fé\"}\n"),
        ("[\"\u{202E}\u{E0001}\"]", "[\"\\u202e\\udb40\\udc01\"]"),
    ])
    func escapesJSONWithoutChangingValues(document: String, expected: String) throws {
        #expect(printableJSON(document) == expected)
        let (before, after) = (Data(document.utf8), Data(expected.utf8))
        let values = try [before, after].map { try JSONSerialization.jsonObject(with: $0) as? NSObject }
        #expect(values[0] == values[1])
    }
}
