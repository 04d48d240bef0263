/// Foreign text made fit to be shown in one line of an error message.
enum Excerpt {
    /// The most characters of a value that a message shows.
    static let characterLimit = 60

    /// The text in quotes, cut after ``characterLimit`` characters.
    static func of(_ text: String) -> String {
        of(text.utf8)
    }

    /// UTF-8 text in quotes, cut after ``characterLimit`` characters.
    static func of(_ utf8: some Collection<UInt8>) -> String {
        // Four bytes are the longest character: enough to fill the limit without reading all of a large value.
        let head = utf8.prefix(4 * characterLimit)
        let shown = visible(String(decoding: head, as: UTF8.self))
        guard shown.count > characterLimit || head.count < utf8.count else { return "\"\(shown)\"" }
        return "\"\(shown.prefix(characterLimit))…\""
    }

    /// The text with everything that would break the line, move the cursor or reorder it written as `\u{…}`.
    static func visible(_ text: some StringProtocol) -> String {
        var shown = ""
        for scalar in text.unicodeScalars {
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
