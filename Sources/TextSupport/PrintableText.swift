/// Text from outside on one line that a terminal can show: control, format (bidirectional marks among them) and
/// line-breaking characters as `\u{…}`, cut after `limit` characters of what is shown.
package func printable(_ text: String, limit: Int = 500) -> String {
    var result = ""
    var room = limit
    for scalar in text.unicodeScalars {
        let shown = printable(scalar)
        room -= shown.unicodeScalars.count
        guard room >= 0 else { return result + "…" }
        result += shown
    }
    return result
}

/// Text of several lines that a terminal can show. Escapes what ``printable(_:limit:)`` escapes, but keeps line feeds
/// and tabs, and cuts nothing.
package func printableLines(_ text: String) -> String {
    guard !isPlain(text) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
        result += scalar == "\n" || scalar == "\t" ? String(scalar) : printable(scalar)
    }
}

/// The same JSON document, with the characters that ``printable(_:limit:)`` escapes as `\uXXXX`. Keeps line feeds and
/// tabs, which JSON has between its tokens only.
package func printableJSON(_ text: String) -> String {
    guard !isPlain(text) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
        guard isHidden(scalar), scalar != "\n", scalar != "\t" else { return result.unicodeScalars.append(scalar) }
        for unit in String(scalar).utf16 {
            let digits = String(unit, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }
}

/// Whether a text is printable ASCII, as nearly all are.
private func isPlain(_ text: String) -> Bool {
    text.utf8.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0x0A || $0 == 0x09 }
}

private func printable(_ scalar: Unicode.Scalar) -> String {
    guard isHidden(scalar) else { return String(scalar) }
    return scalar == "\n" || scalar == "\t" ? " " : "\\u{\(String(scalar.value, radix: 16))}"
}

private func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: true
    default: false
    }
}
