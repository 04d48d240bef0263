import BigQuery
import BigQueryEmulator
import BigQueryPull
import Foundation
import GoogleHTTP
import Synchronization
import TestSupport
import Testing

/// Exports with the emulator into a folder, and with a scripted service.
@Suite struct ExportTests {
    private static let table = TableReference(project: "local-project", dataset: "bench", table: "numbers_12000")
    private static let destination = "gs://bucket/x-*.csv"

    private func withBucket(
        _ body: @escaping @Sendable (EmulatorFixture, String) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder in
            try await EmulatorFixture.with(EmulatorConfiguration(buckets: ["bucket": folder.path])) {
                try await body($0, folder.path)
            }
        }
    }

    @Test func exportsATable() async throws {
        try await withBucket { fixture, folder in
            let phases = Mutex<Set<ExportProgress.Phase>>([])
            var export = TableExport(
                Self.table, to: try ExportDestination(uri: Self.destination), client: fixture.client)
            export.onProgress = { progress in phases.withLock { _ = $0.insert(progress.phase) } }
            let report = try await export.run()
            #expect(report.filesWritten == 2)
            #expect(report.rowsCopied == nil)
            #expect(report.dataExported ?? 0 > 0)
            #expect(report.bytesBilled == 0)
            #expect(report.sourceTable == "local-project.bench.numbers_12000")
            #expect(report.location == "US")
            #expect(report.jobID != nil)
            #expect(phases.withLock { $0.isSuperset(of: [.planning, .waiting]) })
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
        }
    }

    @Test func exportsAQueryAfterItsEstimate() async throws {
        try await withBucket { fixture, folder in
            let query = QueryRequest("SELECT id FROM bench.numbers_12000 WHERE id < @n", parameters: ["n": 11_000])
            var export = QueryExport(
                query, to: try ExportDestination(uri: Self.destination), client: fixture.client)
            struct TooMuch: Error {}
            export.onEstimate = { estimate in
                #expect(estimate.bytesProcessed ?? 0 > 0)
                #expect(estimate.location == "US")
                throw TooMuch()
            }
            await #expect(throws: TooMuch.self) { try await export.run() }
            #expect(fixture.emulator.counters.jobs == 0)
            export.onEstimate = { _ in }
            let report = try await export.run()
            #expect(report.filesWritten == 2)
            #expect(report.rowsCopied == 11_000)
            #expect(report.bytesBilled ?? 0 > 0)
            #expect(fixture.emulator.counters.jobs == 1)
            // The files of the first export are in the way.
            let error = await #expect(throws: BigQueryError.self) { try await export.run() }
            #expect(error?.message.contains("not empty") == true && error?.detail == .exportJob)
            export.overwrites = true
            #expect(try await export.run().filesWritten == 2)
        }
    }

    @Test(arguments: ["SELECT 1 AS x; SELECT 2 AS x", "CREATE TABLE d.t AS SELECT 1 AS x"])
    func rejectsStatementsOtherThanSelect(sql: String) async throws {
        try await withBucket { fixture, _ in
            let destination = try ExportDestination(uri: Self.destination)
            let error = await #expect(throws: PullError.self) {
                try await QueryExport(QueryRequest(sql), to: destination, client: fixture.client).run()
            }
            #expect(error?.code == .notAQuery)
            #expect(fixture.emulator.counters.jobs == 0)
        }
    }

    @Test func rejectsNestedColumnsInCSVBeforeTheJob() async throws {
        try await withBucket { fixture, _ in
            let destination = try ExportDestination(uri: Self.destination)
            let nested = TableReference(project: "local-project", dataset: "bench", table: "nested_1")
            let client = fixture.client
            let exports: [@Sendable () async throws -> ExportReport] = [
                { try await TableExport(nested, to: destination, client: client).run() },
                {
                    try await QueryExport(QueryRequest("SELECT * FROM bench.nested_1"), to: destination, client: client)
                        .run()
                },
            ]
            for export in exports {
                let error = await #expect(throws: BigQueryError.self) { try await export() }
                #expect(error?.code == .invalidRequest)
            }
            #expect(fixture.emulator.counters.jobs == 0)
        }
    }

    // MARK: A scripted service

    private static func description(_ more: String = "", type: String = "TABLE") -> ScriptedTransport.Reply {
        .answer(
            200,
            #"""
            {"tableReference":{"projectId":"p","datasetId":"d","tableId":"t"},"type":"\#(type)","location":"EU",
            "schema":{"fields":[{"name":"n","type":"INTEGER"}]},"numRows":"4"\#(more)}
            """#)
    }

    /// Ends each inserted job with the next of these errors; later jobs succeed.
    private func service(
        _ ends: [String] = [], describing description: ScriptedTransport.Reply = description()
    ) -> ScriptedTransport {
        let state = Mutex((ends: ends, id: "", end: ""))
        return ScriptedTransport { request in
            if request.url.contains("/datasets/") { return description }
            let dryRun = #"{"jobReference":{"location":"EU"},"statistics":{"query":{"statementType":"SELECT"}}}"#
            if request.bodyText.contains(#""dryRun":true"#) { return .answer(200, dryRun) }
            return state.withLock { state in
                if request.method == .post {
                    state.id = String(request.bodyText.firstMatch(of: /"jobId":"([^"]*)"/)?.1 ?? "")
                    state.end = state.ends.isEmpty ? "" : state.ends.removeFirst()
                    return .answer(200, #"{"jobReference":{"jobId":"\#(state.id)"},"status":{"state":"RUNNING"}}"#)
                }
                return .answer(
                    200,
                    #"{"jobReference":{"jobId":"\#(state.id)","location":"EU"},"status":{"state":"DONE"\#(state.end)}}"#
                )
            }
        }
    }

    private static func failure(_ reason: String, _ message: String = "no") -> String {
        #","errorResult":{"reason":"\#(reason)","message":"\#(message)"}"#
    }

    private func client(_ transport: ScriptedTransport) throws -> BigQueryClient {
        let configuration = try BigQueryConfiguration(project: "demo", endpoint: HTTPEndpoint("http://127.0.0.1:1"))
        return BigQueryClient(configuration, tokens: nil, transport: transport, clock: ManualClock())
    }

    private func jobs(_ transport: ScriptedTransport) -> Int {
        transport.requests.count { $0.method == .post && !$0.bodyText.contains(#""dryRun":true"#) }
    }

    private func tableExport(
        _ transport: ScriptedTransport, clock: ManualClock = ManualClock()
    ) throws -> TableExport {
        TableExport(
            TableReference(project: "p", dataset: "d", table: "t"),
            to: try ExportDestination(uri: Self.destination), client: try client(transport), clock: clock)
    }

    private func queryExport(_ transport: ScriptedTransport) throws -> QueryExport {
        QueryExport(
            QueryRequest("SELECT 1"), to: try ExportDestination(uri: Self.destination),
            client: try client(transport), clock: ManualClock())
    }

    @Test func runsInTheLocationOfTheTable() async throws {
        let transport = service()
        let report = try await tableExport(transport).run()
        #expect(report.location == "EU")
        #expect(report.project == "demo")
        let insertion = try #require(transport.requests.first { $0.method == .post })
        #expect(insertion.bodyText.contains(#""location":"EU""#))
        #expect(transport.requests.last?.url.contains("location=EU") == true)
    }

    /// Retries with a new job ID, unless files of the failed job can be in the way.
    @Test(arguments: [(false, 1), (true, 3)])
    func retriesAJobThatTheServiceFailed(overwrites: Bool, jobCount: Int) async throws {
        let ends = Array(repeating: Self.failure("jobBackendError"), count: 2)
        let transport = service(ends)
        var export = try queryExport(transport)
        export.overwrites = overwrites
        if overwrites {
            #expect(try await export.run().retries == 2)
        } else {
            await #expect(throws: (any Error).self) { try await export.run() }
        }
        #expect(jobs(transport) == jobCount)

        let extract = service(ends)
        #expect(try await tableExport(extract).run().retries == 2)
        #expect(jobs(extract) == 3)
    }

    @Test(arguments: ["invalid", "accessDenied", "notFound", "bytesBilledLimitExceeded"])
    func marksTheErrorOfTheJob(reason: String) async throws {
        let transport = service([Self.failure(reason, "no")])
        let error = await #expect(throws: BigQueryError.self) { try await tableExport(transport).run() }
        #expect(error?.message == "no" && error?.detail == .exportJob)
        #expect(jobs(transport) == 1)
    }

    @Test(arguments: ["VIEW", "MATERIALIZED_VIEW", "EXTERNAL"])
    func suggestsAQueryForAView(type: String) async throws {
        let transport = service(describing: Self.description(type: type))
        let error = await #expect(throws: BigQueryError.self) { try await tableExport(transport).run() }
        #expect(error?.code == .notATable)
        #expect(
            error?.detail == .readableByQuery(sql: "SELECT * FROM `p.d.t`", exportURI: "gs://bucket/x-*.csv"))
    }

    @Test func warnsOfAStreamingBuffer() async throws {
        let transport = service(describing: Self.description(#","streamingBuffer":{"estimatedRows":"1"}"#))
        #expect(try await tableExport(transport).run().warnings.map(\.code) == [.streamingBuffer])
    }

    @Test func cancellationCancelsTheJob() async throws {
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let transport = ScriptedTransport { request in
            if request.url.contains("/datasets/") { return Self.description() }
            if request.url.contains("/cancel") { return .answer(200, "{}") }
            arrived.yield()
            return await .never()
        }
        let interrupted = Mutex<InterruptedJob?>(nil)
        // The timeout for the cancellation never passes.
        var export = try tableExport(transport, clock: ManualClock(longestSleep: .seconds(1)))
        export.onInterruptedJob = { job in interrupted.withLock { $0 = job } }
        let task = Task { [export] in try await export.run() }
        for await _ in arrivals { break }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(interrupted.withLock { $0?.isCancelled } == true)
        #expect(transport.requests.count { $0.url.contains("/cancel?location=EU") } == 1)
    }
}
