package import BigQueryRows
import TextSupport

extension TableSchema {
    /// Selects top-level columns. The result has the table's order. Names are compared without case, as BigQuery does.
    ///
    /// - Throws: ``BigQueryError`` with code `invalidRequest` if a column does not exist or no column is selected.
    package func selecting(_ names: [String]) throws -> TableSchema {
        guard !names.isEmpty else { throw BigQueryError(code: .invalidRequest, message: "no column is selected") }
        let known = Set(fields.map { $0.name.lowercased() })
        if let unknown = names.first(where: { !known.contains($0.lowercased()) }) {
            throw BigQueryError(
                code: .invalidRequest, message: "no column \"\(printable(unknown, limit: 200))\" exists",
                detail: .unknownColumn(similarName: NearestName.find(unknown, among: fields.map(\.name))))
        }
        let wanted = Set(names.map { $0.lowercased() })
        return TableSchema(fields: fields.filter { wanted.contains($0.name.lowercased()) })
    }
}
