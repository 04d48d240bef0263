/// An error inside a page while its place is not yet known: each level that it passes on its way out adds the
/// step that it knows, and the last one turns it into a ``RowsError``.
struct PageFault: Error {
    let code: RowsError.Code
    let reason: String
    /// The place of the row in the whole result, counted from 1.
    var row: Int64?
    /// From the level where the fault passed last down to its origin: `.address[2].zip`.
    private var path = ""

    init(_ code: RowsError.Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    /// The same fault, seen from one level up.
    func inside(member name: String) -> PageFault { inside(".\(name)") }

    /// The same fault, seen from one level up.
    func inside(element index: Int) -> PageFault { inside("[\(index)]") }

    private func inside(_ step: String) -> PageFault {
        var fault = self
        fault.path = step + path
        return fault
    }

    /// The error for the whole page.
    var error: RowsError {
        var place: [String] = []
        if let row { place.append("row \(row)") }
        if !path.isEmpty { place.append("column \(path.dropFirst())") }
        return RowsError(
            code: code,
            message: Excerpt.line(place.isEmpty ? reason : "\(place.joined(separator: ", ")): \(reason)"),
            hint: hint
        )
    }

    private var hint: String? {
        switch code {
        case .invalidCell: "CAST the column AS STRING, a JSON column by TO_JSON_STRING, to stage its values unchanged"
        case .bodyTooLarge: RowsError.fewerRowsHint
        default: nil
        }
    }
}
