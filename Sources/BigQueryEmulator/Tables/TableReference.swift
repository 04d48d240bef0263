/// The full name of a table.
struct TableReference: Sendable, Hashable, CustomStringConvertible {
    var project: String
    var dataset: String
    var table: String

    /// `project:dataset.table`, as BigQuery's messages spell it.
    var description: String { "\(project):\(dataset).\(table)" }

    var json: JSONValue {
        ["projectId": .string(project), "datasetId": .string(dataset), "tableId": .string(table)]
    }
}
