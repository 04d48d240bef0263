/// A query in SQLite's words, and what it needs to run.
struct SQLTranslation: Sendable {
    var sql = ""
    var tables: [Table] = []
    /// All names in the query, to tell a column's alias from the expression that SQLite calls it by.
    var names: Set<String> = []
    /// The type of each column whose expression is a typed literal, a parameter or a cast; `nil` elsewhere.
    var columnTypes: [Field?]?
    /// The table and the most rows of a query that is no more than `SELECT * FROM table [LIMIT n]`.
    var wholeTable: (table: Table, limit: Int64)?
}
