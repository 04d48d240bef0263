import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import BigQueryEmulator

@Suite struct ListTests {
    @Test func listsTheProject() async throws {
        try await withClient { client in
            let expected: JSONObject = [
                "kind": "bigquery#projectList",
                "projects": [
                    [
                        "kind": "bigquery#project", "id": "local-project", "numericId": "123456789012",
                        "projectReference": ["projectId": "local-project"], "friendlyName": "local-project",
                    ]
                ],
                "totalItems": 1,
            ]
            for query in ["", "?maxResults=1"] {
                let response = try await client.get("/bigquery/v2/projects\(query)")
                #expect(response == expected)
            }
            #expect(client.emulator.server.counters.requests == ["projects.list": 2])
        }
    }

    @Test func omitsHiddenDatasets() async throws {
        try await withDatasets(["zoo"]) { client in
            // Its result is in a hidden dataset.
            #expect(try await client.results("SELECT 1").cells == [["1"]])
            let response = try await client.get("datasets")
            #expect(response.string("kind") == "bigquery#datasetList")
            #expect(names(in: response) == ["bench", "zoo"])
            let expected: JSON = [
                "kind": "bigquery#dataset", "id": "local-project:bench",
                "datasetReference": ["projectId": "local-project", "datasetId": "bench"], "location": "US",
                "type": "DEFAULT",
            ]
            #expect(response.at("datasets.0") == expected)
            #expect(client.emulator.server.counters.requests["datasets.list"] == 1)
        }
    }

    @Test(arguments: [
        (1, [["bench"], ["moon"], ["zoo"]]), (2, [["bench", "moon"], ["zoo"]]), (3, [["bench", "moon", "zoo"]]),
    ])
    func pagesDatasets(size: Int, pages: [[String]]) async throws {
        try await withDatasets(["zoo", "moon"]) { client in
            var found: [[String]] = []
            var token: String?
            for _ in pages {
                let page = try await client.get("datasets?maxResults=\(size)&pageToken=\(token ?? "")")
                found.append(names(in: page))
                token = page.string("nextPageToken")
            }
            #expect(found == pages)
            #expect(token == nil)
        }
    }

    @Test func rejectsOtherProjects() async throws {
        try await withClient { client in
            let response = try await client.send(.get, "/bigquery/v2/projects/other/datasets")
            #expect(response.status == 404)
            #expect(try response.json().string("error.message") == "Not found: Project other")
            #expect(try response.json().string("error.errors.0.reason") == "notFound")
        }
    }

    /// Calls `body` with a client of an emulator with a table in each of these datasets.
    private func withDatasets(
        _ datasets: [String], _ body: @escaping @Sendable (APIClient) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder in
            let file = folder.file("t.csv")
            try Data("id\n1\n".utf8).write(to: URL(filePath: file))
            let tables = datasets.map { EmulatorConfiguration.TableSource(dataset: $0, table: "t", file: file) }
            try await withClient(EmulatorConfiguration(requiresAuthorization: false, tables: tables), body)
        }
    }

    private func names(in response: JSONObject) -> [String] {
        (response["datasets"]?.array ?? []).compactMap { $0.object?.string("datasetReference.datasetId") }
    }
}
