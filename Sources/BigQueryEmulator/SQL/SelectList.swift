/// The expressions of a query's outermost SELECT, whose types can be inferred from their tokens.
struct SelectList {
    private let items: [ArraySlice<SQLToken>]

    /// - Returns: `nil` if the list contains `*` or is not found.
    init?(_ tokens: [SQLToken]) {
        var depth = 0
        var start: Int?
        var items: [ArraySlice<SQLToken>] = []
        loop: for (index, token) in tokens.enumerated() {
            if token.isSymbol(")") { depth -= 1 }
            if depth == 0, let first = start {
                if token.isSymbol(",") {
                    items.append(tokens[first..<index])
                    start = index + 1
                } else if Self.isEnd(token) {
                    items.append(tokens[first..<index])
                    start = nil
                    break loop
                }
            } else if depth == 0, token.keyword == "SELECT" {
                start = index + 1
            }
            if token.isSymbol("(") { depth += 1 }
        }
        if let start { items.append(tokens[start...]) }
        guard !items.isEmpty, !items.contains(where: { $0.last?.isSymbol("*") ?? true }) else { return nil }
        self.items = items
    }

    private static func isEnd(_ token: SQLToken) -> Bool {
        ["FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT"].contains(token.keyword)
            || token.isSymbol(";")
    }

    /// Returns the type of each expression that is a parameter, a typed literal or a cast; `nil` for others.
    func types(_ parameters: QueryParameters) -> [SchemaField?] {
        var positionalCount = 0
        return items.map { item in
            let first = positionalCount + 1
            positionalCount += item.count { $0.isSymbol("?") }
            return type(of: Self.withoutAlias(item), parameters, firstPosition: first)
        }
    }

    private static func withoutAlias(_ item: ArraySlice<SQLToken>) -> ArraySlice<SQLToken> {
        if item.dropLast().last?.keyword == "AS" { return item.dropLast(2) }
        let isAlias = item.count > 1 && item.last?.name != nil && item.dropLast().last?.isSymbol(".") == false
        return isAlias ? item.dropLast() : item
    }

    private func type(
        of expression: ArraySlice<SQLToken>, _ parameters: QueryParameters, firstPosition: Int
    ) -> SchemaField? {
        guard let first = expression.first, let last = expression.last else { return nil }
        if expression.count == 1 {
            switch first.kind {
            case .parameter(let name): return parameters.field(named: name)
            case .symbol("?"): return parameters.field(position: firstPosition)
            case .identifier:
                return ["TRUE", "FALSE"].contains(first.keyword) ? SchemaField(name: "", type: .bool) : nil
            default: return nil
            }
        }
        if expression.count == 2, case .string = last.kind,
            let type = first.keyword.flatMap(GoogleSQLType.init(literalName:))
        {
            return SchemaField(name: "", type: type)
        }
        let cast = expression.suffix(3)
        guard first.keyword == "CAST", last.isSymbol(")"), cast.first?.keyword == "AS",
            expression.count(where: { $0.keyword == "CAST" }) == 1
        else { return nil }
        return cast.dropFirst().first?.keyword.flatMap(GoogleSQLType.init(name:)).map {
            SchemaField(name: "", type: $0)
        }
    }
}
