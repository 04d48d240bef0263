import BigQuery
import BigQueryEmulator
import BigQueryPull
import Foundation
import GRDB
import GoogleOAuth
import SQLiteStaging
import Synchronization
import TestSupport
import Testing

@Suite struct QueryStagingTests {
    /// A running job is cancelled with one request; a finished one is not.
    @Test(.faults("L8"), arguments: [(Duration.seconds(60), 1), (.zero, 0)])
    func cancellationCancelsARunningJob(jobTime: Duration, cancels: Int) async throws {
        let configuration = EmulatorConfiguration(latency: .milliseconds(5), jobTime: jobTime)
        try await EmulatorFixture.with(configuration) { fixture in
            let (phases, continuation) = AsyncStream<PullProgress.Phase>.makeStream()
            let interrupted = Mutex<[InterruptedJob]>([])
            // Timeouts never pass, since a busy machine can exceed the time for the cancellation.
            let clock = ManualClock(longestSleep: .zero)
            var pull = QueryPull(QueryRequest("SELECT * FROM bench.trips_10000"), client: fixture.client, clock: clock)
            pull.limits.pageRows = 10
            pull.onProgress = { continuation.yield($0.phase) }
            pull.onInterruptedJob = { job in interrupted.withLock { $0.append(job) } }
            let task = Task { [pull] in
                try await pull.stage(into: StagingTarget(path: fixture.folder.file("staging.db")))
            }
            for await phase in phases where phase == (jobTime == .zero ? .transferring : .running) { break }
            // The phase is reported before the job is inserted.
            while fixture.emulator.counters.requests["jobs.getQueryResults"] == nil { await Task.yield() }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(fixture.emulator.counters.requests["jobs.cancel", default: 0] == cancels)
            #expect(interrupted.withLock { $0.map(\.isCancelled) } == Array(repeating: true, count: cancels))
        }
    }

    /// The row size limit of BigQuery. The page exceeds the memory for pages, so it is read alone.
    @Test(.faults("P13"))
    func stagesACellOf100MB() async throws {
        try await EmulatorFixture.with { fixture in
            let query = QueryRequest(
                "SELECT 1 AS n, hex(zeroblob(50000000)) AS s UNION ALL SELECT 2, 'small' ORDER BY n")
            var pull = QueryPull(query, client: fixture.client)
            pull.limits.memory = 1_000_000
            let file = fixture.folder.file("staging.db")
            let report = try await pull.stage(into: StagingTarget(path: file))
            #expect(report.rowsCopied == 2)
            let rows = try values(file, "SELECT n || ' ' || length(s) || ' ' || trim(s, '0') FROM results ORDER BY n")
            #expect(rows.map { $0[0] as String } == ["1 100000000 ", "2 5 small"])
        }
    }

    private static let query = QueryRequest("SELECT * FROM `bench.trips_3000`")

    private func values(_ file: String, _ sql: String) throws -> [Row] {
        try DatabaseQueue(path: file).read { try Row.fetchAll($0, sql: sql) }
    }

    /// Every division into pages stages the same table.
    @Test(arguments: [
        (pageRows: 100 as Int?, inFlight: 1, pageBytes: nil as Int?), (77, 3, nil), (3000, 1, nil), (5000, 4, nil),
        (nil, 3, nil),
        (1000, 3, 30_000), (nil, 2, 100_000), (1, 6, nil),
    ])
    func pagesTileTheResult(pageRows: Int?, inFlight: Int, pageBytes: Int?) async throws {
        let query = pageRows == 1 ? QueryRequest("SELECT * FROM `bench.trips_3000` LIMIT 50") : Self.query
        let total: Int64 = pageRows == 1 ? 50 : 3000
        try await EmulatorFixture.with(EmulatorConfiguration(pageBytes: pageBytes)) { fixture in
            var pull = QueryPull(query, client: fixture.client)
            pull.limits.pageRows = pageRows
            pull.limits.parallelPages = inFlight
            let file = fixture.folder.file("staging.db")
            let report = try await pull.stage(into: StagingTarget(path: file))
            #expect(report.rowsCopied == total)
            #expect(report.rowsRead == total)
            if let pageRows, pageBytes == nil {
                #expect(report.pages == (total + Int64(pageRows) - 1) / Int64(pageRows))
            }
            let row = try #require(
                try values(
                    file,
                    "SELECT count(*) n, min(trip_id) low, max(trip_id) high, sum(rowid - 1 = trip_id - (SELECT min(trip_id) FROM results)) ordered FROM results"
                ).first
            )
            #expect(row["n"] == total)
            #expect(row["high"] - row["low"] == total - 1)
            #expect(row["ordered"] == total)
            #expect(fixture.emulator.counters.jobs == 1)
            #expect(fixture.emulator.counters.tokenRequests == 1)
        }
    }

    @Test func fillsTheReport() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            var pull = QueryPull(Self.query, client: fixture.client)
            pull.limits.pageRows = 500
            let report = try await pull.stage(into: StagingTarget(path: file, table: "trips"))
            #expect(report.file == file)
            #expect(report.table == "trips")
            #expect(report.project == "local-project")
            #expect(report.location == "US")
            #expect(report.retries == 0)
            #expect(report.warnings.isEmpty)
            #expect(report.dataInflated > 3 * report.dataRead)
            #expect((report.dataWritten ?? 0) > 3000 * 100)
            #expect(report.copyDuration >= report.queryDuration)
            #expect(report.throughput > 0)
            let durations = report.detailedDurations
            #expect(
                [
                    durations.timeToFirstByte, durations.inflate, durations.decode, durations.waitForPages,
                    durations.insert, durations.commit,
                ].allSatisfy { $0 > .zero && $0 <= report.copyDuration * report.pages })
            let run = try #require(try values(file, "SELECT * FROM _bqpull_runs").first)
            #expect(run["run_id"] == report.runID)
            #expect(run["job_id"] == report.jobID)
            #expect(run["rows"] == 3000)
            #expect(run["state"] == "published")
        }
    }

    @Test func stagesAnEmptyResult() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            let query = QueryRequest("SELECT trip_id, vendor FROM `bench.trips_10` WHERE trip_id < -1")
            let report = try await QueryPull(query, client: fixture.client).stage(into: StagingTarget(path: file))
            #expect(report.rowsCopied == 0)
            #expect(
                try values(file, "SELECT * FROM pragma_table_info('results')").map { $0["name"] as String } == [
                    "trip_id", "vendor",
                ])
        }
    }

    @Test(arguments: ["CREATE TABLE x.y AS SELECT 1", "DELETE FROM `bench.trips_10` WHERE true"])
    func rejectsOtherStatementsBeforeTheyRun(sql: String) async throws {
        try await EmulatorFixture.with { fixture in
            let pull = QueryPull(QueryRequest(sql), client: fixture.client)
            let error = await #expect(throws: PullError.self) {
                try await pull.stage(into: StagingTarget(path: fixture.folder.file("staging.db")))
            }
            #expect(error?.code == .notAQuery)
            #expect(fixture.emulator.counters.jobs == 0)
        }
    }

    @Test func rejectsATargetBeforeTheFirstRequest() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            try await DatabaseQueue(path: file).write { try $0.execute(sql: "CREATE TABLE results (a)") }
            let error = await #expect(throws: StagingError.self) {
                try await QueryPull(Self.query, client: fixture.client).stage(into: StagingTarget(path: file))
            }
            #expect(error?.code == .targetExists)
            #expect(fixture.emulator.counters.requests.isEmpty)
            #expect(try values(file, "SELECT * FROM sqlite_master").count == 1)
        }
    }

    @Test func keepsThePreviousTableIfTheQueryFails() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            let target = StagingTarget(path: file)
            _ = try await QueryPull(Self.query, client: fixture.client).stage(into: target)
            let error = await #expect(throws: BigQueryError.self) {
                try await QueryPull(QueryRequest("SELECT nothing FROM `bench.trips_10`"), client: fixture.client).stage(
                    into: target)
            }
            #expect(error?.code == .queryFailed)
            #expect(try values(file, "SELECT count(*) n FROM results").first?["n"] == 3000)
        }
    }
}
