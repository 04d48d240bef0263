/// A query text as a sequence of statements: temporary functions, followed by the statement that uses them.
struct SQLScript {
    /// The last statement, with its calls of temporary functions expanded, or all statements of another script. Without
    /// final semicolons.
    let statement: [SQLToken]

    /// Splits a text.
    ///
    /// - Parameters:
    ///   - tokens: the tokens of the whole text.
    ///   - isDryRun: whether the query is only validated, so that calls of functions in other languages are accepted.
    /// - Throws: a ``ServiceError`` for an invalid definition or call of a function.
    init(_ tokens: [SQLToken], isDryRun: Bool) throws(ServiceError) {
        var end = tokens.endIndex
        while end > 0, tokens[end - 1].isSymbol(";") { end -= 1 }
        let statements = tokens[..<end].split { $0.isSymbol(";") }
        guard statements.count > 1, statements.dropLast().allSatisfy(TemporaryFunction.isDefinition),
            statements.allSatisfy(\.isBalanced)
        else {
            statement = Array(tokens[..<end])
            return
        }
        var functions: [String: TemporaryFunction] = [:]
        for definition in statements.dropLast() {
            let function = try TemporaryFunction(definition, calling: functions, isDryRun: isDryRun)
            functions[function.name.lowercased()] = function
        }
        var expansion = FunctionExpansion(functions: functions, isDryRun: isDryRun)
        statement = try expansion.expand(statements[statements.count - 1])
    }
}

/// A function of a `CREATE TEMP FUNCTION` statement.
struct TemporaryFunction {
    struct Parameter {
        var name: String
        var type: GoogleSQLType?
    }

    enum Body {
        /// An expression, in which calls of functions are expanded.
        case sql([SQLToken])
        /// Code in a language other than SQL.
        case foreign
    }

    let name: String
    let parameters: [Parameter]
    let result: GoogleSQLType?
    let body: Body

    static func isDefinition(_ tokens: ArraySlice<SQLToken>) -> Bool {
        var words = tokens.prefix(5).map { $0.keyword ?? "" }
        guard words.first == "CREATE" else { return false }
        words.removeFirst()
        if words.starts(with: ["OR", "REPLACE"]) { words.removeFirst(2) }
        return ["TEMP", "TEMPORARY"].contains(words.first) && words.dropFirst().first == "FUNCTION"
    }

    /// Parses a definition.
    ///
    /// - Parameters:
    ///   - tokens: the statement.
    ///   - functions: the functions defined before, which the body can call, by name in lower case.
    ///   - isDryRun: whether the query is only validated.
    /// - Throws: a ``ServiceError`` for an invalid definition or call of a function.
    init(
        _ tokens: ArraySlice<SQLToken>, calling functions: [String: TemporaryFunction], isDryRun: Bool
    ) throws(ServiceError) {
        let words = tokens.map { $0.keyword ?? "" }
        var rest = tokens.dropFirst((words.firstIndex(of: "FUNCTION") ?? 0) + 1)
        if rest.prefix(3).map(\.keyword) == ["IF", "NOT", "EXISTS"] { rest = rest.dropFirst(3) }
        guard let name = rest.popFirst()?.name, let list = rest.popParentheses() else {
            throw .unexpected(rest.first, expected: "the name and the parameters of a function")
        }
        self.name = name
        parameters = Self.split(list).map { part in
            Parameter(name: part.first?.name ?? "", type: Self.type(part.dropFirst()))
        }
        let bodyStart = rest.outerIndices.first { index in
            let next = rest[index...].dropFirst().first
            if case .string = next?.kind { return rest[index].keyword == "AS" }
            return rest[index].keyword == "AS" && next?.isSymbol("(") == true
        }
        let header = rest[..<(bodyStart ?? rest.endIndex)]
        let returns = header.firstIndex { $0.keyword == "RETURNS" }
        result = returns.flatMap { Self.type(header[($0 + 1)...]) }
        if header.contains(where: { $0.keyword == "LANGUAGE" }) {
            body = .foreign
            return
        }
        guard let bodyStart else { throw .unexpected(rest.last, expected: "AS") }
        rest = rest[(bodyStart + 1)...]
        guard let expression = rest.popParentheses(), !expression.isEmpty, rest.isEmpty else {
            throw .unexpected(rest.first, expected: "an expression in parentheses")
        }
        var expansion = FunctionExpansion(functions: functions, isDryRun: isDryRun)
        body = .sql(try expansion.expand(expression))
    }

    /// Splits parameters at the commas outside the brackets of their types.
    private static func split(_ list: ArraySlice<SQLToken>) -> [ArraySlice<SQLToken>] {
        var depth = 0
        return list.split { index in
            if list[index].isSymbol("<") { depth += 1 }
            if list[index].isSymbol(">") { depth -= 1 }
            return depth == 0 && list[index].isSymbol(",")
        }
    }

    private static func type(_ tokens: ArraySlice<SQLToken>) -> GoogleSQLType? {
        tokens.first?.keyword.flatMap(GoogleSQLType.init(name:))
    }
}

/// Replaces calls of temporary functions by their bodies.
struct FunctionExpansion {
    /// The functions by name in lower case.
    private let functions: [String: TemporaryFunction]
    private let isDryRun: Bool
    private var tokenCount = 0

    /// Bounds the work: nested functions can grow the query exponentially.
    private static let maximumTokens = 500_000
    /// Bounds the recursion.
    private static let maximumDepth = 100

    init(functions: [String: TemporaryFunction], isDryRun: Bool) {
        self.functions = functions
        self.isDryRun = isDryRun
    }

    /// Expands all calls, including those in the arguments of others.
    mutating func expand(_ tokens: ArraySlice<SQLToken>) throws(ServiceError) -> [SQLToken] {
        functions.isEmpty ? Array(tokens) : try expand(tokens, depth: 0)
    }

    private mutating func expand(_ tokens: ArraySlice<SQLToken>, depth: Int) throws(ServiceError) -> [SQLToken] {
        var output: [SQLToken] = []
        var rest = tokens
        var isMember = false
        while let token = rest.popFirst() {
            if !isMember, let name = token.name, let function = functions[name.lowercased()],
                let list = rest.popParentheses()
            {
                guard depth < Self.maximumDepth else {
                    throw .invalidQuery("Function calls are nested too deeply \(token.place)")
                }
                var arguments: [[SQLToken]] = []
                for argument in list.commaSeparated { arguments.append(try expand(argument, depth: depth + 1)) }
                output += try call(function, arguments, at: token)
            } else {
                output.append(token)
            }
            isMember = token.isSymbol(".")
        }
        return output
    }

    /// Returns the expression that replaces a call.
    private mutating func call(
        _ function: TemporaryFunction, _ arguments: [[SQLToken]], at token: SQLToken
    ) throws(ServiceError) -> [SQLToken] {
        guard arguments.count == function.parameters.count else {
            throw .invalidQuery(
                "No matching signature for function \(function.name): expected "
                    + "\(function.parameters.count) arguments, got \(arguments.count) \(token.place)")
        }
        guard case .sql(let body) = function.body else {
            guard isDryRun else {
                throw .invalidQuery(
                    "Function \(function.name) is not supported by the emulator, which runs only functions in SQL "
                        + token.place)
            }
            return token.converting([token.with(.identifier("NULL"))], to: function.result)
        }
        let values = Dictionary(
            zip(function.parameters, arguments).map { parameter, argument in
                (parameter.name.lowercased(), token.converting(argument, to: parameter.type))
            }
        ) { first, _ in first }
        var expression: [SQLToken] = []
        for (index, part) in body.enumerated() {
            let isMember = index > 0 && body[index - 1].isSymbol(".")
            let isCall = index + 1 < body.count && body[index + 1].isSymbol("(")
            let value = isMember || isCall ? nil : part.name.flatMap { values[$0.lowercased()] }
            let new = value ?? [part]
            tokenCount += new.count
            guard tokenCount <= Self.maximumTokens else {
                throw .invalidQuery("The query is too large after the expansion of its functions \(token.place)")
            }
            expression += new
        }
        return token.converting(expression, to: function.result)
    }
}

extension SQLToken {
    /// A token at the same place.
    fileprivate func with(_ kind: Kind) -> SQLToken {
        SQLToken(kind: kind, line: line, column: column, isAdjacent: false)
    }

    /// The expression in parentheses, converted to the type if the emulator supports the cast.
    fileprivate func converting(_ expression: [SQLToken], to type: GoogleSQLType?) -> [SQLToken] {
        let value = [with(.symbol("("))] + expression + [with(.symbol(")"))]
        guard let type, type.sqliteCast != nil else { return value }
        let start = [with(.identifier("CAST")), with(.symbol("("))]
        return start + value + [with(.identifier("AS")), with(.identifier(type.rawValue)), with(.symbol(")"))]
    }
}

extension ServiceError {
    fileprivate static func unexpected(_ token: SQLToken?, expected: String) -> ServiceError {
        .invalidQuery("Syntax error: Expected \(expected)\(token.map { " \($0.place)" } ?? "")")
    }
}
