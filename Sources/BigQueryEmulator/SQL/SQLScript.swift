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
