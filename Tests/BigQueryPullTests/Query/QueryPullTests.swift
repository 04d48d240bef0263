import BigQuery
import BigQueryPull
import BigQueryRows
import GoogleHTTP
import Synchronization
import TestSupport
import Testing

/// Pulls query results of a scripted service into a sink in memory.
@Suite struct QueryPullTests {
    private static let dryRun = ScriptedTransport.Reply.answer(
        200,
        #"{"jobReference":{"location":"EU"},"status":{"state":"DONE"},"statistics":{"query":{"statementType":"SELECT"}}}"#
    )
    /// Members of a finished job, and of one that the service failed to run.
    private static let done =
        #""status":{"state":"DONE"},"statistics":{"query":{"totalBytesBilled":"10","cacheHit":true}}"#
    private static let failed =
        #""status":{"state":"DONE","errorResult":{"reason":"jobBackendError","message":"try again"}}"#

    /// The response to the insertion of a job.
    private static func job(_ members: String, of request: HTTPRequest) -> ScriptedTransport.Reply {
        let id = request.bodyText.firstMatch(of: /"jobId":"([^"]*)"/)?.1 ?? ""
        return .answer(200, #"{"jobReference":{"jobId":"\#(id)"},\#(members)}"#)
    }

    private static func page(_ values: [Int], total: Int, schema: String = #"{"name":"n","type":"INTEGER"}"#)
        -> ScriptedTransport.Reply
    {
        let rows = values.map { #"{"f":[{"v":"\#($0)"}]}"# }.joined(separator: ",")
        return .answer(
            200, #"{"jobComplete":true,"schema":{"fields":[\#(schema)]},"totalRows":"\#(total)","rows":[\#(rows)]}"#)
    }

    @Test func cancellationDoesNotWaitForAnUnresponsiveService() async throws {
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let transport = ScriptedTransport { request in
            if request.bodyText.contains(#""dryRun":true"#) { return Self.dryRun }
            arrived.yield()
            return await .never()
        }
        let interrupted = Mutex<InterruptedJob?>(nil)
        var pull = try newPull(transport)
        pull.onInterruptedJob = { job in interrupted.withLock { $0 = job } }
        let task = Task { [pull] in try await pull.run(into: MemorySink()) }
        for await _ in arrivals { break }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(interrupted.withLock { $0?.isCancelled } == false)
    }

    /// A job that was never inserted is not reported.
    @Test(
        arguments: [
            (.answer(503), false), (.failure(HTTPError(code: .connectionLost, message: "reset")), false),
            (.answer(404, #"{"error":{"errors":[{"reason":"notFound"}]}}"#), nil), (.answer(200, "{}"), true),
        ] as [(ScriptedTransport.Reply, Bool?)])
    func reportsWhetherTheJobWasCancelled(reply: ScriptedTransport.Reply, isCancelled: Bool?) async throws {
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let cancels = Mutex(0)
        let transport = ScriptedTransport { request in
            if request.bodyText.contains(#""dryRun":true"#) { return Self.dryRun }
            if request.url.contains("/cancel") {
                cancels.withLock { $0 += 1 }
                return reply
            }
            arrived.yield()
            return await .never()
        }
        let interrupted = Mutex<InterruptedJob?>(nil)
        // The timeout of two seconds never passes.
        var pull = try newPull(transport, clock: ManualClock(longestSleep: .seconds(1)))
        pull.onInterruptedJob = { job in interrupted.withLock { $0 = job } }
        let task = Task { [pull] in try await pull.run(into: MemorySink()) }
        for await _ in arrivals { break }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        // The insertion of an unknown job may still be under way.
        #expect(cancels.withLock { $0 } == (isCancelled == nil ? 6 : 1))
        #expect(interrupted.withLock { $0?.isCancelled } == isCancelled)
    }

    /// A service of `total` rows that responds from the scripts, or by default correctly.
    private func service(
        insert: [String] = [], total: Int = 5,
        page: (@Sendable (Int, Int) -> ScriptedTransport.Reply)? = nil
    ) -> ScriptedTransport {
        let inserts = Mutex(insert)
        return ScriptedTransport { request in
            if request.bodyText.contains(#""dryRun":true"#) { return Self.dryRun }
            if request.method == .post {
                return Self.job(inserts.withLock { $0.isEmpty ? nil : $0.removeFirst() } ?? Self.done, of: request)
            }
            guard request.url.contains("/queries/") else { return Self.job(Self.done, of: request) }
            let start = Self.number("startIndex", in: request.url)
            let count = min(Self.number("maxResults", in: request.url), total - start)
            return page?(start, count) ?? Self.page(Array(start..<start + count), total: total)
        }
    }

    private static func number(_ name: String, in url: String) -> Int {
        url.split(whereSeparator: { "?&".contains($0) }).first { $0.hasPrefix(name + "=") }
            .flatMap { Int($0.dropFirst(name.count + 1)) } ?? 0
    }

    private func pull(_ transport: ScriptedTransport, into sink: MemorySink, pageRows: Int = 2) async throws
        -> PullReport
    {
        var pull = try newPull(transport)
        pull.limits.pageRows = pageRows
        return try await pull.run(into: sink)
    }

    private func newPull(_ transport: ScriptedTransport, clock: ManualClock = ManualClock()) throws -> QueryPull {
        let configuration = try BigQueryConfiguration(project: "demo", endpoint: HTTPEndpoint("http://127.0.0.1:1"))
        let client = BigQueryClient(configuration, tokens: nil, transport: transport, clock: clock)
        return QueryPull(QueryRequest("SELECT n"), client: client, clock: clock)
    }

    @Test func deliversToAnySinkInOrder() async throws {
        let sink = MemorySink()
        let report = try await pull(service(), into: sink)
        #expect(sink.values == (0..<5).map { .integer($0) })
        #expect(sink.isFinished)
        #expect(report.pages == 3)
        #expect(report.location == "EU")
        #expect(report.bytesBilled == 10)
        #expect(report.cacheHit == true)
        #expect(report.file == nil)
    }

    @Test func retriesAJobThatTheServiceFailedWithANewID() async throws {
        let transport = service(insert: [Self.failed, Self.failed])
        let report = try await pull(transport, into: MemorySink())
        let inserts = transport.requests.filter { $0.method == .post && !$0.bodyText.contains("dryRun") }
        #expect(inserts.count == 3)
        #expect(Set(inserts.map(\.bodyText)).count == 3)
        #expect(report.retries == 2)
    }

    @Test func retriesAJobTwiceAtMost() async throws {
        let error = await #expect(throws: BigQueryError.self) {
            try await pull(service(insert: [Self.failed, Self.failed, Self.failed]), into: MemorySink())
        }
        #expect(error?.code == .jobFailedTemporarily)
    }

    @Test func continuesShortPages() async throws {
        let sink = MemorySink()
        let transport = service(total: 7) { start, count in
            Self.page(start >= 3 ? [start] : Array(start..<start + count), total: 7)
        }
        _ = try await pull(transport, into: sink, pageRows: 3)
        #expect(sink.values == (0..<7).map { .integer($0) })
    }

    @Test func neverFinishesAChangedTotal() async throws {
        let sink = MemorySink()
        let transport = service { start, count in
            Self.page(Array(start..<start + count), total: start == 0 ? 5 : 6)
        }
        let error = await #expect(throws: RowsError.self) { try await pull(transport, into: sink) }
        #expect(error?.code == .inconsistentPage)
        #expect(!sink.isFinished)
    }

    @Test func neverFinishesAChangedSchema() async throws {
        let sink = MemorySink()
        let transport = service { start, count in
            Self.page(
                Array(start..<start + count), total: 5,
                schema: start < 4 ? #"{"name":"n","type":"INTEGER"}"# : #"{"name":"n","type":"STRING"}"#)
        }
        let error = await #expect(throws: RowsError.self) { try await pull(transport, into: sink) }
        #expect(error?.code == .schemaChanged)
        #expect(!sink.isFinished)
    }

    @Test func halvesAPageThatIsTooLargeOnce() async throws {
        let sink = MemorySink()
        let transport = service(total: 9) { start, count in
            guard start == 0 || count <= 2 else {
                return .answer(
                    HTTPResponseHead(status: 200), [[UInt8](repeating: 32, count: BodyLimits.page.inflatedBytes + 1)])
            }
            return Self.page(Array(start..<start + count), total: 9)
        }
        _ = try await pull(transport, into: sink, pageRows: 4)
        #expect(sink.values == (0..<9).map { .integer($0) })
    }

    @Test func rejectsTimestampsFinerThanMicroseconds() async throws {
        let transport = service { start, count in
            Self.page(
                [], total: 0,
                schema:
                    #"{"name":"s","type":"RECORD","fields":[{"name":"at","type":"TIMESTAMP","timestampPrecision":"12"}]}"#
            )
        }
        let error = await #expect(throws: PullError.self) { try await pull(transport, into: MemorySink()) }
        #expect(error?.code == .unsupportedColumn)
        #expect(error?.detail == .timestampPrecision(column: "s.at"))
    }

    @Test func warnsOfUnknownTypes() async throws {
        let transport = service { start, count in
            Self.page(Array(start..<start + count), total: 5, schema: #"{"name":"n","type":"TENSOR"}"#)
        }
        let sink = MemorySink()
        let report = try await pull(transport, into: sink)
        #expect(
            report.warnings.map(\.message) == [
                "the column n has the unknown type TENSOR; its values are staged as sent"
            ])
        #expect(sink.values.first == .text("0"))
    }
}
