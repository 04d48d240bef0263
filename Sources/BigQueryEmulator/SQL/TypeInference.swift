/// Infers the types of a query's result columns and of its undeclared parameters from its tokens.
///
/// Columns are followed through subqueries, common table expressions, joins and set operations. Any other
/// syntax has no type, and determines none for its parameters.
struct TypeInference {
    /// The type of an expression.
    struct Operand {
        /// The type, if known.
        var type: SchemaField?
        /// Whether the values are stored in the form of the type, so that a result column can have it.
        var isStored = false
        /// The undeclared parameters that get their type from the context of the expression.
        var parameters: [SQLToken] = []
    }

    /// A column of a table, a subquery or the result.
    struct Column {
        var name: String
        var type: SchemaField?
        var isStored: Bool
    }

    /// An item of a FROM clause.
    struct Source {
        var alias: String
        var columns: [Column]
        /// The columns in lower case that `USING` merges into those of an earlier source.
        var merged: Set<String> = []
    }

    /// What names refer to in a part of the query.
    struct Scope {
        /// The common table expressions by name in lower case.
        var tables: [String: [Column]] = [:]
        /// The FROM clauses, innermost first.
        var levels: [[Source]] = []
    }

    /// The types of the result columns, `nil` for those that are not known; `nil` if the columns are not known.
    private(set) var columns: [SchemaField?]?

    private let parameters: QueryParameters
    /// The columns of the table with a path.
    private let fields: (String) -> [SchemaField]?
    /// The inferred types of undeclared parameters, by name in lower case.
    private var inferred: [String: SchemaField] = [:]
    private var conflict: ServiceError?
    /// The current depth of the recursion.
    var depth = 0

    /// Bounds the recursion to what fits a stack of 512 kB in a debug build. What is nested more deeply has no type.
    static let maximumDepth = 30

    /// Analyzes a query.
    ///
    /// - Parameters:
    ///   - tokens: the query.
    ///   - parameters: the declared parameters.
    ///   - fields: returns the columns of the table with a path.
    init(_ tokens: [SQLToken], parameters: QueryParameters, fields: @escaping (String) -> [SchemaField]?) {
        self.parameters = parameters
        self.fields = fields
        // SQLite rejects other queries. Their parentheses would be searched for repeatedly.
        guard tokens[...].isBalanced else { return }
        columns = query(tokens[...], Scope())?.map { $0.isStored ? $0.type : nil }
    }

    /// The types of undeclared parameters, sorted by name; INT64, BigQuery's type of an untyped NULL, if the query does
    /// not determine one.
    ///
    /// - Parameter names: the names in lower case.
    /// - Returns: the parameters as fields.
    /// - Throws: the error for a parameter that is used with different types.
    func undeclared(_ names: Set<String>) throws(ServiceError) -> [SchemaField] {
        if let conflict { throw conflict }
        return names.sorted().map { name in
            var field = inferred[name] ?? SchemaField(name: name, type: .int64)
            field.name = name
            return field
        }
    }
}

extension TypeInference {
    /// Returns the columns of a query; `nil` if they are not known.
    mutating func query(_ tokens: ArraySlice<SQLToken>, _ scope: Scope) -> [Column]? {
        guard depth < Self.maximumDepth else { return nil }
        depth += 1
        defer { depth -= 1 }
        var rest = tokens
        var scope = scope
        if rest.first?.keyword == "WITH" { rest = commonTables(rest.dropFirst(), &scope) }
        let parts = rest.split { index in
            let next = rest[index...].dropFirst().first
            switch rest[index].keyword {
            case "UNION", "INTERSECT": return true
            // `* EXCEPT (column)` is not a set operation.
            case "EXCEPT": return next?.isSymbol("(") == false
            default: return false
            }
        }
        let results = parts.map { part(of: $0, scope) }
        guard var columns = results.first.flatMap(\.self) else { return nil }
        for other in results.dropFirst() {
            guard let other, other.count == columns.count else { return nil }
            for index in columns.indices {
                if columns[index].type?.isSameType(as: other[index].type) != true { columns[index].type = nil }
                columns[index].isStored = columns[index].isStored && other[index].isStored
            }
        }
        return columns
    }

    /// Returns the columns of an operand of a set operation.
    private mutating func part(of tokens: ArraySlice<SQLToken>, _ scope: Scope) -> [Column]? {
        var rest = tokens
        if ["ALL", "DISTINCT"].contains(rest.first?.keyword) { rest = rest.dropFirst() }
        if let inner = rest.popParentheses() {
            defer { _ = expression(rest, scope) }
            return query(inner, scope)
        }
        return rest.first?.keyword == "SELECT" ? select(rest.dropFirst(), scope) : nil
    }

    /// Reads common table expressions, and returns the query after them.
    private mutating func commonTables(
        _ tokens: ArraySlice<SQLToken>, _ scope: inout Scope
    ) -> ArraySlice<SQLToken> {
        var rest = tokens
        if rest.first?.keyword == "RECURSIVE" { rest = rest.dropFirst() }
        while let name = rest.first?.name, rest.dropFirst().first?.keyword == "AS" {
            rest = rest.dropFirst(2)
            guard let inner = rest.popParentheses() else { break }
            // Without columns, the name still hides a table.
            scope.tables[name.lowercased()] = query(inner, scope) ?? []
            guard rest.first?.isSymbol(",") == true else { break }
            rest = rest.dropFirst()
        }
        return rest
    }

    private static let clauses: Set = [
        "FROM", "WHERE", "GROUP", "HAVING", "QUALIFY", "WINDOW", "ORDER", "LIMIT",
    ]

    private mutating func select(_ tokens: ArraySlice<SQLToken>, _ outer: Scope) -> [Column]? {
        let starts = tokens.outerIndices.filter { index in
            guard let word = tokens[index].keyword, Self.clauses.contains(word) else { return false }
            // `IS DISTINCT FROM` is not a clause.
            return word != "FROM" || index == tokens.startIndex || tokens[index - 1].keyword != "DISTINCT"
        }
        let ends = starts.dropFirst() + [tokens.endIndex]
        var scope = outer
        scope.levels.insert([], at: 0)
        var conditions: [ArraySlice<SQLToken>] = []
        for (start, end) in zip(starts, ends) where tokens[start].keyword == "FROM" {
            let found = sources(tokens[(start + 1)..<end], outer)
            scope.levels[0] = found.sources
            conditions += found.conditions
        }
        for condition in conditions { assign(.bool, to: expression(condition, scope)) }
        let columns = selectList(tokens[..<(starts.first ?? tokens.endIndex)], scope)
        // The names of the result come after those of the tables.
        scope.levels.insert([Source(alias: "", columns: columns ?? [])], at: 1)
        for (start, end) in zip(starts, ends) where tokens[start].keyword != "FROM" {
            let clause = tokens[(start + 1)..<end]
            switch tokens[start].keyword {
            case "WHERE", "HAVING", "QUALIFY": assign(.bool, to: expression(clause, scope))
            case "LIMIT":
                for number in clause.split(atOuter: { clause[$0].keyword == "OFFSET" }) {
                    assign(.int64, to: expression(number, scope))
                }
            default: for item in clause.commaSeparated { _ = expression(item, scope) }
            }
        }
        return columns
    }

    private mutating func selectList(_ tokens: ArraySlice<SQLToken>, _ scope: Scope) -> [Column]? {
        var list = tokens
        if ["ALL", "DISTINCT"].contains(list.first?.keyword) { list = list.dropFirst() }
        var columns: [Column] = []
        var isKnown = list.first?.keyword != "AS"
        for item in list.commaSeparated {
            if item.last?.isSymbol("*") == true {
                let prefix = item.dropLast(2).last?.name
                let sources = (scope.levels.first ?? []).filter { source in
                    item.count == 1 || source.alias.lowercased() == prefix?.lowercased()
                }
                isKnown = isKnown && !sources.contains { $0.columns.isEmpty } && !sources.isEmpty
                for source in sources {
                    columns += source.columns.filter {
                        item.count > 1 || !source.merged.contains($0.name.lowercased())
                    }
                }
                continue
            }
            let (value, alias) = Self.splitAlias(item)
            let operand = expression(value, scope)
            columns.append(
                Column(name: alias ?? value.last?.name ?? "", type: operand.type, isStored: operand.isStored))
        }
        return isKnown && !columns.isEmpty ? columns : nil
    }

    /// Splits an item of the SELECT list into the expression and its alias.
    private static func splitAlias(_ item: ArraySlice<SQLToken>) -> (value: ArraySlice<SQLToken>, alias: String?) {
        guard let last = item.last, let alias = last.name, let previous = item.dropLast().last else {
            return (item, nil)
        }
        if previous.keyword == "AS" { return (item.dropLast(2), alias) }
        if let word = last.keyword, ["END", "NULL", "TRUE", "FALSE"].contains(word) { return (item, nil) }
        switch previous.kind {
        case .symbol(let symbol) where symbol != ")": return (item, nil)
        case .identifier(let word) where operators.contains(word.uppercased()): return (item, nil)
        default: return (item.dropLast(), alias)
        }
    }

    /// The words that an operand follows.
    private static let operators: Set = ["AND", "OR", "NOT", "IS", "IN", "LIKE", "BETWEEN", "FROM"]
}

extension TypeInference {
    private static let joins: Set = ["JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL", "OUTER"]

    /// Returns the items of a FROM clause, and the conditions of its joins.
    private mutating func sources(
        _ tokens: ArraySlice<SQLToken>, _ scope: Scope
    ) -> (sources: [Source], conditions: [ArraySlice<SQLToken>]) {
        guard depth < Self.maximumDepth else { return ([], []) }
        depth += 1
        defer { depth -= 1 }
        func isBoundary(_ index: Int) -> Bool {
            let isCall = tokens[index...].dropFirst().first?.isSymbol("(") == true && tokens[index].keyword != "JOIN"
            return tokens[index].isSymbol(",") || !isCall && tokens[index].keyword.map(Self.joins.contains) == true
        }
        var sources: [Source] = []
        var conditions: [ArraySlice<SQLToken>] = []
        for item in tokens.split(atOuter: isBoundary) where !item.isEmpty {
            var rest = item
            if let inner = rest.popParentheses() {
                if inner.isQuery {
                    let columns = query(inner, scope) ?? []
                    sources.append(Source(alias: Self.popAlias(&rest) ?? "", columns: columns))
                } else {
                    let nested = self.sources(inner, scope)
                    sources += nested.sources
                    conditions += nested.conditions
                }
            } else {
                let (path, length) = rest.tablePath
                rest = rest.dropFirst(max(length, 1))
                if let arguments = rest.popParentheses() {
                    // A table function such as UNNEST.
                    var inner = scope
                    inner.levels.insert(sources, at: 0)
                    _ = expression(arguments, inner)
                    sources.append(Source(alias: Self.popAlias(&rest) ?? "", columns: []))
                } else {
                    let name = path.split(separator: ".").last.map(String.init) ?? path
                    let columns = table(path, scope)
                    sources.append(Source(alias: Self.popAlias(&rest) ?? name, columns: columns))
                }
            }
            guard let end = rest.outerIndices.first(where: { ["ON", "USING"].contains(rest[$0].keyword) }) else {
                continue
            }
            let condition = rest[(end + 1)...]
            if rest[end].keyword == "ON" {
                conditions.append(condition)
            } else if !sources.isEmpty {
                sources[sources.count - 1].merged = Set(condition.compactMap { $0.name?.lowercased() })
            }
        }
        return (sources, conditions)
    }

    private static func popAlias(_ rest: inout ArraySlice<SQLToken>) -> String? {
        guard let first = rest.first, first.isTableAlias, first.keyword != "WITH" else { return nil }
        if first.keyword == "AS" { rest = rest.dropFirst() }
        return rest.popFirst()?.name
    }

    private func table(_ path: String, _ scope: Scope) -> [Column] {
        if let columns = scope.tables[path.lowercased()] { return columns }
        return (fields(path) ?? []).map { Column(name: $0.name, type: $0.asResult, isStored: true) }
    }

    /// The type of a column, or of a member of a STRUCT.
    func column(_ path: [String], _ scope: Scope) -> Operand {
        for level in scope.levels {
            if path.count > 1, let source = level.first(where: { $0.alias.lowercased() == path[0].lowercased() }) {
                return member(path.dropFirst(), of: source.columns) ?? Operand()
            }
            for source in level {
                if let found = member(path[...], of: source.columns) { return found }
            }
        }
        return Operand()
    }

    private func member(_ path: ArraySlice<String>, of columns: [Column]) -> Operand? {
        guard let name = path.first?.lowercased(), let column = columns.first(where: { $0.name.lowercased() == name })
        else { return nil }
        var operand = Operand(type: column.type, isStored: column.isStored)
        for member in path.dropFirst() {
            operand.type = operand.type?.fields.first { $0.name.lowercased() == member.lowercased() }
            // SQLite has no STRUCT.
            operand.isStored = false
        }
        return operand
    }

    /// The type of a declared parameter, or an operand that gets its type from the context.
    func parameter(_ name: String, _ token: SQLToken) -> Operand {
        if let field = parameters.field(named: name) { return Operand(type: field, isStored: true) }
        return name.hasPrefix("@") ? Operand() : Operand(parameters: [token])
    }

    /// The type of a positional parameter, by its number from 1.
    func positional(_ number: Int) -> Operand {
        let field = parameters.field(position: number)
        return Operand(type: field, isStored: field != nil)
    }

    /// Gives the undeclared parameters of an operand a type.
    mutating func assign(_ type: SchemaField, to operand: Operand) {
        for token in operand.parameters {
            guard case .parameter(let name) = token.kind else { continue }
            let known = inferred[name.lowercased()]
            if let known, !known.isSameType(as: type), conflict == nil {
                conflict = .invalidQuery(
                    "Undeclared parameter '\(name.lowercased())' is used assuming different types "
                        + "(\(known.typeDescription) vs \(type.typeDescription)) \(token.place)")
            }
            if known == nil { inferred[name.lowercased()] = type }
        }
    }

    mutating func assign(_ type: GoogleSQLType, to operand: Operand) {
        assign(SchemaField(name: "", type: type), to: operand)
    }

    /// Returns the common type of operands, which the parameters among them get.
    mutating func unify(_ operands: [Operand]) -> Operand {
        guard let type = operands.compactMap(\.type).first else {
            return Operand(parameters: operands.flatMap(\.parameters))
        }
        for operand in operands { assign(type, to: operand) }
        let isStored = operands.allSatisfy { operand in
            operand.type.map { operand.isStored && $0.isSameType(as: type) } ?? !operand.parameters.isEmpty
        }
        return Operand(type: type, isStored: isStored)
    }
}

extension SchemaField {
    func isSameType(as other: SchemaField?) -> Bool {
        type == other?.type && (mode == .repeated) == (other?.mode == .repeated)
    }

    /// The type in GoogleSQL.
    var typeDescription: String { mode == .repeated ? "ARRAY<\(type.rawValue)>" : type.rawValue }

    /// The API's `QueryParameterType`.
    var parameterType: JSON {
        if mode == .repeated { return ["type": "ARRAY", "arrayType": element.parameterType] }
        var json: JSONObject = ["type": .string(type.rawValue)]
        if type == .structure {
            json["structTypes"] = .array(
                fields.map { ["name": .string($0.name), "type": $0.parameterType] })
        }
        if let rangeElement { json["rangeElementType"] = ["type": .string(rangeElement.rawValue)] }
        return .object(json)
    }
}
