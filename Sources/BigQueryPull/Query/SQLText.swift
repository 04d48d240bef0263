/// The text of a query, split into tokens by the lexical rules of GoogleSQL.
///
/// Every text has tokens, also one that is not valid SQL: a string, a name or a comment without an end continues to the
/// end of the text. Source: "Lexical structure and syntax" in the reference of GoogleSQL.
struct SQLText: Sendable {
    private enum Kind: Sendable, Equatable {
        case word, number, string, semicolon
        /// A name in backticks.
        case quotedName
        /// One character, or `@@`.
        case symbol
    }

    private struct Token: Sendable {
        var kind: Kind
        /// The place in ``SQLText/scalars``.
        var range: Range<Int>
    }

    private let scalars: [Unicode.Scalar]
    /// The tokens, without comments and without the semicolons after the last statement.
    private let tokens: [Token]
    /// The index of the first token of the last statement.
    private let queryStart: Int
    /// The place of the last statement and the comments around it.
    private let queryRange: Range<Int>

    /// Splits a text, in linear time.
    init(_ sql: String) {
        scalars = Array(sql.unicodeScalars)
        var lexer = Lexer(scalars)
        var tokens = lexer.tokens()
        var end = scalars.count
        while let last = tokens.last, last.kind == .semicolon {
            end = last.range.lowerBound
            tokens.removeLast()
        }
        queryStart = tokens.lastIndex { $0.kind == .semicolon }.map { $0 + 1 } ?? 0
        let start = queryStart > 0 ? tokens[queryStart - 1].range.upperBound : 0
        queryRange = start..<end
        self.tokens = tokens
    }
}

extension SQLText {
    /// The statements before the last one with their semicolons, such as `CREATE TEMP FUNCTION …;`. Empty without any.
    var prologue: String { trimmed(0..<queryRange.lowerBound) }

    /// The last statement, without its semicolon. It can end with a comment that only a new line ends.
    var query: String { trimmed(queryRange) }

    /// All tokens, separated by spaces: equal for texts that differ only in white space, comments and final semicolons.
    var normalized: String { tokens.map { text($0.range) }.joined(separator: " ") }

    private func trimmed(_ range: Range<Int>) -> String {
        var range = range
        while let first = range.first, scalars[first].isWhitespace { range.removeFirst() }
        while let last = range.last, scalars[last].isWhitespace { range.removeLast() }
        return text(range)
    }

    private func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }

    /// Whether the last statement has a LIMIT clause or pipe operator of its own, not in a subquery.
    ///
    /// Parentheses around the whole statement do not make it a subquery.
    var limitsRows: Bool {
        let query = tokens[queryStart...]
        let opening = query.prefix { symbol($0) == "(" }.count
        let closing = query.dropFirst(opening).reversed().prefix { symbol($0) == ")" }.count
        var depth = opening
        var lowestDepth = Int.max
        var limitDepth = Int.max
        var previous: Unicode.Scalar?
        for token in query.dropFirst(opening).dropLast(closing) {
            let symbol = symbol(token)
            if symbol == "(" { depth += 1 }
            if symbol == ")" { depth -= 1 }
            lowestDepth = min(lowestDepth, depth)
            if isLimit(token, after: previous) { limitDepth = min(limitDepth, depth) }
            previous = symbol
        }
        return limitDepth < .max && limitDepth == lowestDepth
    }

    /// Whether a token is the keyword LIMIT, and not a part of a path, a parameter or a project's name.
    private func isLimit(_ token: Token, after previous: Unicode.Scalar?) -> Bool {
        guard token.kind == .word, text(token.range).uppercased() == "LIMIT" else { return false }
        return switch previous {
        case ".", "@", "-": false
        default: true
        }
    }

    /// Whether the text contains a named parameter, compared without case.
    func contains(parameter name: String) -> Bool {
        let name = name.lowercased()
        return tokens.indices.dropFirst().contains { index in
            guard isParameterSign(tokens[index - 1]) else { return false }
            let range = tokens[index].range
            return switch tokens[index].kind {
            case .word: text(range).lowercased() == name
            case .quotedName: text(range.dropFirst().dropLast()).lowercased() == name
            case .number, .string, .semicolon, .symbol: false
            }
        }
    }

    /// Whether a token is `@`, and not `@@`, which system variables begin with.
    private func isParameterSign(_ token: Token) -> Bool {
        symbol(token) == "@" && token.range.count == 1
    }

    /// The first character of a token that is punctuation.
    private func symbol(_ token: Token) -> Unicode.Scalar? {
        token.kind == .symbol ? scalars[token.range.lowerBound] : nil
    }
}

extension SQLText: Equatable {
    /// Whether two texts have the same tokens: whitespace, comments and final semicolons do not matter.
    static func == (one: SQLText, other: SQLText) -> Bool {
        one.tokens.elementsEqual(other.tokens) { one.scalars[$0.range] == other.scalars[$1.range] }
    }
}

extension SQLText {
    /// Reads tokens from left to right, each character once.
    private struct Lexer {
        private let scalars: [Unicode.Scalar]
        private var position = 0

        init(_ scalars: [Unicode.Scalar]) { self.scalars = scalars }

        mutating func tokens() -> [Token] {
            var tokens: [Token] = []
            skipWhitespaceAndComments()
            while let first = peek() {
                let start = position
                let kind = skipToken(first)
                tokens.append(Token(kind: kind, range: start..<position))
                skipWhitespaceAndComments()
            }
            return tokens
        }

        private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
            position + offset < scalars.count ? scalars[position + offset] : nil
        }

        private mutating func skip(_ count: Int = 1) {
            position = min(position + count, scalars.count)
        }

        private mutating func skip(while condition: (Unicode.Scalar) -> Bool) {
            while let scalar = peek(), condition(scalar) { position += 1 }
        }

        private mutating func skipWhitespaceAndComments() {
            while let scalar = peek() {
                if scalar.isWhitespace {
                    skip()
                } else if scalar == "#" || scalar == "-" && peek(1) == "-" {
                    skip { $0 != "\n" && $0 != "\r" }
                } else if scalar == "/", peek(1) == "*" {
                    skip(2)
                    while let next = peek(), !(next == "*" && peek(1) == "/") { skip() }
                    skip(2)
                } else {
                    return
                }
            }
        }

        private mutating func skipToken(_ first: Unicode.Scalar) -> Kind {
            switch first {
            case "'", "\"":
                skipString(first)
                return .string
            case "`":
                skip()
                skipQuoted(until: "`")
                return .quotedName
            case "0"..."9":
                skipNumber()
                return .number
            case _ where first.isWordPart:
                let start = position
                skip(while: \.isWordPart)
                guard let quote = peek(), quote == "'" || quote == "\"", isStringPrefix(start..<position) else {
                    return .word
                }
                skipString(quote)
                return .string
            case ";":
                skip()
                return .semicolon
            case "@" where peek(1) == "@":
                skip(2)
                return .symbol
            default:
                skip()
                return .symbol
            }
        }

        /// Whether these characters before a quote are part of a raw string or a bytes literal.
        private func isStringPrefix(_ range: Range<Int>) -> Bool {
            guard range.count <= 2 else { return false }
            return ["r", "b", "rb", "br"].contains(String(String.UnicodeScalarView(scalars[range])).lowercased())
        }

        private mutating func skipString(_ quote: Unicode.Scalar) {
            skip()
            guard peek() == quote, peek(1) == quote else { return skipQuoted(until: quote) }
            skip(2)
            skipQuoted(until: quote, count: 3)
        }

        /// Skips to the end of a quoted token. A quote after a backslash is not the end, not even in a raw string.
        private mutating func skipQuoted(until quote: Unicode.Scalar, count: Int = 1) {
            while let scalar = peek() {
                if (0..<count).allSatisfy({ peek($0) == quote }) { return skip(count) }
                skip(scalar == "\\" ? 2 : 1)
            }
        }

        /// Skips a number, or parts of a path that begin with a digit, such as `1.sales` in `my-project-1.sales.orders`.
        private mutating func skipNumber() {
            let isHexadecimal = peek() == "0" && (peek(1) == "x" || peek(1) == "X")
            skip(while: \.isDigit)
            if peek() == "." { skip() }
            skip(while: \.isWordPart)
            let hasExponent = !isHexadecimal && (peek(-1) == "e" || peek(-1) == "E")
            if hasExponent, peek() == "+" || peek() == "-", peek(1)?.isDigit == true {
                skip()
                skip(while: \.isDigit)
            }
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isWhitespace: Bool { properties.isWhitespace }

    fileprivate var isDigit: Bool { ("0"..."9").contains(self) }

    /// Whether a name or a keyword can contain the character. Names outside ASCII are not valid without backticks.
    fileprivate var isWordPart: Bool {
        isASCII ? properties.isAlphabetic || isDigit || self == "_" : !isWhitespace
    }
}
