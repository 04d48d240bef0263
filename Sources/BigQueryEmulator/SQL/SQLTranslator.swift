/// Translates a query from GoogleSQL or legacy SQL to SQLite: table paths, literals, parameters, supported casts and
/// `IN UNNEST(array)`. All other SQL is passed to SQLite unchanged.
struct SQLTranslator {
    private let tokens: [SQLToken]
    private let scope: QueryScope
    private var position = 0
    private var frames = [Frame()]
    private var output = SQLTranslation()
    /// The end of the table path that starts at the fourth token, as in `SELECT * FROM table`.
    private var firstTableEnd: Int?
    /// The names of common table expressions.
    private let subqueries: Set<String>

    /// The state within a pair of parentheses.
    private struct Frame {
        /// Whether this is a subquery, as opposed to the arguments of a function such as `EXTRACT(YEAR FROM x)`.
        var isQuery = false
        var isFromClause = false
        var expectsTable = false
        /// The text that replaces the closing parenthesis.
        var closing = ")"
        /// The position of the `AS` that separates a cast's value from its type.
        var castEnd: Int?
        var castClosing = ")"
    }

    static func translate(_ tokens: [SQLToken], scope: QueryScope) throws(ServiceError) -> SQLTranslation {
        var translator = SQLTranslator(tokens: tokens, scope: scope)
        while translator.position < tokens.count { try translator.translateNext() }
        translator.output.wholeTable = translator.wholeTable
        return translator.output
    }

    private init(tokens: [SQLToken], scope: QueryScope) {
        self.tokens = tokens
        self.scope = scope
        output.names = Set(tokens.compactMap(\.name)).filter { !Self.constants.contains($0.uppercased()) }
        subqueries = Set(
            tokens.indices.dropLast(2).compactMap { index in
                let isDefined = tokens[index + 1].keyword == "AS" && tokens[index + 2].isSymbol("(")
                return isDefined ? tokens[index].name?.lowercased() : nil
            })
    }

    private static let constants: Set = [
        "NULL", "TRUE", "FALSE", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP",
    ]

    private var frame: Frame {
        get { frames[frames.count - 1] }
        set { frames[frames.count - 1] = newValue }
    }

    private func token(_ offset: Int) -> SQLToken? {
        tokens.indices.contains(position + offset) ? tokens[position + offset] : nil
    }

    private mutating func emit(_ text: String, after token: SQLToken) {
        output.sql += token.isAdjacent || output.sql.isEmpty ? text : " " + text
        position += 1
    }

    private mutating func translateNext() throws(ServiceError) {
        let token = tokens[position]
        if frame.expectsTable, try translateTable(token) { return }
        switch token.kind {
        case .identifier(let name): try translateWord(name, token)
        case .quoted(let name): emit(name.quotedIdentifier, after: token)
        case .string(let text):
            // SQLite would read two adjacent literals as an escaped quote or as an alias.
            if case .string? = self.token(-1)?.kind {
                throw .invalidQuery("Syntax error: Unexpected string literal \(token.place)")
            }
            emit(text.sqlLiteral, after: token)
        case .bytes(let bytes):
            emit(
                "X'" + bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined() + "'",
                after: token)
        case .number(let text): emit(text, after: token)
        case .parameter(let name):
            guard scope.parameters.contains(named: name) else {
                throw .invalidQuery("Query parameter '\(name)' not found \(token.place)")
            }
            emit("@" + name.lowercased(), after: token)
        case .positional(let number):
            guard scope.parameters.contains(position: number) else {
                let count = "(\(scope.parameters.count) provided)"
                throw .invalidQuery("Query parameter number \(number) is not defined \(count) \(token.place)")
            }
            emit("?\(number)", after: token)
        case .symbol(let symbol): try translateSymbol(symbol, token)
        }
    }

    private mutating func translateSymbol(_ symbol: Character, _ token: SQLToken) throws(ServiceError) {
        switch symbol {
        case "(":
            var inner = Frame()
            inner.expectsTable = frame.expectsTable
            inner.isFromClause = frame.expectsTable
            frame.expectsTable = false
            frames.append(inner)
            emit("(", after: token)
        case ")":
            let closing = frame.closing
            if frames.count > 1 { frames.removeLast() }
            frame.expectsTable = false
            emit(closing, after: token)
        case ",":
            frame.expectsTable = frame.isFromClause
            emit(",", after: token)
        case "[":
            let suggestion = "If this is a table identifier, escape the name with `, e.g. `table.name`"
            throw .invalidQuery(
                "Syntax error: Unexpected \"[\" \(token.place). \(suggestion) rather than [table.name].")
        default: emit(String(symbol), after: token)
        }
    }

    private mutating func translateWord(_ name: String, _ token: SQLToken) throws(ServiceError) {
        switch name.uppercased() {
        case "FROM" where frame.isQuery && self.token(-1)?.keyword != "DISTINCT", "JOIN":
            frame.isFromClause = true
            frame.expectsTable = true
        case "SELECT", "VALUES", "WHERE", "GROUP", "HAVING", "WINDOW", "QUALIFY", "ORDER", "LIMIT", "UNION",
            "INTERSECT", "EXCEPT":
            frame.isQuery = true
            frame.isFromClause = false
            frame.expectsTable = false
        case "CAST" where self.token(1)?.isSymbol("(") == true:
            return try translateCast(token)
        case "AS" where frame.castEnd == position:
            // The type was translated at the start of the cast.
            output.sql += frame.castClosing
            position += 2
            return
        case "UNNEST" where self.token(-1)?.keyword == "IN" && self.token(1)?.isSymbol("(") == true:
            emit("(SELECT value FROM json_each(", after: token)
            position += 1
            var inner = Frame()
            inner.closing = "))"
            frames.append(inner)
            return
        case let word:
            if let type = GoogleSQLType(literalName: word), case .string(let text)? = self.token(1)?.kind {
                return try translateLiteral(type, text, token)
            }
        }
        emit(name, after: token)
    }

    /// Translates a typed literal such as `DATE '2013-01-01'` to the text that SQLite stores for it.
    private mutating func translateLiteral(_ type: GoogleSQLType, _ text: String, _ token: SQLToken)
        throws(ServiceError)
    {
        guard let value = SQLValue.parse(text, type: type) else {
            throw .invalidQuery("Invalid \(type.rawValue) literal \(token.place)")
        }
        let stored = value.storedJSON(SchemaField(name: type.rawValue, type: type == .json ? .string : type))
        emit(stored.string?.sqlLiteral ?? stored.text, after: token)
        position += 1
    }

    private mutating func translateCast(_ token: SQLToken) throws(ServiceError) {
        guard let end = castTypePosition(), let typeName = tokens[end + 1].keyword,
            let (opening, closing) = GoogleSQLType(name: typeName)?.sqliteCast
        else { throw .invalidQuery("This cast is not supported by the emulator \(token.place)") }
        emit(opening, after: token)
        position += 1
        var inner = Frame()
        inner.castEnd = end
        inner.castClosing = closing
        frames.append(inner)
    }

    /// Returns the position of the `AS` in the cast at the current position.
    private func castTypePosition() -> Int? {
        var depth = 0
        for index in (position + 1)..<tokens.count {
            if tokens[index].isSymbol("(") { depth += 1 }
            if tokens[index].isSymbol(")") { depth -= 1 }
            if depth == 0 { return tokens[index - 2].keyword == "AS" ? index - 2 : nil }
        }
        return nil
    }
}

extension SQLTranslator {
    /// Translates a table path; returns false if the token is not the start of one.
    private mutating func translateTable(_ token: SQLToken) throws(ServiceError) -> Bool {
        if token.isSymbol("(") { return false }
        frame.expectsTable = false
        if ["SELECT", "WITH", "VALUES"].contains(token.keyword) { return false }
        let (path, length) = tokens[position...].tablePath
        guard !path.isEmpty, tokens.dropFirst(position + length).first?.isSymbol("(") != true else { return false }
        guard !subqueries.contains(path.lowercased()) else { return false }
        let reference = try scope.reference(path)
        let table = try scope.catalog.table(reference, location: scope.location)
        output.tables.append(table)
        if position == 3 { firstTableEnd = position + length }
        position += length - 1
        let alias = self.token(1)?.isTableAlias == true ? "" : " AS \(reference.table.quotedIdentifier)"
        emit(table.sqliteName + alias, after: token)
        return true
    }

    private var wholeTable: (table: EmulatedTable, limit: Int64)? {
        guard tokens.count > 3, tokens[0].keyword == "SELECT", tokens[1].isSymbol("*"), tokens[2].keyword == "FROM",
            let table = output.tables.first, let end = firstTableEnd
        else { return nil }
        let rest = Array(tokens[end...])
        if rest.isEmpty { return (table, .max) }
        guard rest.count == 2, rest[0].keyword == "LIMIT", case .number(let text) = rest[1].kind,
            let limit = Int64(text)
        else { return nil }
        return (table, limit)
    }
}

extension GoogleSQLType {
    /// The prefix and suffix of the cast in SQLite; `nil` if it is not supported.
    var sqliteCast: (opening: String, closing: String)? {
        switch self {
        case .int64: ("CAST(", " AS INTEGER")
        case .float64: ("CAST(", " AS REAL")
        case .string: ("CAST(", " AS TEXT")
        case .bytes: ("CAST(", " AS BLOB")
        case .date, .time, .datetime, .timestamp: ("bigquery_\(rawValue.lowercased())(", "")
        default: nil
        }
    }
}

extension String {
    /// The text as a SQLite string literal; NUL, which would end the statement, is written as `char(0)`.
    fileprivate var sqlLiteral: String {
        let parts = split(separator: "\0", omittingEmptySubsequences: false).map {
            "'\($0.replacing("'", with: "''"))'"
        }
        return parts.count == 1 ? parts[0] : "(\(parts.joined(separator: "||char(0)||")))"
    }
}
