import BigQueryRows
import GoogleHTTP
package import GoogleOAuth

extension TokenDiagnosis {
    /// Tests that BigQuery can be used with the token, at no cost: steps `api`, `project`, `jobs` and `results`.
    ///
    /// - Parameter client: creates the client of the billing project; its error fails step `api`.
    /// - Throws: `CancellationError`; any other error is the result of its step.
    package mutating func testBigQuery(_ client: () async throws -> BigQueryClient) async throws {
        let client = try await step("api") {
            let client = try await client()
            try await client.reachAPI()
            return (client, "\(client.configuration.endpoint.host) answers")
        }
        guard let client else { return }
        let project = client.configuration.project
        _ = try await step("project") {
            try await client.reachProject()
            return ((), "\(project) is visible")
        }
        let query = QueryRequest("SELECT 1 AS one")
        _ = try await step("jobs") {
            let job = try await client.dryRun(query)
            return ((), "may run queries (dry run\(job.reference.location.map { " in \($0)" } ?? ""), free)")
        }
        _ = try await step("results") {
            let reference = JobReference(projectID: project, jobID: JobReference.newID())
            let job = try await client.insertJob(query, as: reference)
            if let failure = job.failure { throw failure }
            let page = try await client.fetchFirstPage(RowRange(start: 0, count: 1), of: job.reference)
            return ((), "may read results (\(page.rows.rowCount) row of a query that reads 0 bytes, free)")
        }
    }
}

extension BigQueryClient {
    private struct Listing: Decodable {
        var kind: String
    }

    /// Sends a request that needs only a BigQuery scope (projects.list).
    fileprivate func reachAPI() async throws {
        let url = configuration.endpoint.url(
            path: ["bigquery", "v2", "projects"], query: ["maxResults": "1", "prettyPrint": "false", "fields": "kind"]
        )
        let listing = try await send(HTTPRequest(.get, url), as: Listing.self)
        guard listing.kind.hasPrefix("bigquery#") else {
            throw BigQueryError(
                code: .unexpectedAnswer, message: "\(configuration.endpoint.host) is not BigQuery")
        }
    }

    /// Sends a request that needs no permission in the project (datasets.list).
    fileprivate func reachProject() async throws {
        let url = url(["datasets"], ["maxResults": "1", "prettyPrint": "false", "fields": "kind"])
        _ = try await send(HTTPRequest(.get, url), as: Listing.self)
    }
}
