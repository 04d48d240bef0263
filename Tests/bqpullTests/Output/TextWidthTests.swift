import Testing

@testable import BQPullCommands

@Suite struct TextWidthTests {
    @Test(arguments: [
        ("", 0), ("plain", 5), ("Été", 3), ("E\u{301}te\u{301}", 3), ("北京", 4), ("한국", 4), ("ｱｲ", 2), ("Ａ", 2),
        ("🚕", 2), ("👩‍👩‍👧", 2), ("🇩🇪", 2), ("❤\u{FE0F}", 2), ("a\u{200B}b", 2), ("नि", 1), ("Київ", 4), ("│─", 2),
    ])
    func measuresTerminalColumns(text: String, columns: Int) {
        #expect(TextWidth.of(text) == columns)
    }

    @Test(arguments: [
        ("plain", 5, "plain"), ("plain", 4, "pla…"), ("北京市", 6, "北京市"), ("北京市", 5, "北京…"),
        ("北京市", 4, "北…"), ("e\u{301}te\u{301}s", 3, "e\u{301}t…"), ("ab", 1, "…"),
    ])
    func truncatesBetweenCharacters(text: String, columns: Int, cut: String) {
        #expect(TextWidth.cut(text, to: columns) == cut)
        #expect(TextWidth.of(cut) <= columns)
    }
}
