/// Splits a query into tokens by the lexical rules of GoogleSQL or legacy SQL.
struct SQLLexer {
    private let scalars: [Unicode.Scalar]
    private let isLegacy: Bool
    private var position = 0
    private var line = 1
    private var lineStart = 0
    private var tokens: [SQLToken] = []
    private var positionalCount = 0

    static func tokens(of sql: String, isLegacy: Bool) throws(ServiceError) -> [SQLToken] {
        var lexer = SQLLexer(scalars: Array(sql.unicodeScalars), isLegacy: isLegacy)
        while try lexer.readToken() {}
        return lexer.tokens
    }

    private init(scalars: [Unicode.Scalar], isLegacy: Bool) {
        self.scalars = scalars
        self.isLegacy = isLegacy
    }

    private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
        position + offset < scalars.count ? scalars[position + offset] : nil
    }

    private mutating func advance() -> Unicode.Scalar? {
        guard let scalar = peek() else { return nil }
        position += 1
        if scalar == "\n" {
            line += 1
            lineStart = position
        }
        return scalar
    }

    private mutating func readToken() throws(ServiceError) -> Bool {
        let end = position
        try skipSpacesAndComments()
        guard let scalar = peek() else { return false }
        var token = SQLToken(
            kind: .symbol(" "), line: line, column: position - lineStart + 1,
            isAdjacent: position == end && position > 0)
        token.kind = try readKind(scalar, at: token)
        tokens.append(token)
        return true
    }

    private mutating func readKind(_ scalar: Unicode.Scalar, at token: SQLToken) throws(ServiceError) -> SQLToken.Kind {
        switch scalar {
        case "`":
            let name = try readQuoted(until: "`", at: token)
            guard !isLegacy else { throw Self.standardName(name) }
            return .quoted(name)
        case "[" where isLegacy: return .quoted(try readQuoted(until: "]", at: token))
        case "'", "\"": return .string(try readString(isRaw: false, isBytes: false, at: token).asText)
        case "@": return readParameter()
        case "?":
            _ = advance()
            positionalCount += 1
            return .positional(positionalCount)
        case "0"..."9": return .number(readNumber())
        case "." where peek(1).map(Self.isDigit) == true && !isPathDot(token): return .number(readNumber())
        case _ where Self.isNameStart(scalar): return try readNameOrPrefixedString(at: token)
        default: return readSymbol()
        }
    }

    /// A dot immediately after a name belongs to a path, even if a digit follows.
    private func isPathDot(_ token: SQLToken) -> Bool {
        switch tokens.last?.kind {
        case .identifier, .quoted: token.isAdjacent
        default: false
        }
    }

    private mutating func readSymbol() -> SQLToken.Kind {
        .symbol(advance().map(Character.init) ?? " ")
    }

    private mutating func skipSpacesAndComments() throws(ServiceError) {
        while let scalar = peek() {
            if scalar.properties.isWhitespace {
                _ = advance()
            } else if scalar == "#" || scalar == "-" && peek(1) == "-" {
                while let next = peek(), next != "\n" { position += 1 }
            } else if scalar == "/", peek(1) == "*" {
                while !(peek() == "*" && peek(1) == "/") {
                    guard advance() != nil else {
                        throw .invalidQuery("Syntax error: Unclosed comment at [\(line):\(position - lineStart + 1)]")
                    }
                }
                position += 2
            } else {
                return
            }
        }
    }

    private mutating func readQuoted(
        until end: Unicode.Scalar, at token: SQLToken
    ) throws(ServiceError) -> String {
        _ = advance()
        var name = String.UnicodeScalarView()
        while let scalar = advance(), scalar != "\n" {
            if scalar == end { return String(name) }
            name.append(scalar)
        }
        throw .invalidQuery("Syntax error: Unclosed identifier literal \(token.place)")
    }

    private static func standardName(_ name: String) -> ServiceError {
        let page = "https://cloud.google.com/bigquery/docs/reference/standard-sql/enabling-standard-sql"
        return ServiceError(.invalid, "Invalid table name: `\(name)`\n[Try using standard SQL (\(page))].")
    }

    private mutating func readParameter() -> SQLToken.Kind {
        _ = advance()
        // `@@name` is a system variable, which SQLite rejects.
        var name = peek() == "@" ? String(advance().map(Character.init) ?? "@") : ""
        if peek() == "`" {
            _ = advance()
            while let scalar = advance(), scalar != "`" { name.unicodeScalars.append(scalar) }
            return .parameter(name)
        }
        name += readName()
        return .parameter(name)
    }

    private mutating func readNumber() -> String {
        var text = String.UnicodeScalarView()
        while let scalar = peek() {
            let isSign =
                (scalar == "+" || scalar == "-") && (text.last == "e" || text.last == "E")
                && !text.starts(with: "0x".unicodeScalars)
            guard scalar == "." || isSign || Self.isNamePart(scalar) else { break }
            text.append(scalar)
            position += 1
        }
        return String(text)
    }

    private mutating func readName() -> String {
        var name = String.UnicodeScalarView()
        while let scalar = peek(), Self.isNamePart(scalar) {
            name.append(scalar)
            position += 1
        }
        return String(name)
    }

    private mutating func readNameOrPrefixedString(at token: SQLToken) throws(ServiceError) -> SQLToken.Kind {
        let name = readName()
        let prefix = name.lowercased()
        guard ["r", "b", "rb", "br"].contains(prefix), peek() == "'" || peek() == "\"" else {
            return .identifier(name)
        }
        let isBytes = prefix.contains("b")
        let content = try readString(isRaw: prefix.contains("r"), isBytes: isBytes, at: token)
        return isBytes ? .bytes(content) : .string(content.asText)
    }

    private mutating func readString(
        isRaw: Bool, isBytes: Bool, at token: SQLToken
    ) throws(ServiceError) -> [UInt8] {
        guard let quote = advance() else { return [] }
        let isTriple = peek() == quote && peek(1) == quote
        if isTriple { position += 2 }
        var content: [UInt8] = []
        while let scalar = advance() {
            if scalar == quote, !isTriple { return content }
            if scalar == quote, peek() == quote, peek(1) == quote {
                position += 2
                return content
            }
            if scalar == "\n", !isTriple { break }
            guard scalar == "\\", let escaped = advance() else {
                content.append(contentsOf: Array(String(scalar).utf8))
                continue
            }
            if isRaw {
                content.append(contentsOf: Array("\\\(escaped)".utf8))
            } else {
                let scalar = try unescaped(escaped, at: token)
                // An escape is a byte in a bytes literal, and a character in a string literal.
                content.append(
                    contentsOf: isBytes ? [UInt8(truncatingIfNeeded: scalar.value)] : Array(String(scalar).utf8))
            }
        }
        throw .invalidQuery("Syntax error: Unclosed string literal \(token.place)")
    }

    private mutating func unescaped(
        _ scalar: Unicode.Scalar, at token: SQLToken
    ) throws(ServiceError) -> Unicode.Scalar {
        switch scalar {
        case "a": return "\u{7}"
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "v": return "\u{B}"
        case "\\", "'", "\"", "`", "?": return scalar
        case "x", "X": return try code(digits: 2, radix: 16, at: token)
        case "u": return try code(digits: 4, radix: 16, at: token)
        case "U": return try code(digits: 8, radix: 16, at: token)
        case "0"..."3":
            position -= 1
            return try code(digits: 3, radix: 8, at: token)
        default: throw .invalidQuery("Syntax error: Illegal escape sequence: \\\(scalar) \(token.place)")
        }
    }

    private mutating func code(digits: Int, radix: Int, at token: SQLToken) throws(ServiceError) -> Unicode.Scalar {
        let end = min(position + digits, scalars.count)
        let text = String(String.UnicodeScalarView(scalars[position..<end]))
        guard text.count == digits, let code = UInt32(text, radix: radix), let scalar = Unicode.Scalar(code) else {
            throw .invalidQuery("Syntax error: Illegal escape sequence \(token.place)")
        }
        position = end
        return scalar
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool { isNameStart(scalar) || isDigit(scalar) }
}

extension [UInt8] {
    fileprivate var asText: String { String(decoding: self, as: UTF8.self) }
}

/// A token of GoogleSQL or legacy SQL.
struct SQLToken: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case identifier(String)
        /// A name or path in backticks, or in brackets in legacy SQL.
        case quoted(String)
        case string(String)
        case bytes([UInt8])
        case number(String)
        case parameter(String)
        /// A positional parameter with its number, from 1.
        case positional(Int)
        case symbol(Character)
    }

    var kind: Kind
    /// The line and column, from 1, as in BigQuery's messages.
    var line: Int
    var column: Int
    /// Whether the token directly follows the previous one, without whitespace.
    var isAdjacent: Bool

    /// The unquoted identifier in upper case, to compare with keywords.
    var keyword: String? {
        if case .identifier(let name) = kind { name.uppercased() } else { nil }
    }

    /// The identifier, quoted or not.
    var name: String? {
        switch kind {
        case .identifier(let name), .quoted(let name): name
        default: nil
        }
    }

    func isSymbol(_ character: Character) -> Bool { kind == .symbol(character) }

    /// `at [line:column]`, a suffix that many BigQuery messages have.
    var place: String { "at [\(line):\(column)]" }
}
