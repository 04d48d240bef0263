/// A table that is the result of a query. It has no rows of its own: a query that names it runs the view's.
struct View: RowSource {
    let query: String
    /// The columns, once the query is compiled.
    var fields: [Field] = []

    var identity: String { "view" }
    var rowCount: Int64 { 0 }
    var logicalBytes: Int64 { 0 }

    func fill(_ page: RowCollector, from start: Int64) async throws -> RowCollector { page }
}
