/// Text from outside on one line that a terminal can show: control, format (bidirectional marks among them) and
/// line-breaking characters as `\u{…}`, cut after `limit` characters of what is shown.
public func printable(_ text: String, limit: Int = 500) -> String {
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

private func printable(_ scalar: Unicode.Scalar) -> String {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
        scalar == "\n" || scalar == "\t" ? " " : "\\u{\(String(scalar.value, radix: 16))}"
    default: String(scalar)
    }
}
