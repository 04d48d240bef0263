import BigQuery
import BigQueryRows
import GoogleHTTP
import TestSupport
import Testing

@Suite struct TableRowsTests {
    private static let table = TableReference(project: "other", dataset: "sales", table: "orders")
    private static let schema = TableSchema(fields: [
        .init(name: "id", type: .int64), .init(name: "At", type: .timestamp), .init(name: "note", type: .string),
    ])

    @Test func requestsRowsAndDecodesThemByTheTablesSchema() async throws {
        let transport = ScriptedTransport([
            .answer(
                200, #"{"totalRows":"9","pageToken":"T==","rows":[{"f":[{"v":"7"},{"v":"1500000"},{"v":null}]}]}"#)
        ])
        let page = try await scriptedClient(transport)
            .fetchTablePage(of: Self.table, schema: Self.schema, from: .row(5), maximumRows: 2)
        #expect(page.totalRows == 9 && page.pageToken == "T==" && page.jobComplete == nil)
        #expect(page.rows.firstRow == 5 && page.rows.rowCount == 1)
        #expect(page.rows[0, 0] == .integer(7))
        #expect(page.rows[0, 2] == .null)
        let request = try #require(transport.requests.first)
        #expect(
            request.url == "http://127.0.0.1:1/bigquery/v2/projects/other/datasets/sales/tables/orders/data"
                + "?startIndex=5&maxResults=2&formatOptions.useInt64Timestamp=true&prettyPrint=false"
                + "&fields=totalRows%2CpageToken%2Crows")
        #expect(request.headers.contains { $0 == ("Accept-Encoding", "gzip") })
    }

    @Test func continuesByToken() async throws {
        let transport = ScriptedTransport([.answer(200, #"{"totalRows":"9"}"#)])
        let page = try await scriptedClient(transport)
            .fetchTablePage(of: Self.table, schema: Self.schema, from: .token("T==", row: 8), maximumRows: 2)
        #expect(page.rows.firstRow == 8 && page.rows.rowCount == 0)
        let url = try #require(transport.requests.first).url
        #expect(url.contains("/data?pageToken=T%3D%3D&maxResults=2&"))
        #expect(!url.contains("startIndex"))
    }

    /// In the table's order and spelling.
    @Test func selectsColumns() async throws {
        let transport = ScriptedTransport([
            .answer(200, #"{"totalRows":"1","rows":[{"f":[{"v":"1500000"},{"v":"x"}]}]}"#)
        ])
        let page = try await scriptedClient(transport).fetchTablePage(
            of: Self.table, schema: Self.schema, selectedFields: ["NOTE", "at"], from: .row(0), maximumRows: 2)
        #expect(page.rows.columnCount == 2)
        #expect(transport.requests[0].url.contains("&selectedFields=At%2Cnote&"))
    }

    @Test(arguments: [(["nothing"], "nothing"), (["id", "id.x"], "id.x"), ([], "no column")])
    func rejectsUnknownColumns(names: [String], message: String) async throws {
        let transport = ScriptedTransport([])
        let error = await #expect(throws: BigQueryError.self) {
            try await scriptedClient(transport).fetchTablePage(
                of: Self.table, schema: Self.schema, selectedFields: names, from: .row(0), maximumRows: 2)
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains(message) == true)
        #expect(transport.requests.isEmpty)
    }

    @Test func rejectsMoreRowsThanRequested() async throws {
        let answer = ScriptedTransport.Reply.answer(200, #"{"rows":[{"f":[{"v":"1"}]},{"f":[{"v":"2"}]}]}"#)
        let attempts = try 1 + BigQueryConfiguration(project: "demo").damagedBodyRetries
        let transport = ScriptedTransport(Array(repeating: answer, count: attempts))
        let error = await #expect(throws: RowsError.self) {
            try await scriptedClient(transport).fetchTablePage(
                of: Self.table, schema: Self.schema, selectedFields: ["id"], from: .row(0), maximumRows: 1)
        }
        #expect(error?.code == .inconsistentPage)
        #expect(transport.requests.count == attempts)
    }

    @Test(arguments: [
        (400, "invalid", "Cannot list a table of type VIEW.", BigQueryError.Code.notATable),
        (400, "invalid", "Cannot list a table of type MATERIALIZED_VIEW.", .notATable),
        (404, "notFound", "Not found: Table other:sales.orders", .notFound),
    ])
    func classifiesErrors(status: Int, reason: String, message: String, code: BigQueryError.Code) async throws {
        let transport = ScriptedTransport([refusal(status, reason, message)])
        let error = await #expect(throws: BigQueryError.self) {
            try await scriptedClient(transport).fetchTablePage(
                of: Self.table, schema: Self.schema, from: .row(0), maximumRows: 1)
        }
        #expect(error?.code == code)
        #expect(transport.requests.count == 1)
    }

    @Test func retriesDamagedBody() async throws {
        let transport = ScriptedTransport([.answer(200, #"{"totalRows":"#), .answer(200, #"{"totalRows":"0"}"#)])
        let page = try await scriptedClient(transport)
            .fetchTablePage(of: Self.table, schema: Self.schema, from: .row(0), maximumRows: 1)
        #expect(page.totalRows == 0)
    }
}
