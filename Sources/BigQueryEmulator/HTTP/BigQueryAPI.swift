import Foundation
import Hummingbird

/// The implemented methods of the BigQuery API.
struct BigQueryAPI: Sendable {
    let catalog: Catalog
    let jobs: JobStore
    let configuration: EmulatorConfiguration
    /// The page cache, if enabled.
    let pageCache: PageCache?
    /// The base URL of the server, for links in responses.
    let endpoint: @Sendable () -> String
    /// Called with the index of the first row of each requested page.
    let onPage: @Sendable (Int64) -> Void
    /// Called whenever rows are encoded for a page.
    let onEncoding: @Sendable () -> Void
    /// Called with the number of rows of each page.
    let onRows: @Sendable (Int) -> Void

    /// The default size limit of a page of jobs.getQueryResults, in BigQuery's logical bytes.
    private static let queryPageBytes = 20 << 20
    /// The default size limit of a page of tabledata.list, and of the first page of jobs.query.
    static let tablePageBytes = 10 << 20

    func insertJob(_ call: APICall) async throws -> JSONObject {
        let location = configuration.location
        let request = try JobRequest(insert: call.body, project: try project(call), location: location)
        try check(request)
        if request.isDryRun {
            guard case .query(let settings) = request.settings else {
                throw ServiceError(.invalid, "Dry runs are for queries only.")
            }
            return try await dryRunJob(request, settings)
        }
        return resource(of: try await jobs.insert(request))
    }

    private func dryRunJob(_ request: JobRequest, _ settings: QueryConfiguration) async throws -> JSONObject {
        let (query, schema) = try await jobs.dryRun(settings, location: request.location)
        let bytes = JSON.int64(query.bytesProcessed)
        var statistics: JSONObject = [
            "totalBytesProcessed": bytes, "totalBytesBilled": "0", "cacheHit": false,
            "statementType": .string(query.statementType), "totalBytesProcessedAccuracy": "PRECISE",
        ]
        // There is no schema for legacy SQL and for statements without a result.
        if !settings.isLegacy, !schema.isEmpty { statistics["schema"] = schema.json }
        if !query.tables.isEmpty { statistics["referencedTables"] = .array(query.tables.map(\.reference.json)) }
        if !query.undeclaredParameters.isEmpty {
            statistics["undeclaredQueryParameters"] = .array(
                query.undeclaredParameters.map { ["name": .string($0.name), "parameterType": $0.parameterType] })
        }
        return [
            "kind": "bigquery#job", "id": .string("\(catalog.project):\(request.location)."),
            "configuration": .object(request.configuration),
            "jobReference": ["projectId": .string(catalog.project), "location": .string(request.location)],
            "statistics": [
                "creationTime": Date().json, "totalBytesProcessed": bytes, "query": .object(statistics),
            ],
            "status": ["state": "DONE"],
        ]
    }

    func getJob(_ call: APICall) async throws -> JSONObject {
        resource(of: try job(call))
    }

    func cancelJob(_ call: APICall) async throws -> JSONObject {
        let job = try job(call)
        job.stopRequest.open()
        return ["kind": "bigquery#jobCancelResponse", "job": .object(resource(of: job))]
    }

    private func resource(of job: EmulatedJob) -> JSONObject {
        job.resource(endpoint: endpoint(), account: configuration.account)
    }

    func query(_ call: APICall) async throws -> JSONObject {
        let body = call.body
        let request = try JobRequest(query: body, project: try project(call), location: configuration.location)
        try check(request)
        let options = body["formatOptions"]?.object
        let timestamps = try APICall.timestampFormat(
            microseconds: options?["useInt64Timestamp"]?.bool, name: options?["timestampOutputFormat"]?.string)
        if request.isDryRun, case .query(let settings) = request.settings {
            return try await dryRunQuery(request, settings)
        }

        let job = try await jobs.insert(request)
        await job.completion.wait(timeout: Self.waitingTime(body["timeoutMs"]?.integer))
        let page = PageParameters(
            subject: job.reference.description, maxResults: body["maxResults"]?.integer, timestamps: timestamps)
        var response = try await results(
            of: job, kind: "bigquery#queryResponse", page: page,
            byteLimit: Self.tablePageBytes, form: call.form)
        response["location"] = .string(job.reference.location)
        response["queryId"] = .string(job.reference.id)
        response["creationTime"] = job.created.json
        if case .done(let start, let end, _) = job.phase {
            response["startTime"] = start.json
            response["endTime"] = end.json
            if let query = job.query { response["statementType"] = .string(query.statementType) }
        }
        let isWhole = response["jobComplete"] == true && response["pageToken"] == nil
        if body["jobCreationMode"]?.string == "JOB_CREATION_OPTIONAL", isWhole {
            response["jobReference"] = nil
        } else {
            response["jobCreationReason"] = ["code": isWhole ? "REQUESTED" : "LARGE_RESULTS"]
        }
        return response
    }

    private func dryRunQuery(_ request: JobRequest, _ settings: QueryConfiguration) async throws -> JSONObject {
        let (query, schema) = try await jobs.dryRun(settings, location: request.location)
        var response: JSONObject = [
            "kind": "bigquery#queryResponse",
            "jobReference": ["projectId": .string(catalog.project), "location": .string(request.location)],
            "totalBytesProcessed": .int64(query.bytesProcessed), "jobComplete": true, "cacheHit": false,
            "location": .string(request.location), "statementType": .string(query.statementType),
        ]
        if !settings.isLegacy, !schema.isEmpty { response["schema"] = schema.json }
        return response
    }

    func getQueryResults(_ call: APICall) async throws -> JSONObject {
        let job = try job(call)
        let page = try PageParameters(call, subject: job.reference.description)
        await job.completion.wait(timeout: Self.waitingTime(try call.integer("timeoutMs")))
        return try await results(
            of: job, kind: "bigquery#getQueryResultsResponse", page: page, byteLimit: Self.queryPageBytes,
            form: call.form)
    }

    /// The response to a request for a job's result, which can be incomplete.
    private func results(
        of job: EmulatedJob, kind: String, page: PageParameters, byteLimit: Int, form: ResponseForm
    ) async throws -> JSONObject {
        var response: JSONObject = [
            "kind": .string(kind), "etag": .string(job.etag), "jobReference": job.reference.json,
        ]
        guard let query = job.query else {
            throw ServiceError(.invalid, "Cannot get the query results of job \(job.reference): it is not a query job.")
        }
        guard let output = try job.output() else {
            response["jobComplete"] = false
            return response
        }
        if output.exported != nil {
            // A statement without a result has neither columns nor rows.
            response["totalBytesProcessed"] = .int64(query.bytesProcessed)
            response["jobComplete"] = true
            response["cacheHit"] = false
            return response
        }
        // Fails once the anonymous table has expired.
        if let table = job.anonymousTable { _ = try catalog.table(table) }
        response["schema"] = output.rows.fields.json
        response.members += try await self.page(page, of: output.rows, byteLimit: byteLimit, form: form).members
        response["totalBytesProcessed"] = .int64(output.isFromCache ? 0 : query.bytesProcessed)
        response["jobComplete"] = true
        response["cacheHit"] = .bool(output.isFromCache)
        return response
    }

    /// Returns the requested rows, and counts them. The configuration's page size overrides `byteLimit`.
    func page(
        _ request: PageParameters, of source: any RowSource, byteLimit: Int, form: ResponseForm
    ) async throws -> JSONObject {
        onPage(request.startIndex)
        let page = try await request.page(of: source, byteLimit: configuration.pageBytes ?? byteLimit) { selection in
            guard let pageCache else {
                let rows = try await encode(selection)
                return (.encoded(rows.json), rows.rowCount)
            }
            let rows = try await pageCache.rows(for: PageCache.Key(selection, form: form)) {
                try await PreparedRows(encode(selection), form: form)
            }
            return (.prepared(rows), rows.rowCount)
        }
        onRows(page.rowCount)
        return page.members
    }

    private func encode(_ selection: RowSelection) async throws -> EncodedRows {
        onEncoding()
        return try await selection.encode()
    }

    /// How long a request waits for its job: 10 s by default, at most 200 s.
    private static func waitingTime(_ milliseconds: Int64?) -> Duration {
        .milliseconds(min(max(milliseconds ?? 10_000, 0), 200_000))
    }

    private func job(_ call: APICall) throws -> EmulatedJob {
        let location = call.parameters["location"].flatMap { $0.isEmpty ? nil : $0 }
        return try jobs.job(call.pathID("job"), project: try project(call), location: location)
    }

    func project(_ call: APICall) throws(ServiceError) -> String {
        let project = call.pathID("project")
        guard project == catalog.project else { throw .noPermission(project: project) }
        return project
    }

    /// Rejects the request if that is the simulated failure.
    private func check(_ request: JobRequest) throws(ServiceError) {
        switch configuration.failure {
        case .noPermission: throw .noPermission(project: catalog.project)
        case .billingDisabled where !request.isDryRun: throw .billingDisabled
        default: break
        }
    }
}

extension BigQueryAPI {
    func getDataset(_ call: APICall) async throws -> JSONObject {
        let dataset = try dataset(call)
        var response = listItem(dataset: dataset)
        response["selfLink"] = .string("\(endpoint())/bigquery/v2/projects/\(catalog.project)/datasets/\(dataset)")
        return response
    }

    /// The dataset that a request names.
    func dataset(_ call: APICall) throws(ServiceError) -> String {
        let project = call.pathID("project")
        let dataset = call.pathID("dataset")
        guard project == catalog.project, catalog.hasDataset(dataset) else {
            throw .notFound("Dataset \(project):\(dataset)")
        }
        return dataset
    }
}
