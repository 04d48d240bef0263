import BigQuery
import BigQueryRows
import Foundation
import GoogleHTTP
import TestSupport
import Testing

@Suite struct ListTests {
    private static let dataset = DatasetReference(project: "other", dataset: "sales")

    private static func datasets(_ names: [String], token: String?) -> ScriptedTransport.Reply {
        let items = names.map { #"{"datasetReference":{"projectId":"demo","datasetId":"\#($0)"},"location":"EU"}"# }
        let next = token.map { #""nextPageToken":"\#($0)","# } ?? ""
        return .answer(200, #"{\#(next)"datasets":[\#(items.joined(separator: ","))]}"#)
    }

    @Test func followsTokensToTheEnd() async throws {
        let transport = ScriptedTransport([
            Self.datasets(["a", "b"], token: "t+/1=="), .answer(200, #"{"nextPageToken":"t2"}"#),
            Self.datasets(["c"], token: ""),
        ])
        let datasets = try await scriptedClient(transport).listDatasets()
        #expect(datasets.map(\.reference.dataset) == ["a", "b", "c"])
        #expect(datasets.allSatisfy { $0.reference.project == "demo" && $0.location == "EU" })
        let urls = transport.requests.map(\.url)
        #expect(urls[0].hasPrefix("http://127.0.0.1:1/bigquery/v2/projects/demo/datasets?maxResults=1000&prettyPrint"))
        #expect(urls[1].contains("&pageToken=t%2B%2F1%3D%3D&"))
        #expect(urls[2].contains("&pageToken=t2&"))
    }

    @Test(arguments: [["x", "x"], ["x", "y", "x"], ["x", "y", "z", "y"]])
    func rejectsRepeatedTokens(tokens: [String]) async throws {
        let transport = ScriptedTransport(tokens.map { Self.datasets(["a"], token: $0) })
        let error = await #expect(throws: BigQueryError.self) { try await scriptedClient(transport).listDatasets() }
        #expect(error?.code == .inconsistentResponse)
        #expect(error?.message.contains("after \(tokens.count) entries") == true)
        #expect(transport.unusedReplies == 0 && transport.requests.count == tokens.count)
    }

    @Test func listsTablesOfAnyProject() async throws {
        let transport = ScriptedTransport([
            .answer(
                200,
                #"{"tables":[{"tableReference":{"projectId":"other","datasetId":"sales","tableId":"orders"},"type":"TABLE","creationTime":"1700000000000"},{"tableReference":{"projectId":"other","datasetId":"sales","tableId":"v"},"type":"VIEW"}]}"#
            )
        ])
        let tables = try await scriptedClient(transport).listTables(Self.dataset)
        #expect(tables.map(\.reference.table) == ["orders", "v"])
        #expect(tables.map(\.kind) == [.table, .view])
        #expect(tables.map(\.created) == [Date(timeIntervalSince1970: 1_700_000_000), nil])
        #expect(transport.requests[0].url.contains("/projects/other/datasets/sales/tables?maxResults=1000&"))
    }

    @Test func readsEmptyList() async throws {
        let transport = ScriptedTransport { _ in .answer(200, "{}") }
        #expect(try await scriptedClient(transport).listTables(Self.dataset).isEmpty)
        #expect(try await scriptedClient(transport).listDatasets(project: "other").isEmpty)
        #expect(transport.requests[1].url.contains("/projects/other/datasets?"))
    }

    @Test func reportsMissingDataset() async throws {
        let transport = ScriptedTransport([refusal(404, "notFound", "Not found: Dataset other:sales")])
        let error = await #expect(throws: BigQueryError.self) {
            try await scriptedClient(transport).listTables(Self.dataset)
        }
        #expect(error?.code == .notFound)
    }
}
