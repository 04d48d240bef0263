import GoogleHTTP
import Testing

@Suite struct PrintableTests {
    @Test(arguments: [
        ("plain", "plain"), ("日本 é", "日本 é"), ("a\nb\tc", "a b c"), ("\u{1B}[31mred", "\\u{1b}[31mred"),
        ("a\u{202E}b", "a\\u{202e}b"), ("\u{0}\r\u{7F}", "\\u{0}\\u{d}\\u{7f}"), ("a\u{2028}b", "a\\u{2028}b"),
    ])
    func makesHiddenCharactersVisible(text: String, expected: String) {
        #expect(printable(text) == expected)
    }

    @Test func cutsLongText() {
        #expect(printable(String(repeating: "x", count: 50), limit: 10) == "xxxxxxxxxx…")
        #expect(printable("xxxxxxxxxx", limit: 10) == "xxxxxxxxxx")
    }

    /// Hidden characters are shown longer than they are.
    @Test func cutsByWhatIsShown() {
        #expect(printable(String(repeating: "\u{1}", count: 50), limit: 10) == "\\u{1}\\u{1}…")
        #expect(printable("abcdef\u{1B}", limit: 10) == "abcdef…")
    }
}
