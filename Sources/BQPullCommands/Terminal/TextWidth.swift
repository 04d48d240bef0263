/// The width of text in terminal columns: 0 for a combining character, 2 for a wide one.
enum TextWidth {
    /// The blocks whose characters are Wide or Fullwidth (Unicode Standard Annex 11), except
    /// emoji.
    private static let wideBlocks: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3,
        0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF,
        0x1AFF0...0x1B2FF, 0x20000...0x3FFFD,
    ]

    /// The width of a text.
    static func of(_ text: String) -> Int {
        // The common case.
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { $0 + width($1) }
    }

    /// Truncates a text to a number of columns, the last of which is an ellipsis.
    static func cut(_ text: String, to columns: Int) -> String {
        guard of(text) > columns else { return text }
        var (kept, used) = ("", 0)
        for character in text {
            let width = width(character)
            guard used + width < columns else { break }
            kept.append(character)
            used += width
        }
        return kept + "…"
    }

    /// The width of its widest scalar: a cluster of emoji is drawn as one, and a variation selector makes a text symbol
    /// an emoji.
    private static func width(_ character: Character) -> Int {
        let scalars = character.unicodeScalars
        return scalars.contains("\u{FE0F}") ? 2 : scalars.map(width).max() ?? 0
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        let isWide =
            scalar.properties.isEmojiPresentation
            || scalar.value >= 0x1100 && wideBlocks.contains { $0.contains(scalar.value) }
        return isWide ? 2 : 1
    }
}
