import BigQuery
import BigQueryRows
import Foundation
import GoogleHTTP
import TestSupport
import Testing

@Suite struct FetchTableTests {
    private static let reference = TableReference(project: "other", dataset: "sales", table: "orders")

    private func table(_ members: String) async throws -> Table {
        let name = #""tableReference":{"projectId":"other","datasetId":"sales","tableId":"orders"}"#
        let transport = ScriptedTransport([.answer(200, "{\(name)\(members.isEmpty ? "" : ",")\(members)}")])
        return try await scriptedClient(transport).fetchTable(Self.reference)
    }

    @Test func readsAllMembers() async throws {
        let table = try await table(
            #"""
            "type":"TABLE","etag":"e1==","numRows":"9007199254740993","numBytes":"12","location":"EU",
            "description":"All orders","creationTime":"1700000000123","lastModifiedTime":"1700000001000",
            "expirationTime":"1800000000000",
            "schema":{"fields":[{"name":"id","type":"INTEGER","mode":"REQUIRED"},
              {"name":"lines","type":"RECORD","mode":"REPEATED","fields":[{"name":"sku","type":"STRING"}]}]},
            "timePartitioning":{"type":"MONTH","field":"day","expirationMs":"7776000000"},
            "requirePartitionFilter":true,"clustering":{"fields":["id","day"]},
            "streamingBuffer":{"estimatedRows":"5"}
            """#)
        #expect(table.reference == Self.reference)
        #expect(table.kind == .table)
        #expect(table.etag == "e1==")
        #expect(table.rowCount == 9_007_199_254_740_993)
        #expect(table.byteCount == 12)
        #expect(table.location == "EU")
        #expect(table.description == "All orders")
        #expect(table.created == Date(timeIntervalSince1970: 1_700_000_000.123))
        #expect(table.modified == Date(timeIntervalSince1970: 1_700_000_001))
        #expect(table.expires == Date(timeIntervalSince1970: 1_800_000_000))
        #expect(table.timePartitioning?.type == "MONTH")
        #expect(table.timePartitioning?.field == "day")
        #expect(table.timePartitioning?.expiration == .seconds(7_776_000))
        #expect(table.requiresPartitionFilter)
        #expect(table.clusteringFields == ["id", "day"])
        #expect(table.hasStreamingBuffer)
        #expect(table.view == nil)
        let lines = TableSchema.Field(
            name: "lines", type: .structure, mode: .repeated, fields: [.init(name: "sku", type: .string)])
        #expect(table.schema.fields == [.init(name: "id", type: .int64, mode: .required), lines])
    }

    /// A decoder would silently keep one of the two. The request is retried, like one for a page.
    @Test(
        .faults("P36"),
        arguments: [
            (#""schema":{"fields":[],"fields":[{"name":"a","type":"STRING"}]}"#, "fields"),
            (#""schema":{"fields":[{"name":"a","n\u0061me":"b","type":"STRING"}]}"#, "name"),
            (#""schema":{"fields":[{"name":"a","type":"STRING","type":"INTEGER"}]}"#, "type"),
            (#""schema":{"fields":[{"name":"a","type":"STRING","mode":"NULLABLE","mode":"REPEATED"}]}"#, "mode"),
            (#""numRows":"1","numRows":"2""#, "numRows"),
        ])
    func rejectsDuplicateMembers(members: String, name: String) async throws {
        let reply = ScriptedTransport.Reply.answer(
            200, #"{"tableReference":{"projectId":"other","datasetId":"sales","tableId":"orders"},\#(members)}"#)
        let transport = ScriptedTransport { _ in reply }
        let error = await #expect(throws: RowsError.self) {
            try await scriptedClient(transport).fetchTable(Self.reference)
        }
        #expect(error?.code == .malformedJSON)
        #expect(
            error?.message.contains("responded with '\(name)' twice in one object") == true, "\(error?.message ?? "")")
        #expect(transport.requests.count > 1)
    }

    @Test func missingMembersAreNil() async throws {
        let table = try await table("")
        #expect(table.kind == .table)
        #expect(table.schema.fields.isEmpty)
        #expect(table.rowCount == nil && table.etag == nil && table.created == nil && table.timePartitioning == nil)
        #expect(table.clusteringFields.isEmpty && !table.requiresPartitionFilter && !table.hasStreamingBuffer)
    }

    @Test(arguments: [
        (#""type":"VIEW","view":{"query":"SELECT 1","useLegacySql":false}"#, TableKind.view, false),
        (#""type":"VIEW","view":{"query":"SELECT 1","useLegacySql":true}"#, .view, true),
        (#""type":"VIEW","view":{"query":"SELECT 1"}"#, .view, true),
        (#""type":"MATERIALIZED_VIEW","materializedView":{"query":"SELECT 1"}"#, .materializedView, false),
    ])
    func readsQueryAndDialectOfViews(members: String, kind: TableKind, isLegacy: Bool) async throws {
        let table = try await table(members)
        #expect(table.kind == kind)
        #expect(table.view?.query == "SELECT 1")
        #expect(table.view?.useLegacySQL == isLegacy)
    }

    @Test(arguments: ["TABLE", "VIEW", "MATERIALIZED_VIEW", "EXTERNAL", "SNAPSHOT", "HOLOGRAM"])
    func kindsKeepTheirNames(name: String) async throws {
        #expect(try await table(#""type":"\#(name)""#).kind.name == name)
    }

    @Test func readsRangeAndLegacyPartitionFilter() async throws {
        let table = try await table(
            #""rangePartitioning":{"field":"id","range":{"start":"-5","end":"100","interval":"10"}},"timePartitioning":{"type":"DAY","requirePartitionFilter":true}"#
        )
        let range = try #require(table.rangePartitioning)
        #expect(range.field == "id" && range.start == -5 && range.end == 100 && range.interval == 10)
        #expect(table.timePartitioning?.field == nil)
        #expect(table.requiresPartitionFilter)
    }

    @Test func requestsTableFromItsProject() async throws {
        let transport = ScriptedTransport([refusal(404, "notFound", "Not found: Table other:sales.orders$1")])
        let error = await #expect(throws: BigQueryError.self) {
            try await scriptedClient(transport).fetchTable(
                TableReference(project: "example.com:other", dataset: "sales", table: "orders$1"))
        }
        #expect(error?.code == .notFound)
        let url = try #require(transport.requests.first).url
        let path = "/bigquery/v2/projects/example.com%3Aother/datasets/sales/tables/orders%241?"
        #expect(url.hasPrefix("http://127.0.0.1:1\(path)prettyPrint=false&fields=tableReference%2Ctype%2C"))
    }
}
