/// Reads an expression and infers the types of its parts.
extension TypeInference {
    /// Reads an expression.
    ///
    /// - Returns: its type, which is unknown if the tokens are not one expression of known syntax.
    mutating func expression(_ tokens: ArraySlice<SQLToken>, _ scope: Scope) -> Operand {
        var rest = tokens
        let operand = parse(&rest, scope, minimum: 0)
        guard !rest.isEmpty else { return operand }
        // Goes on for the parameters in what is not understood.
        while rest.popFirst() != nil, !rest.isEmpty { _ = parse(&rest, scope, minimum: 0) }
        return Operand()
    }

    private static let precedence: [String: Int] = [
        "OR": 1, "AND": 2, "=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "<>": 4, "!=": 4, "IS": 4, "IN": 4, "LIKE": 4,
        "BETWEEN": 4, "|": 5, "^": 6, "&": 7, "<<": 8, ">>": 8, "+": 9, "-": 9, "||": 10, "*": 10, "/": 10,
    ]
    private static let (negation, comparison, unary) = (3, 4, 11)

    /// Reads operands and operators of at least a precedence.
    private mutating func parse(_ rest: inout ArraySlice<SQLToken>, _ scope: Scope, minimum: Int) -> Operand {
        guard depth < Self.maximumDepth else {
            rest = rest[rest.endIndex...]
            return Operand()
        }
        depth += 1
        defer { depth -= 1 }
        var left = prefix(&rest, scope)
        while let (name, length) = Self.infix(rest), let level = Self.precedence[name], level >= minimum {
            rest = rest.dropFirst(length)
            left = infix(name, left, &rest, scope, level: level)
        }
        return left
    }

    /// The operator at the start, and its number of tokens.
    private static func infix(_ rest: ArraySlice<SQLToken>) -> (name: String, length: Int)? {
        guard let first = rest.first else { return nil }
        let second = rest.dropFirst().first
        if case .symbol(let symbol) = first.kind {
            if case .symbol(let next)? = second?.kind, second?.isAdjacent == true {
                let pair = "\(symbol)\(next)"
                if pair.count == 2, precedence[pair] != nil { return (pair, 2) }
            }
            return (String(symbol), 1)
        }
        guard let word = first.keyword else { return nil }
        if word == "NOT", let next = second?.keyword, ["IN", "LIKE", "BETWEEN"].contains(next) { return (next, 2) }
        return (word, 1)
    }

    private mutating func infix(
        _ name: String, _ left: Operand, _ rest: inout ArraySlice<SQLToken>, _ scope: Scope, level: Int
    ) -> Operand {
        switch name {
        case "IS": return identity(left, &rest, scope)
        case "IN": return membership(left, &rest, scope)
        case "BETWEEN":
            let low = parse(&rest, scope, minimum: level + 1)
            if rest.first?.keyword == "AND" { rest = rest.dropFirst() }
            let high = parse(&rest, scope, minimum: level + 1)
            _ = unify([left, low, high])
            return .bool
        default: break
        }
        let right = parse(&rest, scope, minimum: level + 1)
        switch name {
        case "OR", "AND":
            assign(.bool, to: left)
            assign(.bool, to: right)
            return .bool
        case "LIKE":
            _ = unify([left, right, .inferred(.string)])
            return .bool
        case "+", "-": return sum(left, right)
        case "/":
            for operand in [left, right] { assign(.float64, to: operand) }
            return .inferred(.float64)
        case "||": return unify([left, right, .inferred(.string)]).computed
        case _ where level == Self.comparison:
            _ = unify([left, right])
            return .bool
        default: return unify([left, right]).computed
        }
    }

    private mutating func sum(_ left: Operand, _ right: Operand) -> Operand {
        // A sum with an interval has the type of its other operand.
        if right.type?.type == .interval { return left.computed }
        if left.type?.type == .interval { return right.computed }
        if left.type?.type == .date, right.type == nil {
            assign(.int64, to: right)
            return left.computed
        }
        let isTime = [left, right].contains { operand in
            operand.type.map { [.date, .time, .datetime, .timestamp].contains($0.type) } ?? false
        }
        return isTime ? Operand() : unify([left, right]).computed
    }

    /// Reads the right side of `IS`.
    private mutating func identity(
        _ left: Operand, _ rest: inout ArraySlice<SQLToken>, _ scope: Scope
    ) -> Operand {
        if rest.first?.keyword == "NOT" { rest = rest.dropFirst() }
        if rest.first?.keyword == "DISTINCT", rest.dropFirst().first?.keyword == "FROM" {
            rest = rest.dropFirst(2)
            _ = unify([left, parse(&rest, scope, minimum: Self.comparison + 1)])
        } else if let word = rest.popFirst()?.keyword, ["TRUE", "FALSE"].contains(word) {
            assign(.bool, to: left)
        }
        return .bool
    }

    /// Reads the right side of `IN`.
    private mutating func membership(
        _ left: Operand, _ rest: inout ArraySlice<SQLToken>, _ scope: Scope
    ) -> Operand {
        if rest.first?.keyword == "UNNEST" {
            rest = rest.dropFirst()
            let array = expression(rest.popParentheses() ?? [], scope)
            if let type = array.type {
                if type.mode == .repeated { _ = unify([left, Operand(type: type.element)]) }
            } else if var type = left.type {
                type.mode = .repeated
                assign(type, to: array)
            }
            return .bool
        }
        guard let list = rest.popParentheses() else { return .bool }
        if list.isQuery {
            _ = unify([left, Operand(type: query(list, scope)?.first?.type)])
        } else {
            var operands = [left]
            for item in list.commaSeparated { operands.append(expression(item, scope)) }
            _ = unify(operands)
        }
        return .bool
    }
}

extension TypeInference {
    /// Reads an operand with its unary operators.
    private mutating func prefix(_ rest: inout ArraySlice<SQLToken>, _ scope: Scope) -> Operand {
        if let inner = rest.popParentheses() {
            if inner.isQuery { return query(inner, scope)?.first.map(Operand.init) ?? Operand() }
            return expression(inner, scope)
        }
        guard let token = rest.popFirst() else { return Operand() }
        switch token.kind {
        case .parameter(let name): return parameter(name, token)
        case .string: return .inferred(.string)
        case .bytes: return .inferred(.bytes)
        case .number(let text):
            let isHexadecimal = text.lowercased().hasPrefix("0x")
            let isInteger = isHexadecimal || !text.contains { ".eE".contains($0) }
            return .inferred(isInteger ? .int64 : .float64)
        case .positional(let number): return positional(number)
        case .symbol("-"), .symbol("+"), .symbol("~"):
            return parse(&rest, scope, minimum: Self.unary).computed
        case .symbol: return Operand()
        case .identifier(let name): return word(name, &rest, scope)
        case .quoted(let name): return path(name, &rest, scope)
        }
    }

    private mutating func word(_ name: String, _ rest: inout ArraySlice<SQLToken>, _ scope: Scope) -> Operand {
        let next = rest.first
        switch name.uppercased() {
        case "NOT":
            assign(.bool, to: parse(&rest, scope, minimum: Self.negation))
            return .bool
        case "TRUE", "FALSE": return Operand(type: SchemaField(name: "", type: .bool), isStored: true)
        case "NULL": return Operand()
        case "CASE": return choice(&rest, scope)
        case "INTERVAL" where next?.isSymbol(".") == false:
            assign(.int64, to: parse(&rest, scope, minimum: Self.unary))
            rest = rest.dropFirst()
            return .inferred(.interval)
        case "CAST", "SAFE_CAST":
            guard let arguments = rest.popParentheses() else { return Operand() }
            return cast(arguments, scope)
        default: break
        }
        if case .string? = next?.kind, let type = GoogleSQLType(literalName: name) {
            rest = rest.dropFirst()
            return Operand(type: SchemaField(name: "", type: type), isStored: true)
        }
        return path(name, &rest, scope)
    }

    /// Reads the rest of a column's path or of a function call.
    private mutating func path(_ name: String, _ rest: inout ArraySlice<SQLToken>, _ scope: Scope) -> Operand {
        // A path in backticks is one token.
        var path = name.split(separator: ".").map(String.init)
        while rest.first?.isSymbol(".") == true, let member = rest.dropFirst().first?.name {
            path.append(member)
            rest = rest.dropFirst(2)
        }
        guard let arguments = rest.popParentheses() else { return column(path, scope) }
        let result = call(path.last?.uppercased() ?? "", arguments, scope)
        if rest.first?.keyword == "OVER" {
            rest = rest.dropFirst()
            if let window = rest.popParentheses() { _ = expression(window, scope) } else { rest = rest.dropFirst() }
        }
        return result
    }

    private mutating func cast(_ arguments: ArraySlice<SQLToken>, _ scope: Scope) -> Operand {
        guard let separator = arguments.outerIndices.last(where: { arguments[$0].keyword == "AS" }) else {
            return Operand()
        }
        let value = expression(arguments[..<separator], scope)
        let name = arguments[(separator + 1)...]
        guard let type = name.first?.keyword.flatMap(GoogleSQLType.init(name:)) else { return Operand() }
        assign(type, to: value)
        return Operand(type: SchemaField(name: "", type: type), isStored: name.count == 1)
    }

    private mutating func choice(_ rest: inout ArraySlice<SQLToken>, _ scope: Scope) -> Operand {
        var values: [Operand] = []
        var subject: Operand?
        if rest.first?.keyword != "WHEN" { subject = parse(&rest, scope, minimum: 0) }
        while let word = rest.popFirst()?.keyword, word != "END" {
            let operand = parse(&rest, scope, minimum: 0)
            if word != "WHEN" {
                values.append(operand)
            } else if let subject {
                _ = unify([subject, operand])
            } else {
                assign(.bool, to: operand)
            }
        }
        return unify(values)
    }

    private mutating func call(_ name: String, _ arguments: ArraySlice<SQLToken>, _ scope: Scope) -> Operand {
        if arguments.isQuery {
            let column = query(arguments, scope)?.first
            guard name == "ARRAY", var type = column?.type else { return name == "EXISTS" ? .bool : Operand() }
            type.mode = .repeated
            return Operand(type: type)
        }
        var operands: [Operand] = []
        for argument in arguments.commaSeparated {
            let value = argument.first?.keyword == "DISTINCT" ? argument.dropFirst() : argument
            operands.append(expression(value, scope))
        }
        let function = FunctionType.named(name, argumentCount: operands.count)
        for (operand, type) in zip(operands, function.arguments) {
            if let type { assign(type, to: operand) }
        }
        let common = operands.enumerated().filter { function.common.contains($0.offset) }.map(\.element)
        guard !common.isEmpty else {
            return Operand(
                type: function.result.map { SchemaField(name: "", type: $0) }, isStored: function.isStored)
        }
        return unify(common)
    }
}

extension TypeInference.Operand {
    fileprivate static let bool = inferred(.bool)

    /// A value of this type that SQLite can have in another form.
    fileprivate static func inferred(_ type: GoogleSQLType) -> Self {
        Self(type: SchemaField(name: "", type: type))
    }

    fileprivate init(_ column: TypeInference.Column) {
        self.init(type: column.type, isStored: column.isStored)
    }

    /// The operand as the result of an operator.
    fileprivate var computed: Self {
        Self(type: type, parameters: parameters)
    }
}
