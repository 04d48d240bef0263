import TextSupport

/// An error in a page whose location is not complete yet. Each level adds its part of the location, and the page turns
/// the fault into a ``RowsError``.
struct PageFault: Error {
    let code: RowsError.Code
    let reason: String
    /// The row in the whole result, counted from 1.
    var row: Int64?
    /// The path from the present level to the fault: `.address[2].zip`.
    private var path = ""

    init(_ code: RowsError.Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    /// The fault with the enclosing member in its path.
    func inside(member name: String) -> PageFault { inside(".\(name)") }

    /// The fault with the enclosing element in its path.
    func inside(element index: Int) -> PageFault { inside("[\(index)]") }

    private func inside(_ step: String) -> PageFault {
        var fault = self
        fault.path = step + path
        return fault
    }

    /// The error of the whole page. Names of columns in its message have no limit of their own.
    var error: RowsError {
        var place: [String] = []
        if let row { place.append("row \(row)") }
        if !path.isEmpty { place.append("column \(path.dropFirst())") }
        let text = place.isEmpty ? reason : "\(place.joined(separator: ", ")): \(reason)"
        return RowsError(code: code, message: printable(text, limit: 1_000))
    }
}

/// Untrusted UTF-8 text for a message, printable and in quotes, with at most 60 characters.
func excerpt(_ utf8: some Collection<UInt8>) -> String {
    let limit = 60
    // One character more than the limit, which has up to four bytes each, and not all of a large value.
    let text = String(decoding: utf8.prefix(4 * (limit + 1)), as: UTF8.self)
    // Line feeds and tabs, which a line shows as spaces, can be what is wrong with the value.
    let visible = text.replacing("\n", with: "\\u{a}").replacing("\t", with: "\\u{9}")
    return "\"\(printable(visible, limit: limit))\""
}
