import TextSupport

/// A project, if one is named, and the ids below it, the first of them a dataset.
struct NamePath {
    let project: String?
    let ids: [String]

    /// Takes a name apart; `nil` if it cannot be one with so many ids.
    init?(_ text: String, ids count: Int) {
        guard text.count(where: { $0 == "`" }).isMultiple(of: 2) else { return nil }
        let text = text.replacing("`", with: "")
        var parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if let colon = text.lastIndex(of: ":") {
            let owner = String(text[..<colon])
            parts = text[text.index(after: colon)...].split(separator: ".", omittingEmptySubsequences: false)
                .map(String.init)
            // A domain owns the project that follows it; anything else is the project.
            let isDomain = owner.contains(".") && !owner.contains(":")
            parts = isDomain ? ["\(owner):\(parts[0])"] + parts.dropFirst() : [owner] + parts
            guard parts.count == count + 1 else { return nil }
        }
        guard (count...count + 1).contains(parts.count) else { return nil }
        ids = parts.suffix(count)
        project = parts.count > count ? parts[0] : nil
        guard ResourceID.isDataset(ids[0]), project.map(ResourceID.isProject) ?? true else { return nil }
    }
}

/// What BigQuery takes for an id.
enum ResourceID {
    private static let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")

    /// Whether a text can be a project's id, `project` or `example.com:project`.
    ///
    /// Dots are a domain's only: one of dots alone would lead out of its place in a URL, encoded or not (RFC 3986, 5.2.4),
    /// and others could not be told from what follows in the name of a table.
    static func isProject(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard text.count <= 100, parts.count <= 2, let id = parts.last, !id.isEmpty, id.allSatisfy(letters.contains)
        else { return false }
        guard parts.count == 2 else { return true }
        return parts[0].contains(".") && parts[0].allSatisfy { $0 == "." || letters.contains($0) }
    }

    static func isDataset(_ text: String) -> Bool {
        isShort(text) && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
    }

    /// Whether a text can be a table's id, or one with a partition behind `$`.
    static func isTable(_ text: String) -> Bool {
        isShort(text)
            && text.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
                    .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber,
                    .connectorPunctuation, .dashPunctuation, .spaceSeparator:
                    true
                default: scalar == "$"
                }
            }
    }

    private static func isShort(_ text: String) -> Bool { (1...1024).contains(text.utf8.count) }
}

extension BigQueryError {
    /// A text that is no name.
    static func invalidName(_ text: String, of kind: String, hint: String) -> BigQueryError {
        BigQueryError(
            code: .invalidRequest, message: "\"\(printable(text, limit: 200))\" is not the name of a \(kind)",
            hint: hint)
    }
}
