public import BigQueryRows
import TextSupport

extension TableSchema {
    /// Some of the columns, in the table's order whatever the order of the names; BigQuery does not tell case apart.
    ///
    /// - Throws: ``BigQueryError`` with code `invalidRequest` for a name that is not a column's.
    public func selecting(_ names: [String]) throws -> TableSchema {
        guard !names.isEmpty else {
            throw BigQueryError(code: .invalidRequest, message: "no columns are selected", hint: "name at least one")
        }
        let known = Set(fields.map { $0.name.lowercased() })
        if let unknown = names.first(where: { !known.contains($0.lowercased()) }) {
            throw BigQueryError(
                code: .invalidRequest, message: "there is no column \"\(printable(unknown, limit: 200))\"",
                hint: NearestName.find(unknown, among: fields.map(\.name)).map { "did you mean \(printable($0))?" }
                    ?? "bqpull show TABLE lists the columns; a STRUCT is selected as a whole")
        }
        let wanted = Set(names.map { $0.lowercased() })
        return TableSchema(fields: fields.filter { wanted.contains($0.name.lowercased()) })
    }
}
