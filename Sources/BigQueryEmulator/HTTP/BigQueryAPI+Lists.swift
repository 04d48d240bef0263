extension BigQueryAPI {
    func listProjects(_ call: APICall) async throws -> JSONObject {
        let project: JSONValue = [
            "kind": "bigquery#project", "id": .string(catalog.project), "numericId": .string(Catalog.projectNumber),
            "projectReference": ["projectId": .string(catalog.project)], "friendlyName": .string(catalog.project),
        ]
        var answer: JSONObject = ["kind": "bigquery#projectList"]
        answer.members += try PageRequest(call, subject: "projects").members(of: [project], named: "projects").members
        answer["totalItems"] = 1
        return answer
    }

    func listDatasets(_ call: APICall) async throws -> JSONObject {
        let project = call.pathID("project")
        guard project == catalog.project else { throw ServiceError.notFound("Project \(project)") }
        let datasets = catalog.datasets.map { JSONValue.object(listItem(dataset: $0)) }
        var answer: JSONObject = ["kind": "bigquery#datasetList"]
        answer.members += try PageRequest(call, subject: "datasets of \(project)")
            .members(of: datasets, named: "datasets").members
        return answer
    }

    /// What a list of datasets says about each.
    func listItem(dataset: String) -> JSONObject {
        [
            "kind": "bigquery#dataset", "id": .string("\(catalog.project):\(dataset)"),
            "datasetReference": ["projectId": .string(catalog.project), "datasetId": .string(dataset)],
            "location": .string(catalog.location), "type": "DEFAULT",
        ]
    }
}
