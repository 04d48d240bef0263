/// Some columns of a table, in the table's order, as tabledata.list's `selectedFields` names them.
struct SelectedFields: RowSource {
    let fields: [Field]
    private let source: any RowSource
    private let columns: [Int]

    /// - Parameter names: Names of top-level columns between commas; a path into a STRUCT selects all of it.
    init(_ source: any RowSource, names: String) throws(ServiceError) {
        var columns: [Int] = []
        for path in names.split(separator: ",") {
            let name = path.prefix { $0 != "." }.lowercased()
            guard let column = source.fields.firstIndex(where: { $0.name.lowercased() == name }) else {
                throw ServiceError(.invalid, "No such field: \(path).")
            }
            columns.append(column)
        }
        self.source = source
        self.columns = Set(columns).sorted()
        fields = self.columns.map { source.fields[$0] }
    }

    var identity: String { "\(source.identity)\(columns)" }
    var rowCount: Int64 { source.rowCount }
    var logicalBytes: Int64 { source.logicalBytes }

    func fill(_ page: RowCollector, from start: Int64) async throws -> RowCollector {
        try await source.fill(page.selecting(columns), from: start)
    }
}
