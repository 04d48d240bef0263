/// Text from outside on one line that a terminal can show: control, format (bidirectional marks among them) and
/// line-breaking characters as `\u{…}`, cut after `limit` characters.
public func printable(_ text: String, limit: Int = 500) -> String {
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
        guard count < limit else { return result + "…" }
        count += 1
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
            if scalar == "\n" || scalar == "\t" {
                result += " "
            } else {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            }
        default:
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}
