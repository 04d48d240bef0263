extension BigQueryAPI {
    func listProjects(_ call: APICall) async throws -> JSONObject {
        let project: JSON = [
            "kind": "bigquery#project", "id": .string(catalog.project), "numericId": .string(Catalog.projectNumber),
            "projectReference": ["projectId": .string(catalog.project)], "friendlyName": .string(catalog.project),
        ]
        var response: JSONObject = ["kind": "bigquery#projectList"]
        response.members += try PageParameters(call, subject: "projects").members(of: [project], named: "projects")
            .members
        response["totalItems"] = 1
        return response
    }

    func listDatasets(_ call: APICall) async throws -> JSONObject {
        let project = call.pathID("project")
        guard project == catalog.project else { throw ServiceError.notFound("Project \(project)") }
        let datasets = catalog.datasets.map { JSON.object(listItem(dataset: $0)) }
        var response: JSONObject = ["kind": "bigquery#datasetList"]
        response.members += try PageParameters(call, subject: "datasets of \(project)")
            .members(of: datasets, named: "datasets").members
        return response
    }

    /// Lists the newest jobs first. The token is the number of jobs older than those of its page, so that jobs inserted
    /// later do not shift the following pages.
    func listJobs(_ call: APICall) async throws -> JSONObject {
        let project = try project(call)
        let filter = try JobFilter(call)
        let request = try PageParameters(call, subject: "jobs of \(project)")
        let isFull = call.parameters["projection"]?.lowercased() == "full"
        let all = jobs.all
        let older = request.startIndex > 0 ? all.prefix(Int(clamping: request.startIndex)) : all[...]
        let found = older.indices.reversed().filter { filter.accepts(all[$0]) }
        let limit = Int(clamping: request.maxResults ?? .max)
        var response: JSONObject = ["kind": "bigquery#jobList"]
        response["jobs"] = .array(
            found.prefix(limit).map { index in
                .object(all[index].listItem(endpoint: endpoint(), account: configuration.account, isFull: isFull))
            })
        if let next = found.dropFirst(limit).first {
            response["nextPageToken"] = .string(PageToken(subject: request.subject, position: Int64(next + 1)).text)
        }
        return response
    }

    /// The dataset's entry in a list of datasets.
    func listItem(dataset: String) -> JSONObject {
        [
            "kind": "bigquery#dataset", "id": .string("\(catalog.project):\(dataset)"),
            "datasetReference": ["projectId": .string(catalog.project), "datasetId": .string(dataset)],
            "location": .string(catalog.location), "type": "DEFAULT",
        ]
    }
}

/// The filter parameters of jobs.list.
struct JobFilter: Sendable {
    private let states: Set<String>
    private let created: ClosedRange<Int64>

    init(_ call: APICall) throws(ServiceError) {
        states = Set(call.parameters["stateFilter"]?.uppercased().split(separator: ",").map(String.init) ?? [])
        let first = try call.integer("minCreationTime") ?? 0
        let last = try call.integer("maxCreationTime") ?? .max
        guard first <= last else {
            throw ServiceError(.invalid, "minCreationTime must not be later than maxCreationTime")
        }
        created = first...last
    }

    func accepts(_ job: EmulatedJob) -> Bool {
        (states.isEmpty || states.contains(job.phase.name)) && created.contains(job.created.milliseconds)
    }
}
