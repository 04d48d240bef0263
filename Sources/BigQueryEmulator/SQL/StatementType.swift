/// The statement types, named as in the API's `statementType`.
enum StatementType {
    static let select = "SELECT"
    static let exportData = "EXPORT_DATA"

    private static let definitions: Set = [
        "TABLE", "VIEW", "SCHEMA", "FUNCTION", "PROCEDURE", "MODEL", "SNAPSHOT", "ASSIGNMENT", "CAPACITY",
        "RESERVATION",
    ]
    private static let modifiers: Set = [
        "OR", "REPLACE", "TEMP", "TEMPORARY", "EXTERNAL", "MATERIALIZED", "AGGREGATE", "IF", "EXISTS", "NOT",
    ]
    private static let scripting: Set = [
        "DECLARE", "BEGIN", "IF", "LOOP", "WHILE", "REPEAT", "FOR", "CASE", "SET", "EXECUTE", "RAISE", "COMMIT",
        "ROLLBACK",
    ]

    /// Returns the type of a statement, determined by its first keywords; `nil` for an unknown statement.
    static func of(_ tokens: [SQLToken]) -> String? {
        let isScript = tokens.contains { $0.isSymbol(";") }
        let words = tokens.filter { !$0.isSymbol("(") }.prefix(8).map { $0.keyword ?? "" }
        guard let first = words.first else { return nil }
        if isScript || scripting.contains(first) { return "SCRIPT" }
        switch first {
        case "SELECT", "WITH", "FROM", "VALUES": return select
        case "INSERT", "UPDATE", "DELETE", "MERGE", "CALL", "ASSERT": return first
        case "TRUNCATE": return "TRUNCATE_TABLE"
        case "EXPORT": return exportData
        case "LOAD": return "LOAD_DATA"
        case "CREATE", "DROP", "ALTER": return definition(verb: first, words: words.dropFirst(), tokens)
        default: return nil
        }
    }

    private static func definition(verb: String, words: ArraySlice<String>, _ tokens: [SQLToken]) -> String? {
        guard let object = words.first(where: { !modifiers.contains($0) }), definitions.contains(object) else {
            return nil
        }
        let isMaterialized = words.contains("MATERIALIZED")
        let type = "\(verb)_\(isMaterialized ? "MATERIALIZED_" : "")\(object)"
        let hasQuery = tokens.contains { $0.keyword == "SELECT" }
        return type == "CREATE_TABLE" && hasQuery ? "CREATE_TABLE_AS_SELECT" : type
    }
}
