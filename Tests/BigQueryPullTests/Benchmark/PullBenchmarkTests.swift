import BigQuery
import BigQueryEmulator
import BigQueryPull
import Foundation
import GRDB
import GoogleHTTP
import SQLiteStaging
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct PullBenchmarkTests {
    private static let query = PullBenchmark.Source.query(QueryRequest("SELECT * FROM `bench.trips_3000`"))

    private func strings(_ file: String, _ sql: String) throws -> [String] {
        try DatabaseQueue(path: file).read { try String.fetchAll($0, sql: sql) }
    }

    @Test func fetchesTheResultOfOneJobForEverySettingAndRun() async throws {
        try await EmulatorFixture.with { fixture in
            var benchmark = PullBenchmark(Self.query, client: fixture.client)
            benchmark.settings = BenchmarkSetting.combinations(pageRows: [100, 250], parallelPages: [1, 3])
            benchmark.runs = 2
            benchmark.maximumRows = 1000
            let calls = Mutex((estimates: [Int64?](), jobs: [Int](), progress: [BenchmarkProgress]()))
            benchmark.onEstimate = { estimate in
                calls.withLock {
                    $0.estimates.append(estimate.bytesProcessed)
                    $0.jobs.append(fixture.emulator.counters.jobs)
                }
            }
            benchmark.onProgress = { progress in calls.withLock { $0.progress.append(progress) } }
            let report = try await benchmark.run()

            let counters = fixture.emulator.counters
            #expect(counters.jobs == 1)
            #expect(counters.requests["jobs.insert"] == 2)
            #expect(counters.requests["jobs.getQueryResults"] == 1 + 2 * (10 + 10 + 4 + 4))
            #expect(counters.rows == 1000 + 8 * 1000)
            #expect(counters.firstRows.allSatisfy { $0 < 1000 })

            // The estimate comes before the job.
            let (estimates, jobs, progress) = calls.withLock { $0 }
            #expect(estimates.count == 1 && estimates[0] != nil && estimates[0] == report.bytesProcessed)
            #expect(jobs == [0])
            // The settings alternate.
            var turns: [BenchmarkProgress] = []
            for one in progress where one.run > 0 && one.run != turns.last?.run { turns.append(one) }
            #expect(turns.map(\.run) == Array(1...8))
            #expect(turns.map(\.setting) == benchmark.settings + benchmark.settings)
            #expect(progress.allSatisfy { $0.runs == 8 && $0.pull.rows <= 1000 })

            #expect(report.rows == 1000)
            #expect(report.jobID != nil && report.sourceTable == nil && report.file == nil)
            #expect(report.results.map(\.setting) == benchmark.settings)
            #expect(report.results.map(\.median.requests) == [10, 10, 4, 4])
            for result in report.results {
                #expect(result.measurements.count == 2)
                #expect(result.measurements.allSatisfy { $0.rows == 1000 && $0.retries == 0 && $0.duration > .zero })
                #expect(result.measurements.allSatisfy { $0.dataInflated > $0.dataRead })
                #expect(result.measurements.allSatisfy { $0.detailedDurations.insert == .zero })
            }
            #expect(report.bestResult != nil)
        }
    }

    /// The limit also holds where the service returns short pages.
    @Test func appliesTheRowLimitToShortPages() async throws {
        try await EmulatorFixture.with(EmulatorConfiguration(pageBytes: 30_000)) { fixture in
            var benchmark = PullBenchmark(Self.query, client: fixture.client)
            benchmark.settings = [BenchmarkSetting(pageRows: 400, parallelPages: 3)]
            benchmark.runs = 1
            benchmark.maximumRows = 777
            let report = try await benchmark.run()
            #expect(report.results.map(\.median.rows) == [777])
            #expect(report.results[0].median.pages > 2)
        }
    }

    @Test(arguments: [nil, 5000] as [Int64?])
    func fetchesAllRowsWithoutALimit(maximumRows: Int64?) async throws {
        try await EmulatorFixture.with { fixture in
            var benchmark = PullBenchmark(Self.query, client: fixture.client)
            benchmark.settings = [BenchmarkSetting(pageRows: 1000)]
            benchmark.runs = 1
            benchmark.maximumRows = maximumRows
            let report = try await benchmark.run()
            #expect(report.rows == 3000)
        }
    }

    /// Holds five pages until all of them are requested.
    @Test(.timeLimit(.minutes(5))) func fetchesPagesInParallel() async throws {
        try await EmulatorFixture.with { fixture in
            let held = Mutex(0)
            let all = Latch()
            let client = fixture.client { request in
                guard request.url.contains("/queries/"), !request.url.contains("startIndex=0&") else { return }
                let count = held.withLock { held in
                    held += 1
                    return held
                }
                if count == 5 { all.open() }
                await all.wait()
            }
            var benchmark = PullBenchmark(Self.query, client: client)
            benchmark.settings = [BenchmarkSetting(pageRows: 500, parallelPages: 5)]
            benchmark.runs = 1
            let report = try await benchmark.run()
            #expect(report.rows == 3000)
        }
    }

    @Test(arguments: [query, .table(TableReference(project: "local-project", dataset: "bench", table: "trips_3000"))])
    func neitherRequestsNorReceivesGzipIfTurnedOff(source: PullBenchmark.Source) async throws {
        try await EmulatorFixture.with { fixture in
            let encodings = Mutex([[String]]())
            let client = fixture.client { request in
                guard request.url.contains("maxResults=1500&") else { return }
                let values = request.headers.filter { $0.name == "Accept-Encoding" }.map(\.value)
                encodings.withLock { $0.append(values) }
            }
            var benchmark = PullBenchmark(source, client: client)
            benchmark.settings = BenchmarkSetting.combinations(
                gzip: [false, true], pageRows: [1500], parallelPages: [1])
            benchmark.runs = 1
            let report = try await benchmark.run()
            #expect(encodings.withLock { $0 } == [[], [], ["gzip"], ["gzip"]])
            let (plain, gzip) = (report.results[0].median, report.results[1].median)
            #expect(plain.dataRead == plain.dataInflated && plain.compressionRatio == 1)
            #expect(gzip.dataInflated == plain.dataInflated && gzip.compressionRatio > 2)
        }
    }

    @Test(arguments: [query, .table(TableReference(project: "local-project", dataset: "bench", table: "trips_3000"))])
    func replacesTheRowsOfThePreviousRun(source: PullBenchmark.Source) async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("bench.db")
            var benchmark = PullBenchmark(source, client: fixture.client)
            benchmark.settings = [BenchmarkSetting(pageRows: 100), BenchmarkSetting(pageRows: 1000)]
            benchmark.runs = 2
            benchmark.maximumRows = 1500
            benchmark.target = StagingTarget(path: file, table: "bench")
            let report = try await benchmark.run()
            #expect(report.file == file && report.table == "bench")
            #expect(report.results.allSatisfy { $0.median.detailedDurations.insert > .zero })
            #expect(report.results.allSatisfy { $0.median.detailedDurations.commit > .zero })
            #expect(
                try strings(file, "SELECT count(*) || ' ' || count(DISTINCT trip_id) FROM bench") == ["1500 1500"])
            #expect(
                try strings(
                    file,
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_bqpull\\_%' ESCAPE '\\'")
                    == ["bench"])
            #expect(
                try strings(file, "SELECT name FROM sqlite_master WHERE name LIKE '\\_bqpull\\_rows%' ESCAPE '\\'")
                    == [])
            #expect(
                try strings(file, "SELECT state || ' ' || rows || ' ' || total_rows FROM _bqpull_runs")
                    == Array(repeating: "published 1500 1500", count: 4))
            #expect(try strings(file, "PRAGMA integrity_check") == ["ok"])
        }
    }

    /// Before the first request, so that nothing is billed.
    @Test func rejectsAnUnmanagedTable() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("bench.db")
            try await DatabaseQueue(path: file).write { try $0.execute(sql: "CREATE TABLE bench (x INTEGER)") }
            var benchmark = PullBenchmark(Self.query, client: fixture.client)
            benchmark.target = StagingTarget(path: file, table: "bench")
            let error = await #expect(throws: StagingError.self) { try await benchmark.run() }
            #expect(error?.code == .targetExists)
            #expect(fixture.emulator.counters.requests.isEmpty)
        }
    }

    /// The rows of an interrupted run are dropped, and the table keeps those of the previous run.
    @Test func anInterruptedRunLeavesNoRows() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("bench.db")
            var benchmark = PullBenchmark(Self.query, client: fixture.client)
            benchmark.settings = [BenchmarkSetting(pageRows: 100, parallelPages: 1)]
            benchmark.target = StagingTarget(path: file, table: "bench")
            benchmark.maximumRows = 2000
            benchmark.onProgress = { progress in
                if progress.run == 2, progress.pull.rows >= 500 { withUnsafeCurrentTask { $0?.cancel() } }
            }
            let task = Task { [benchmark] in try await benchmark.run() }
            await #expect(throws: CancellationError.self) { try await task.value }
            let rows = try strings(file, "SELECT count(*) FROM bench")
            #expect(rows == ["2000"])
            #expect(
                try strings(file, "SELECT name FROM sqlite_master WHERE name LIKE '\\_bqpull\\_rows%' ESCAPE '\\'")
                    == [])
            #expect(try strings(file, "SELECT state FROM _bqpull_runs") == ["published", "failed"])
            #expect(fixture.emulator.counters.requests["jobs.cancel"] == nil)
        }
    }

    /// The run of a killed process is recorded as interrupted, but no pull continues it.
    @Test(arguments: [query, .table(TableReference(project: "local-project", dataset: "bench", table: "trips_3000"))])
    func noPullContinuesARun(source: PullBenchmark.Source) async throws {
        try await EmulatorFixture.with { fixture in
            let (alive, dead) = (fixture.folder.file("alive.db"), fixture.folder.file("dead.db"))
            var benchmark = PullBenchmark(source, client: fixture.client)
            benchmark.settings = [BenchmarkSetting(pageRows: 100, parallelPages: 1)]
            benchmark.runs = 1
            benchmark.target = StagingTarget(path: alive, table: "bench")
            let isCopied = Mutex(false)
            benchmark.onProgress = { progress in
                guard progress.run == 1, progress.pull.rows >= 500, !isCopied.withLock({ $0 }) else { return }
                isCopied.withLock { $0 = true }
                for suffix in ["", "-wal"] {
                    // Not every moment has a log; a missing database fails below.
                    try? FileManager.default.copyItem(atPath: alive + suffix, toPath: dead + suffix)
                }
            }
            _ = try await benchmark.run()
            let run = try #require(try await RunLog.read(path: dead).first)
            #expect(run.state.isUnfinished && run.rows >= 500)
            #expect(throws: PullError.self) { try QueryPull(continuing: run, client: fixture.client) }
            #expect(throws: PullError.self) { try TablePull(continuing: run, client: fixture.client) }
            // The same benchmark drops its rows.
            benchmark.target?.path = dead
            benchmark.onProgress = { _ in }
            _ = try await benchmark.run()
            #expect(try strings(dead, "SELECT state FROM _bqpull_runs") == ["discarded", "published"])
        }
    }

    @Test func readsATableWithoutAJob() async throws {
        try await EmulatorFixture.with { fixture in
            let table = TableReference(project: "local-project", dataset: "bench", table: "trips_3000")
            var benchmark = PullBenchmark(.table(table), client: fixture.client)
            benchmark.settings = BenchmarkSetting.combinations(pageRows: [100, 500], parallelPages: [1])
            benchmark.runs = 2
            benchmark.maximumRows = 1000
            let report = try await benchmark.run()
            let counters = fixture.emulator.counters
            #expect(counters.requests["jobs.insert"] == nil)
            #expect(counters.requests["tabledata.list"] == 1 + 2 * (10 + 2))
            #expect(counters.rows == 1000 + 4 * 1000)
            #expect(report.sourceTable == "\(table)" && report.jobID == nil && report.bytesBilled == 0)
            #expect(report.results.map(\.median.requests) == [10, 2])
            #expect(report.rows == 1000)
        }
    }

    @Test func cancellationCancelsTheJob() async throws {
        try await EmulatorFixture.with(EmulatorConfiguration(jobTime: .seconds(600))) { fixture in
            let interrupted = Mutex<[InterruptedJob]>([])
            var benchmark = PullBenchmark(Self.query, client: fixture.client)
            benchmark.onInterruptedJob = { job in interrupted.withLock { $0.append(job) } }
            let task = Task { [benchmark] in try await benchmark.run() }
            try await fixture.emulator.waitForCounters { $0.requests["jobs.getQueryResults"] != nil }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(fixture.emulator.counters.requests["jobs.cancel"] == 1)
            #expect(interrupted.withLock { $0.map(\.reference.projectID) } == ["local-project"])
        }
    }

    @Test(arguments: [
        PullBenchmark.Source.query(QueryRequest("SELECT 1 AS x WHERE FALSE")),
        .table(TableReference(project: "local-project", dataset: "bench", table: "trips_0")),
    ])
    func failsWithoutRows(source: PullBenchmark.Source) async throws {
        try await EmulatorFixture.with { fixture in
            let error = await #expect(throws: PullError.self) {
                try await PullBenchmark(source, client: fixture.client).run()
            }
            #expect(error?.code == .nothingToMeasure)
        }
    }
}
