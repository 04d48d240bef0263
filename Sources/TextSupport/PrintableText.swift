/// Untrusted text for one line of a terminal. Escapes control, format (including bidirectional) and line-breaking
/// characters as `\u{…}`, and truncates the result to `limit` characters.
package func printable(_ text: String, limit: Int = 500) -> String {
    var result = ""
    var remaining = limit
    for scalar in text.unicodeScalars {
        let shown = printable(scalar)
        remaining -= shown.unicodeScalars.count
        guard remaining >= 0 else { return result + "…" }
        result += shown
    }
    return result
}

/// Untrusted text for several lines of a terminal. Like ``printable(_:limit:)``, but keeps line feeds and tabs, and
/// does not truncate.
package func printableLines(_ text: String) -> String {
    guard !isPlain(text) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
        result += scalar == "\n" || scalar == "\t" ? String(scalar) : printable(scalar)
    }
}

/// The same JSON document, with `\uXXXX` for the characters that ``printable(_:limit:)`` escapes. Keeps line feeds and
/// tabs, which occur only between the tokens of JSON.
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

/// Whether a text is printable ASCII, the common case.
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
