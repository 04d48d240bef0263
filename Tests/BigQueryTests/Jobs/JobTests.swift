import BigQuery
import BigQueryRows
import Foundation
import GoogleHTTP
import TestSupport
import Testing

@Suite struct JobTests {
    private static let reference = JobReference(projectID: "demo", jobID: "job_1")

    private static func job(
        state: String = "DONE", sql: String = "SELECT 1", location: String = "US", failure: String? = nil
    ) -> ScriptedTransport.Reply {
        let errorResult = failure.map { #","errorResult":{"reason":"\#($0)","message":"it failed"}"# } ?? ""
        return .answer(
            200,
            #"""
            {"jobReference":{"projectId":"demo","jobId":"job_1","location":"\#(location)"},
             "status":{"state":"\#(state)"\#(errorResult)},
             "configuration":{"query":{"query":"\#(sql)","useLegacySql":false}},
             "statistics":{"totalBytesProcessed":"120","query":{"statementType":"SELECT","totalBytesBilled":"10485760","cacheHit":false}}}
            """#
        )
    }

    @Test func sendsAllOptionsExplicitly() async throws {
        let transport = ScriptedTransport([Self.job()])
        var query = QueryRequest("SELECT @x")
        query.parameters = ["x": 1]
        query.labels = ["team": "data"]
        query.priority = .batch
        query.useQueryCache = false
        query.maximumBytesBilled = 1_000_000
        query.location = "EU"
        var reference = Self.reference
        reference.location = "EU"
        _ = try await scriptedClient(transport).insertJob(query, as: reference)
        let request = try #require(transport.requests.first)
        #expect(request.url == "http://127.0.0.1:1/bigquery/v2/projects/demo/jobs?prettyPrint=false")
        let expected: NSDictionary = [
            "jobReference": ["projectId": "demo", "jobId": "job_1", "location": "EU"],
            "configuration": [
                "labels": ["team": "data"],
                "query": [
                    "query": "SELECT @x", "useLegacySql": false, "useQueryCache": false, "priority": "BATCH",
                    "maximumBytesBilled": "1000000", "parameterMode": "NAMED",
                    "queryParameters": [
                        ["name": "x", "parameterType": ["type": "INT64"], "parameterValue": ["value": "1"]]
                    ],
                ] as NSDictionary,
            ] as NSDictionary,
        ]
        #expect(try json(request) == expected)
    }

    @Test func readsDryRun() async throws {
        let transport = ScriptedTransport([
            .answer(
                200,
                #"{"jobReference":{"location":"EU"},"status":{"state":"DONE"},"statistics":{"totalBytesProcessed":"9","query":{"statementType":"SELECT","totalBytesProcessed":"7","schema":{"fields":[{"name":"a","type":"INTEGER","mode":"REQUIRED"}]}}}}"#
            )
        ])
        let job = try await scriptedClient(transport).dryRun(QueryRequest("SELECT 1 AS a"))
        #expect(job.reference.location == "EU")
        #expect(job.bytesProcessed == 7)
        #expect(job.schema?.fields.first?.name == "a")
        #expect(job.statementType == "SELECT")
        let configuration = try json(try #require(transport.requests.first))["configuration"] as? NSDictionary
        #expect(configuration?["dryRun"] as? Bool == true)
    }

    /// Without parameters, the mode alone allows the text to refer to names.
    @Test(arguments: [(false, nil as Int64?, nil as String?), (true, nil, "NAMED"), (true, 1, "NAMED")])
    func aDryRunCanFindParameters(findsParameters: Bool, value: Int64?, mode: String?) async throws {
        let transport = ScriptedTransport([Self.job()])
        var query = QueryRequest("SELECT @x, @y")
        if let value { query.parameters.append(.int64(value), named: "x") }
        _ = try await scriptedClient(transport).dryRun(query, findsParameters: findsParameters)
        let configuration = try json(try #require(transport.requests.first))["configuration"] as? NSDictionary
        let sent = configuration?["query"] as? NSDictionary
        #expect(sent?["parameterMode"] as? String == mode)
        #expect((sent?["queryParameters"] as? NSArray)?.count == value.map { _ in 1 })
    }

    /// A client for requests that are not worth waiting for.
    @Test func theTimeForRetriesCanBeLimited() async throws {
        let transport = ScriptedTransport { _ in .answer(503) }
        let client = try scriptedClient(transport).retrying(atMost: .zero)
        #expect(client.configuration.retry.budget == .zero && client.configuration.runRetryBudget == .zero)
        #expect(client.configuration.visibilityBudget == .zero)
        let error = await #expect(throws: BigQueryError.self) { try await client.fetchJob(Self.reference) }
        #expect(error?.code == .unavailable)
        #expect(transport.requests.count == 1)
        let patient = client.retrying(atMost: .seconds(3600))
        #expect(patient.configuration.retry.budget == .zero)
    }

    @Test func findsJobOfLostResponse() async throws {
        let transport = ScriptedTransport([
            .failure(HTTPError(code: .connectionLost, message: "reset")),
            refusal(409, "duplicate", "Already Exists: Job demo:EU.job_1"),
            Self.job(location: "EU"),
        ])
        let job = try await scriptedClient(transport).insertJob(QueryRequest("SELECT 1"), as: Self.reference)
        #expect(job.reference.location == "EU")
        #expect(transport.requests.map(\.method) == [.post, .post, .get])
        #expect(transport.requests[0].body == transport.requests[1].body)
        #expect(transport.requests[2].url.contains("/jobs/job_1?location=EU"))
    }

    @Test func waitsForExistingJobToBecomeVisible() async throws {
        let unknown = refusal(404, "notFound")
        let transport = ScriptedTransport([refusal(409, "duplicate"), unknown, unknown, unknown, Self.job()])
        _ = try await scriptedClient(transport).insertJob(QueryRequest("SELECT 1"), as: Self.reference)
        #expect(transport.unusedReplies == 0)
    }

    @Test func rejectsForeignJobWithSameID() async throws {
        let transport = ScriptedTransport([refusal(409, "duplicate"), Self.job(sql: "SELECT 2")])
        let client = try scriptedClient(transport)
        let error = await #expect(throws: BigQueryError.self) {
            try await client.insertJob(QueryRequest("SELECT 1"), as: Self.reference)
        }
        #expect(error?.code == .foreignJob)
    }

    @Test func rejectsInsertionOfAnotherJob() async throws {
        let transport = ScriptedTransport([.answer(200, #"{"jobReference":{"projectId":"demo","jobId":"job_2"}}"#)])
        let client = try scriptedClient(transport)
        let error = await #expect(throws: BigQueryError.self) {
            try await client.insertJob(QueryRequest("SELECT 1"), as: Self.reference)
        }
        #expect(error?.code == .inconsistentResponse)
        #expect(error?.isTransient == true)
        #expect(transport.requests.count == 1)
    }

    @Test(arguments: [("invalidQuery", BigQueryError.Code.queryFailed), ("jobBackendError", .jobFailedTemporarily)])
    func classifiesFailedJob(reason: String, code: BigQueryError.Code) async throws {
        let job = try await scriptedClient(ScriptedTransport([Self.job(failure: reason)])).fetchJob(Self.reference)
        #expect(job.failure?.code == code)
        #expect(job.failure?.message == "it failed")
        #expect(job.bytesBilled == 10_485_760)
    }

    @Test func renewsRejectedToken() async throws {
        let transport = ScriptedTransport([refusal(401, "authError"), Self.job()])
        let tokens = CountingTokens()
        let clock = ManualClock()
        _ = try await scriptedClient(transport, tokens: tokens, clock: clock).fetchJob(Self.reference)
        #expect(
            transport.requests.compactMap { $0.authorization?.reveal() } == [
                "Bearer fake-token-1", "Bearer fake-token-2",
            ])
        #expect(tokens.rejected.count == 1)
        #expect(clock.slept.isEmpty)
    }

    @Test func failsWhenRenewedTokenIsRejected() async throws {
        let transport = ScriptedTransport { _ in refusal(401, "authError") }
        let tokens = CountingTokens()
        let client = try scriptedClient(transport, tokens: tokens)
        let error = await #expect(throws: BigQueryError.self) { try await client.fetchJob(Self.reference) }
        #expect(error?.code == .unauthenticated)
        #expect(transport.requests.count == 2)
    }

    @Test(arguments: [500, 502, 503, 504, 408, 429])
    func retriesTransientStatusesWithBackoff(status: Int) async throws {
        let transport = ScriptedTransport(Array(repeating: .answer(status), count: 9) + [Self.job()])
        let clock = ManualClock()
        _ = try await scriptedClient(transport, clock: clock).fetchJob(Self.reference)
        for (index, delay) in clock.slept.enumerated() {
            #expect((.seconds(1)...Duration.seconds(min(32, 2 << index))).contains(delay))
        }
        #expect(clock.slept.count == 9)
    }

    @Test func waitsAsRequestedByService() async throws {
        let transport = ScriptedTransport([.answer(429, headers: [(name: "Retry-After", value: "77")]), Self.job()])
        let clock = ManualClock()
        _ = try await scriptedClient(transport, clock: clock).fetchJob(Self.reference)
        #expect(clock.slept == [.seconds(77)])
    }

    @Test(arguments: [
        refusal(400, "invalidQuery"), refusal(403, "accessDenied"), refusal(403, "quotaExceeded"),
        refusal(500, "bytesBilledLimitExceeded"), refusal(404, "notFound"), .answer(501), .answer(200, "<html>"),
        .failure(HTTPError(code: .redirected, message: "")),
    ])
    func doesNotRetryPermanentErrors(reply: ScriptedTransport.Reply) async throws {
        let transport = ScriptedTransport { _ in reply }
        let client = try scriptedClient(transport)
        await #expect(throws: (any Error).self) { try await client.fetchJob(Self.reference) }
        #expect(transport.requests.count == 1)
    }

    @Test(
        .faults("A27"),
        arguments: ["", "a/../b", "a?b", "a#b", "a%2fb", "a b", "projekt\n", String(repeating: "a", count: 101)])
    func rejectsInvalidProject(project: String) {
        #expect(throws: BigQueryError.self) { try BigQueryConfiguration(project: project) }
    }

    @Test(.faults("A27")) func encodesJobID() async throws {
        let transport = ScriptedTransport([Self.job()])
        _ = try await scriptedClient(transport).fetchJob(JobReference(projectID: "demo", jobID: "../x?y#z"))
        #expect(transport.requests.first?.url.contains("/jobs/..%2Fx%3Fy%23z?") == true)
    }
}
