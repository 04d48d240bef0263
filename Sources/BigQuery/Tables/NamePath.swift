import TextSupport

/// A name with dots: an optional project, a dataset, and possibly a table.
struct NamePath {
    let project: String?
    let ids: [String]

    /// Parses a name with this many IDs after the project; `nil` for any other text.
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

/// The syntax of resource IDs.
enum ResourceID {
    private static let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")

    /// Whether a text is a project ID, `project` or `example.com:project`.
    ///
    /// Only a domain contains dots. In an ID they would be ambiguous in the name of a table, and a segment of dots
    /// alone changes the path of a URL, encoded or not (RFC 3986, 5.2.4).
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

    /// Whether a text is a table ID, optionally with a partition after `$`.
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
    static func invalidName(_ text: String, of kind: Detail.Name) -> BigQueryError {
        BigQueryError(
            code: .invalidRequest, message: "\"\(printable(text, limit: 200))\" is not the name of a \(kind)",
            detail: .invalidName(kind))
    }
}
