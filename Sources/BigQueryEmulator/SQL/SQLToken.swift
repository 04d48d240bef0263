/// A word of a query in GoogleSQL or legacy SQL.
struct SQLToken: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case identifier(String)
        /// A name or a path between backticks, or between brackets in legacy SQL.
        case quoted(String)
        case string(String)
        case bytes([UInt8])
        case number(String)
        case parameter(String)
        case symbol(Character)
    }

    var kind: Kind
    /// Line and column, both counted from 1, as BigQuery's messages print them.
    var line: Int
    var column: Int
    /// Whether nothing stands between this word and the one before.
    var isAdjacent: Bool

    /// The upper-case form of a word without quotes, to compare with keywords.
    var keyword: String? {
        if case .identifier(let name) = kind { name.uppercased() } else { nil }
    }

    /// The name that the word is, with or without quotes.
    var name: String? {
        switch kind {
        case .identifier(let name), .quoted(let name): name
        default: nil
        }
    }

    func isSymbol(_ character: Character) -> Bool { kind == .symbol(character) }

    /// ` at [line:column]`, the end of many of BigQuery's messages.
    var place: String { "at [\(line):\(column)]" }
}
