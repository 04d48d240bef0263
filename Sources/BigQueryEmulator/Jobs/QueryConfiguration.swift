/// What a request says about the query to run: `configuration.query` of a job, or the body of jobs.query.
struct QueryConfiguration: Sendable {
    var query: String
    var isLegacy: Bool
    var parameters: QueryParameters
    var defaultDataset: (project: String, dataset: String)?
    var destination: TableReference?
    var writeDisposition: String
    var usesCache: Bool
    var maximumBytesBilled: Int64?

    init(json: JSONObject, project: String) throws(ServiceError) {
        guard let query = json["query"]?.string, !query.isEmpty else {
            throw ServiceError(.missing, "Required parameter is missing: query")
        }
        self.query = query
        isLegacy = json["useLegacySql"]?.bool ?? true
        parameters = try QueryParameters(json: json["queryParameters"]?.array ?? [])
        if isLegacy, parameters.count > 0 {
            throw ServiceError(.invalid, "Query parameters cannot be used with legacy SQL.")
        }
        if let dataset = json["defaultDataset"]?.object, let name = dataset["datasetId"]?.string {
            defaultDataset = (dataset["projectId"]?.string ?? project, name)
        }
        destination = json["destinationTable"]?.object.flatMap { table in
            guard let dataset = table["datasetId"]?.string, let name = table["tableId"]?.string else { return nil }
            return TableReference(project: table["projectId"]?.string ?? project, dataset: dataset, table: name)
        }
        writeDisposition = json["writeDisposition"]?.string ?? "WRITE_EMPTY"
        usesCache = json["useQueryCache"]?.bool ?? true
        maximumBytesBilled = json["maximumBytesBilled"]?.integer
    }
}
