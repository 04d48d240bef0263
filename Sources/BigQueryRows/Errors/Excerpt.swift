/// Foreign text made fit to be shown in one line of an error message.
enum Excerpt {
    /// The most characters of a value that a message shows.
    static let characterLimit = 60
    /// The most characters of a whole message.
    static let lineLimit = 1_000

    /// The text in quotes, cut after ``characterLimit`` characters.
    static func of(_ text: String) -> String {
        of(text.utf8)
    }

    /// UTF-8 text in quotes, cut after ``characterLimit`` characters.
    static func of(_ utf8: some Collection<UInt8>) -> String {
        // Four bytes are the longest character: enough to fill the limit without reading all of a large value.
        let head = utf8.prefix(4 * characterLimit)
        let shown = visible(String(decoding: head, as: UTF8.self).unicodeScalars)
        guard shown.count > characterLimit || head.count < utf8.count else { return "\"\(shown)\"" }
        return "\"\(shown.prefix(characterLimit))…\""
    }

    /// The text in one line, cut after ``lineLimit`` characters: what a message may quote, such as names of columns, has no
    /// limit of its own.
    static func line(_ text: String) -> String {
        let shown = visible(text.unicodeScalars.prefix(lineLimit))
        guard shown.unicodeScalars.count > lineLimit || text.unicodeScalars.count > lineLimit else { return shown }
        return String(shown.unicodeScalars.prefix(lineLimit)) + "…"
    }

    /// The text with everything that would break the line, move the cursor or reorder it written as `\u{…}`.
    private static func visible(_ text: some Sequence<Unicode.Scalar>) -> String {
        var shown = ""
        for scalar in text {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            default:
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
