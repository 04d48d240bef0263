import BigQuery
import BigQueryRows
import GoogleHTTP
import TestSupport
import Testing

@Suite struct PageTests {
    private static let job = JobReference(projectID: "demo", jobID: "job_1", location: "EU")
    private static let firstRows = RowRange(start: 0, count: 10)
    private static let schema = TableSchema(fields: [.init(name: "n", type: .int64)])
    private static let schemaJSON = #""schema":{"fields":[{"name":"n","type":"INTEGER","mode":"NULLABLE"}]}"#

    private static func page(_ values: [Int], total: Int) -> ScriptedTransport.Reply {
        let rows = values.map { #"{"f":[{"v":"\#($0)"}]}"# }.joined(separator: ",")
        return .answer(200, #"{"jobComplete":true,\#(schemaJSON),"totalRows":"\#(total)","rows":[\#(rows)]}"#)
    }

    @Test func requestsExactlyTheRange() async throws {
        let transport = ScriptedTransport([Self.page([7, 8], total: 10)])
        let page = try await scriptedClient(transport)
            .fetchPage(RowRange(start: 3, count: 5), of: Self.job, schema: Self.schema)
        #expect(page.rows.firstRow == 3)
        #expect(page.rows[1, 0] == .integer(8))
        let request = try #require(transport.requests.first)
        #expect(
            request.url
                == "http://127.0.0.1:1/bigquery/v2/projects/demo/queries/job_1?location=EU&startIndex=3&maxResults=5"
                + "&timeoutMs=60000&formatOptions.useInt64Timestamp=true&prettyPrint=false"
                + "&fields=jobComplete%2Cschema%2CtotalRows%2CpageToken%2Crows"
        )
        #expect(request.headers.contains { $0 == ("Accept-Encoding", "gzip") })
        #expect(request.firstByteTimeout == .seconds(75))
    }

    @Test func requestsUncompressedPagesIfConfigured() async throws {
        let transport = ScriptedTransport([Self.page([7], total: 1)])
        let page = try await scriptedClient(transport) { $0.compressesPages = false }
            .fetchPage(RowRange(start: 0, count: 1), of: Self.job, schema: Self.schema)
        #expect(page.wireByteCount == page.inflatedByteCount)
        #expect(transport.requests.map { $0.headers.count } == [0])
    }

    /// In a failed attempt, too.
    @Test func waitingForSpaceIsNotPartOfTheLatency() async throws {
        let transport = ScriptedTransport([.answer(200, #"{"jobComplete":true"#), Self.page([7], total: 1)])
        let clock = ManualClock()
        let page = try await scriptedClient(transport, clock: clock)
            .fetchPage(RowRange(start: 0, count: 1), of: Self.job, schema: Self.schema) {
                clock.advance(by: .seconds(10))
            }
        #expect(page.timing.held == .seconds(20))
        #expect(page.timing.timeToFirstByte == clock.slept.reduce(.zero, +))
    }

    @Test func waitsUntilJobIsDone() async throws {
        let running = ScriptedTransport.Reply.answer(200, #"{"jobComplete":false}"#)
        let transport = ScriptedTransport([running, running, running, Self.page([1], total: 1)])
        let clock = ManualClock()
        let page = try await scriptedClient(transport, clock: clock).fetchFirstPage(Self.firstRows, of: Self.job)
        #expect(page.totalRows == 1)
        #expect(clock.slept.isEmpty)
        #expect(transport.unusedReplies == 0)
    }

    @Test(arguments: [
        #"{"jobComplete":true}"#, #"{"jobComplete":true,"totalRows":"0"}"#,
        #"{"jobComplete":true,"schema":{"fields":[]},"totalRows":"0"}"#,
    ])
    func rejectsStatementsWithoutResult(body: String) async throws {
        let client = try scriptedClient(ScriptedTransport([.answer(200, body)]))
        let error = await #expect(throws: BigQueryError.self) {
            try await client.fetchFirstPage(Self.firstRows, of: Self.job)
        }
        #expect(error?.code == .notAQuery)
    }

    @Test(arguments: ["{}", #"{"jobComplete":true,\#(schemaJSON)}"#])
    func rejectsMissingMembers(body: String) async throws {
        let client = try scriptedClient(ScriptedTransport { _ in .answer(200, body) })
        let error = await #expect(throws: RowsError.self) {
            try await client.fetchFirstPage(Self.firstRows, of: Self.job)
        }
        #expect(error?.code == .inconsistentPage)
    }

    @Test func retriesDamagedBody() async throws {
        let transport = ScriptedTransport([.answer(200, #"{"jobComplete":tr"#), Self.page([1], total: 1)])
        let page = try await scriptedClient(transport)
            .fetchPage(RowRange(start: 0, count: 1), of: Self.job, schema: Self.schema)
        #expect(page.rows.rowCount == 1)
    }

    @Test func failsWhenBodyStaysDamaged() async throws {
        let transport = ScriptedTransport { _ in .answer(200, #"{"jobComplete":tr"#) }
        let client = try scriptedClient(transport)
        let error = await #expect(throws: RowsError.self) {
            try await client.fetchPage(RowRange(start: 0, count: 1), of: Self.job, schema: Self.schema)
        }
        #expect(error?.code == .malformedJSON)
        #expect(transport.requests.count == 4)
    }

    @Test func doesNotRetryAnotherSchema() async throws {
        let transport = ScriptedTransport { _ in
            .answer(
                200,
                #"{"jobComplete":true,"schema":{"fields":[{"name":"m","type":"INTEGER"}]},"totalRows":"1","rows":[{"f":[{"v":"1"}]}]}"#
            )
        }
        let client = try scriptedClient(transport)
        let error = await #expect(throws: RowsError.self) {
            try await client.fetchPage(RowRange(start: 0, count: 1), of: Self.job, schema: Self.schema)
        }
        #expect(error?.code == .schemaChanged)
        #expect(transport.requests.count == 1)
    }

    @Test(arguments: [([], .wrongRowCount), ([1, 2, 3], .inconsistentPage)] as [([Int], RowsError.Code)])
    func rejectsWrongNumberOfRows(values: [Int], code: RowsError.Code) async throws {
        // Three retries.
        let transport = ScriptedTransport(Array(repeating: Self.page(values, total: 9), count: 4))
        let client = try scriptedClient(transport)
        let error = await #expect(throws: RowsError.self) {
            try await client.fetchPage(RowRange(start: 0, count: 2), of: Self.job, schema: Self.schema)
        }
        #expect(error?.code == code)
        #expect(transport.unusedReplies == 0)
    }

    /// For example, from the record of a damaged database.
    @Test(
        arguments: [([1], .wrongRowCount), ([], .wrongRowCount), ([1, 2, 3], .inconsistentPage)]
            as [([Int], RowsError.Code)])
    func rejectsOverflowingRange(values: [Int], code: RowsError.Code) async throws {
        let transport = ScriptedTransport(Array(repeating: Self.page(values, total: 9), count: 4))
        let client = try scriptedClient(transport)
        let error = await #expect(throws: RowsError.self) {
            try await client.fetchPage(RowRange(start: .max, count: 2), of: Self.job, schema: Self.schema)
        }
        #expect(error?.code == code)
    }

    @Test func waitsForNewJobToBecomeVisible() async throws {
        let unknown = refusal(404, "notFound")
        let transport = ScriptedTransport([unknown, unknown, Self.page([1], total: 1)])
        let page = try await scriptedClient(transport).fetchFirstPage(Self.firstRows, of: Self.job)
        #expect(page.totalRows == 1)
    }

    @Test func failsWhenNewJobStaysInvisible() async throws {
        let clock = ManualClock()
        let client = try scriptedClient(ScriptedTransport { _ in refusal(404, "notFound") }, clock: clock)
        let error = await #expect(throws: BigQueryError.self) {
            try await client.fetchFirstPage(Self.firstRows, of: Self.job)
        }
        #expect(error?.code == .notFound)
        #expect((.seconds(200)...Duration.seconds(232)).contains(clock.slept.reduce(.zero, +)))
    }

    @Test func reportsExpiredResult() async throws {
        let transport = ScriptedTransport { _ in refusal(404, "notFound") }
        let client = try scriptedClient(transport)
        let error = await #expect(throws: BigQueryError.self) {
            try await client.fetchPage(RowRange(start: 0, count: 1), of: Self.job, schema: Self.schema)
        }
        #expect(error?.code == .resultExpired)
        #expect(transport.requests.count == 1)
    }

    @Test func reportsFailedJobInsteadOfTransientError() async throws {
        let failed = #"{"status":{"state":"DONE","errorResult":{"reason":"resourcesExceeded","message":"too big"}}}"#
        let transport = ScriptedTransport([refusal(500, "internalError"), .answer(200, failed)])
        let client = try scriptedClient(transport)
        let error = await #expect(throws: BigQueryError.self) {
            try await client.fetchFirstPage(Self.firstRows, of: Self.job)
        }
        #expect(error?.code == .queryFailed)
        #expect(error?.message == "too big")
        #expect(transport.requests.count == 2)
    }
}
