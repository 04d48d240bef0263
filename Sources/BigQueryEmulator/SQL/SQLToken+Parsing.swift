extension ArraySlice<SQLToken> {
    /// The index of the parenthesis that closes the one at the start; `nil` without one.
    var closingParenthesis: Int? {
        guard first?.isSymbol("(") == true else { return nil }
        var depth = 0
        for index in indices {
            if self[index].isSymbol("(") { depth += 1 }
            if self[index].isSymbol(")") { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }

    /// Whether every parenthesis is closed.
    var isBalanced: Bool {
        var depth = 0
        for token in self {
            if token.isSymbol("(") { depth += 1 }
            if token.isSymbol(")") { depth -= 1 }
            guard depth >= 0 else { return false }
        }
        return depth == 0
    }

    /// Removes a parenthesized part from the start and returns its content; `nil` without one.
    mutating func popParentheses() -> ArraySlice<SQLToken>? {
        guard let end = closingParenthesis else { return nil }
        let content = self[(startIndex + 1)..<end]
        self = self[(end + 1)...]
        return content
    }

    /// The indices of the tokens outside parentheses.
    var outerIndices: [Int] {
        var depth = 0
        return indices.filter { index in
            if self[index].isSymbol(")") { depth -= 1 }
            defer { if self[index].isSymbol("(") { depth += 1 } }
            return depth == 0 && !self[index].isSymbol(")")
        }
    }

    /// Splits the tokens at the separators outside parentheses. No tokens have no parts.
    func split(atOuter isSeparator: (Int) -> Bool) -> [ArraySlice<SQLToken>] {
        guard !isEmpty else { return [] }
        var parts: [ArraySlice<SQLToken>] = []
        var start = startIndex
        for index in outerIndices where isSeparator(index) {
            parts.append(self[start..<index])
            start = index + 1
        }
        return parts + [self[start...]]
    }

    /// The parts between the commas outside parentheses.
    var commaSeparated: [ArraySlice<SQLToken>] {
        split { self[$0].isSymbol(",") }
    }

    /// Whether the tokens are a query, possibly in parentheses.
    var isQuery: Bool {
        ["SELECT", "WITH"].contains(drop { $0.isSymbol("(") }.first?.keyword)
    }

    /// The table path at the start, and its number of tokens.
    var tablePath: (path: String, length: Int) {
        var path = ""
        var length = 0
        loop: for token in self {
            guard length == 0 || token.isAdjacent else { break }
            switch token.kind {
            case .identifier(let name), .quoted(let name), .number(let name): path += name
            case .symbol(let symbol) where length > 0 && (symbol == "." || symbol == "-" || symbol == ":"):
                path.append(symbol)
            default: break loop
            }
            length += 1
        }
        return (path, length)
    }
}

extension SQLToken {
    /// Whether the token, which follows a table, gives it an alias.
    var isTableAlias: Bool {
        if case .quoted = kind { return true }
        return keyword.map { $0 == "AS" || !Self.keywordsAfterTable.contains($0) } ?? false
    }

    private static let keywordsAfterTable: Set = [
        "WHERE", "GROUP", "HAVING", "WINDOW", "QUALIFY", "ORDER", "LIMIT", "OFFSET", "UNION", "INTERSECT", "EXCEPT",
        "JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL", "ON", "USING", "TABLESAMPLE", "FOR",
    ]
}
