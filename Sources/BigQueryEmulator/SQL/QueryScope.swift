/// What the names in a query may refer to.
struct QueryScope: Sendable {
    var catalog: Catalog
    var project: String
    var location: String
    var defaultDataset: (project: String, dataset: String)?
    var parameters: QueryParameters
    var isLegacy: Bool

    /// The table that a path of one to three parts names, `project:dataset.table` in legacy SQL.
    func reference(_ path: String) throws(ServiceError) -> TableReference {
        var rest = path[...]
        var project = project
        if isLegacy, let colon = path.lastIndex(of: ":") {
            project = String(path[..<colon])
            rest = path[path.index(after: colon)...]
        }
        // A project's own name may have dots in it, of which only the last two divide the path.
        var parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        let table = String(parts.removeLast())
        guard let dataset = parts.popLast() else {
            guard let defaultDataset else {
                let message = "Table \"\(path)\" must be qualified with a dataset (e.g. dataset.table)."
                throw ServiceError(.invalid, message)
            }
            return TableReference(project: defaultDataset.project, dataset: defaultDataset.dataset, table: table)
        }
        if !parts.isEmpty { project = parts.joined(separator: ".") }
        return TableReference(project: project, dataset: String(dataset), table: table)
    }
}
