import BigQuery
import BigQueryEmulator
import BigQueryRows
import Foundation
import GRDB
import SQLiteStaging
import Synchronization
import TestSupport
import Testing

@testable import BigQueryPull

@Suite(.timeLimit(.minutes(10))) struct ContinuedQueryTests {
    private static let total = 3000
    private static let query = QueryRequest("SELECT trip_id, vendor FROM `bench.trips_3000` ORDER BY trip_id")

    /// Expects every row once, in order.
    private func expectWhole(_ file: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let sql = """
            SELECT count(*), count(DISTINCT trip_id), max(trip_id) - min(trip_id) + 1,
            sum(rowid - 1 = trip_id - (SELECT min(trip_id) FROM results)) FROM results
            """
        let found = try values(file, sql)
        #expect(
            found == ["\(Self.total)|\(Self.total)|\(Self.total)|\(Self.total)"],
            sourceLocation: sourceLocation)
        #expect(try values(file, "PRAGMA integrity_check") == ["ok"], sourceLocation: sourceLocation)
    }

    private func pull(_ fixture: EmulatorFixture, pageRows: Int = 100) -> QueryPull {
        var pull = QueryPull(Self.query, client: fixture.client)
        pull.limits.pageRows = pageRows
        return pull
    }

    @Test(arguments: [1, 1000, 2900]) func continuesWithoutFetchingOrRunningAnythingTwice(rows: Int64) async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            try await interrupt(pull(fixture), into: file) { $0.rows >= rows }
            let staged = try #require(Int(values(file, "SELECT rows FROM _bqpull_runs")[0]))
            #expect(staged >= rows && staged < Self.total)
            let hidden = try values(file, "SELECT name FROM sqlite_master WHERE name LIKE '%rows%'")[0]
            #expect(try values(file, "SELECT count(*) FROM \"\(hidden)\"") == ["\(staged)"])

            let before = fixture.emulator.counters
            let phases = Mutex<[PullProgress.Phase]>([])
            var continued = pull(fixture, pageRows: 250)
            continued.onProgress = { progress in phases.withLock { $0.append(progress.phase) } }
            let report = try await continued.stage(into: StagingTarget(path: file))
            let after = fixture.emulator.counters
            #expect(phases.withLock { $0.first } == .running)
            // Pages in flight when the pull ended can be counted late, but start after the staged rows.
            #expect(after.firstRows.dropFirst(before.firstRows.count).allSatisfy { $0 >= staged })
            #expect(after.firstRows.contains(Int64(staged)))
            #expect(after.requests["jobs.insert"] == before.requests["jobs.insert"])
            #expect(after.requests["jobs.cancel"] == nil)
            #expect(after.jobs == 1)
            #expect(report.rowsContinued == Int64(staged))
            #expect(report.rowsRead == Int64(Self.total))
            #expect(report.rowsCopied == Int64(Self.total))
            try expectWhole(file)
            #expect(try states(file) == ["published"])

            // A finished run is not continued: the same pull starts a new one.
            _ = try await pull(fixture).stage(into: StagingTarget(path: file))
            #expect(fixture.emulator.counters.jobs == 2)
        }
    }

    enum Moment: CaseIterable {
        /// The intent is recorded, the job not inserted.
        case planned
        /// The job is running.
        case running
        /// Some rows are committed.
        case transferring
        /// All rows are committed, but not published.
        case staged

        func isNow(_ progress: PullProgress, _ counters: EmulatorCounters) -> Bool {
            switch (self, progress.phase) {
            case (.planned, .running): counters.requests["jobs.insert"] == 1
            case (.running, .running): counters.requests["jobs.insert"] == 2
            case (.transferring, .transferring): progress.rows > 500
            case (.staged, .publishing): true
            default: false
            }
        }
    }

    @Test(.faults("B17", "L6"), arguments: Moment.allCases)
    func survivesTheEndOfItsProcess(at moment: Moment) async throws {
        // With short polls, each wait is reported.
        let configuration = EmulatorConfiguration(jobTime: moment == .running ? .seconds(3) : .zero)
        try await EmulatorFixture.with(configuration, longPoll: .zero) { fixture in
            let emulator = fixture.emulator
            let dead = try await kill(pull(fixture), in: fixture.folder, cancelling: moment != .running) {
                moment.isNow($0, emulator.counters)
            }
            #expect(try states(dead) == ["running"])
            let job = try values(dead, "SELECT job_id FROM _bqpull_runs")
            let before = emulator.counters
            let report = try await pull(fixture).stage(into: StagingTarget(path: dead))
            #expect([report.jobID] == job)
            if moment == .staged { #expect(emulator.counters.requests == before.requests) }
            try expectWhole(dead)
            #expect(emulator.counters.jobs == 1)
        }
    }

    /// Outside of US and EU, a job is found only with its location, which may not be recorded yet.
    @Test func findsAJobWithoutItsLocation() async throws {
        try await EmulatorFixture.with(EmulatorConfiguration(location: "europe-west6")) { fixture in
            let emulator = fixture.emulator
            let dead = try await kill(pull(fixture), in: fixture.folder) { $0.phase == .transferring }
            try await DatabaseQueue(path: dead).write { try $0.execute(sql: "UPDATE _bqpull_runs SET location = NULL") }
            let report = try await pull(fixture).stage(into: StagingTarget(path: dead))
            #expect(report.location == "europe-west6")
            #expect(emulator.counters.jobs == 1)
            try expectWhole(dead)
        }
    }

    @Test func runsTheQueryAgainIfItsJobWasCancelled() async throws {
        let configuration = EmulatorConfiguration(jobTime: .seconds(600))
        try await EmulatorFixture.with(configuration, longPoll: .zero) { fixture in
            let (file, emulator) = (fixture.folder.file("staging.db"), fixture.emulator)
            for jobs in 1...2 {
                try await interrupt(pull(fixture), into: file) { progress in
                    progress.phase == .running && emulator.counters.jobs == jobs
                }
                #expect(emulator.counters.requests["jobs.cancel"] == jobs)
            }
            #expect(try states(file) == ["failed", "interrupted"])
        }
    }

    /// A running job of an earlier process is cancelled as well.
    @Test func cancelsAJobThatItContinued() async throws {
        let configuration = EmulatorConfiguration(jobTime: .seconds(600))
        try await EmulatorFixture.with(configuration, longPoll: .zero) { fixture in
            let (file, emulator) = (fixture.folder.file("staging.db"), fixture.emulator)
            // The record of a run whose job the test inserts afterwards.
            try await interrupt(pull(fixture), into: file) { $0.phase == .running }
            let run = try #require(try await RunLog.read(path: file).first)
            let job = JobReference(projectID: run.intent.project, jobID: run.intent.jobID ?? "", location: nil)
            _ = try await fixture.client.insertJob(Self.query, as: job)
            let before = emulator.counters.requests["jobs.cancel", default: 0]
            let waits = Mutex(0)
            try await interrupt(pull(fixture), into: file) { _ in
                waits.withLock { waits in
                    waits += 1
                    return waits == 3
                }
            }
            #expect(emulator.counters.requests["jobs.cancel"] == before + 1)
        }
    }

    /// Even a single row is kept.
    @Test(arguments: [(rows: 0, state: "failed"), (rows: 1, state: "interrupted"), (rows: 2, state: "interrupted")])
    func keepsTheRowsOfAJobThatFailed(rows: Int, state: String) async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            let reported = Mutex<Int64>(0)
            var pull = pull(fixture)
            pull.onProgress = { progress in reported.withLock { $0 = progress.rows } }
            let session = QuerySession(pull)
            let database = try await StagingDatabase.open(StagingTarget(path: file))
            let run = try await database.begin(
                StagingIntent(
                    runID: "run", command: "c", incrementalColumn: nil, project: "p", location: "EU", jobID: "j",
                    sql: "s", configuration: "{}", statementType: "SELECT", estimatedBytes: 0, schema: nil,
                    toolVersion: "t", startedAt: Date()))
            try await run.begin(TableSchema(fields: [TableSchema.Field(name: "n", type: .int64)]))
            let cells = (0..<rows).map { CellReference.integer(Int64($0)) }
            try await run.append(RowPage(firstRow: 0, columnCount: 1, bytes: [], cells: cells))
            let error = await #expect(throws: BigQueryError.self) {
                try await run.recordingFailure(session.reporter) {
                    throw BigQueryError(code: .queryFailed, message: "it failed")
                }
            }
            #expect(error?.code == .queryFailed)
            try await database.close()
            #expect(try states(file) == [state])
            // Rows staged just before the error are reported as well.
            #expect(reported.withLock { $0 } == Int64(rows))
        }
    }

    private struct Rejection: Error {}

    /// The reason why an interrupted run cannot be continued.
    enum Loss: CaseIterable {
        case result, job, age
    }

    @Test(arguments: Loss.allCases, [true, false])
    func dropsARunThatCannotBeContinuedOnceAnotherIsAllowed(loss: Loss, isAllowed: Bool) async throws {
        try await EmulatorFixture.with { fixture in
            let (file, target) = (
                fixture.folder.file("staging.db"), StagingTarget(path: fixture.folder.file("staging.db"))
            )
            try await interrupt(pull(fixture), into: file) { $0.rows >= 200 }
            var again = pull(fixture)
            switch loss {
            case .result: fixture.emulator.expireResults()
            case .job:
                try await DatabaseQueue(path: file).write {
                    try $0.execute(sql: "UPDATE _bqpull_runs SET job_id = 'gone'")
                }
            case .age: again.continueWithin = .zero
            }
            let rows = try values(file, "SELECT rows FROM _bqpull_runs")[0]
            if isAllowed {
                let report = try await again.stage(into: target)
                #expect(report.rowsContinued == nil && report.droppedRun.map { "\($0.rows)" } == rows)
                #expect((report.droppedRun?.bytesBilled != nil) == (loss != .job))
                #expect(fixture.emulator.counters.jobs == 2)
                #expect(try states(file) == ["discarded", "published"])
                try expectWhole(file)
            } else {
                again.onEstimate = { _ in throw Rejection() }
                for _ in 1...2 {
                    let error = await #expect(throws: BigQueryError.self) { try await again.stage(into: target) }
                    #expect(error?.code == .resultExpired && error?.cause is Rejection)
                    #expect(
                        error?.message.contains("\(rows) of 3000 rows are staged and kept; a new run would process ")
                            == true, "\(error?.message ?? "")")
                    #expect(error?.message.contains("unknown number") == false)
                }
                #expect(fixture.emulator.counters.jobs == 1)
                #expect(try states(file) == ["interrupted"])
                #expect(try values(file, "SELECT rows FROM _bqpull_runs") == [rows])
            }
        }
    }

    @Test func neverContinuesTheJobOfAnotherQuery() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            let other = JobReference(projectID: "local-project", jobID: "foreign")
            _ = try await fixture.client.insertJob(QueryRequest("SELECT 1 AS trip_id, 'x' AS vendor"), as: other)
            try await interrupt(pull(fixture), into: file) { $0.rows >= 200 }
            try await DatabaseQueue(path: file).write {
                try $0.execute(sql: "UPDATE _bqpull_runs SET job_id = 'foreign'")
            }
            let error = await #expect(throws: BigQueryError.self) {
                try await pull(fixture).stage(into: StagingTarget(path: file))
            }
            #expect(error?.code == .foreignJob)
            _ = try await pull(fixture).stage(into: StagingTarget(path: file))
            #expect(try states(file) == ["failed", "published"])
            try expectWhole(file)
        }
    }

    /// Rows of a changed result are not mixed with staged ones.
    @Test func startsOverIfTheResultChanged() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            try await interrupt(pull(fixture), into: file) { $0.rows >= 200 }
            try await DatabaseQueue(path: file).write { db in
                let run = try String.fetchOne(db, sql: "SELECT run_id FROM _bqpull_runs") ?? ""
                try db.execute(
                    sql: """
                        UPDATE _bqpull_runs SET schema = replace(schema, 'vendor', 'seller');
                        ALTER TABLE "_bqpull_rows_\(run)" RENAME COLUMN vendor TO seller;
                        """)
            }
            let error = await #expect(throws: RowsError.self) {
                try await pull(fixture).stage(into: StagingTarget(path: file))
            }
            #expect(error?.code == .schemaChanged)
            #expect(try states(file) == ["failed"])
            _ = try await pull(fixture).stage(into: StagingTarget(path: file))
            #expect(fixture.emulator.counters.jobs == 2)
            try expectWhole(file)
        }
    }

    /// The same result would violate the key again; the query may not, after its tables are corrected.
    @Test func runsTheQueryAgainIfItsRowsViolateTheKey() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            let pull = QueryPull(QueryRequest("SELECT vendor FROM bench.trips_100"), client: fixture.client)
            for jobs in 1...2 {
                let error = await #expect(throws: StagingError.self) {
                    try await pull.stage(into: StagingTarget(path: file, key: ["vendor"]))
                }
                #expect(error?.code == .keyViolated)
                #expect(fixture.emulator.counters.jobs == jobs)
            }
            let found = try states(file)
            #expect(found == ["failed", "failed"])
        }
    }

    @Test func rejectsAResultWithAnotherRowCount() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            try await interrupt(pull(fixture), into: file) { $0.rows >= 200 }
            try await DatabaseQueue(path: file).write {
                try $0.execute(sql: "UPDATE _bqpull_runs SET total_rows = 5000")
            }
            let error = await #expect(throws: RowsError.self) {
                try await pull(fixture).stage(into: StagingTarget(path: file))
            }
            #expect(error?.message.hasSuffix(" had 5000 rows, now 3000") == true)
            #expect(try values(file, "SELECT name FROM sqlite_master WHERE name = 'results'") == [])
            // Neither count can be trusted, so the next run starts over.
            _ = try await pull(fixture).stage(into: StagingTarget(path: file))
            try expectWhole(file)
        }
    }

    /// The current limit applies to a job that was never inserted.
    @Test func appliesTheCurrentLimitIfTheJobWasNeverInserted() async throws {
        try await EmulatorFixture.with { fixture in
            let dead = try await kill(pull(fixture), in: fixture.folder) { $0.phase == .running }
            var again = pull(fixture)
            again.query.maximumBytesBilled = 1
            let error = await #expect(throws: BigQueryError.self) {
                try await again.stage(into: StagingTarget(path: dead))
            }
            #expect(error?.reason == "bytesBilledLimitExceeded")
        }
    }

    @Test(arguments: [true, false]) func appliesTheCurrentCacheOptionIfTheJobWasNeverInserted(useQueryCache: Bool)
        async throws
    {
        try await EmulatorFixture.with { fixture in
            _ = try await pull(fixture).stage(into: StagingTarget(path: fixture.folder.file("earlier.db")))
            let dead = try await kill(pull(fixture), in: fixture.folder) { $0.phase == .running }
            var again = pull(fixture)
            again.query.useQueryCache = useQueryCache
            #expect(try await again.stage(into: StagingTarget(path: dead)).cacheHit == useQueryCache)
        }
    }

    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout QueryPull, inout StagingTarget) -> Void
        var isSame = false
    }

    static let changes = [
        Change(
            testDescription: "page size, memory",
            change: { pull, _ in
                pull.limits.pageRows = 7
                pull.limits.memory = 1_000_000
                pull.limits.parallelPages = 1
            }, isSame: true),
        Change(
            testDescription: "labels, priority, cache, limit",
            change: { pull, _ in
                pull.query.labels = ["a": "b"]
                pull.query.priority = .batch
                pull.query.useQueryCache = false
                pull.query.maximumBytesBilled = 1 << 40
            }, isSame: true),
        Change(testDescription: "indexes", change: { _, target in target.indexes = [["vendor"]] }, isSame: true),
        Change(testDescription: "the location", change: { pull, _ in pull.query.location = "US" }),
        Change(testDescription: "the text", change: { pull, _ in pull.query.sql += " " }),
        Change(
            testDescription: "a parameter",
            change: { pull, _ in pull.query.parameters = ["x": 1] }),
        Change(testDescription: "the dialect", change: { pull, _ in pull.query.useLegacySQL = true }),
        Change(testDescription: "the key", change: { _, target in target.key = ["trip_id"] }),
        Change(testDescription: "the mode", change: { _, target in target.ifExists = .append }),
    ]

    @Test(arguments: changes) func recognizesTheSamePull(_ change: Change) async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            var (again, target) = (pull(fixture), StagingTarget(path: file))
            // Valid in both dialects.
            again.query.sql = "SELECT trip_id, vendor FROM bench.trips_3000"
            try await interrupt(again, into: file) { $0.rows >= 200 }
            change.change(&again, &target)
            let report = try await again.stage(into: target)
            #expect((report.rowsContinued != nil) == change.isSame)
            #expect(fixture.emulator.counters.jobs == (change.isSame ? 1 : 2))
            #expect(try values(file, "SELECT count(*) FROM results") == ["3000"])
            #expect(try states(file) == (change.isSame ? ["published"] : ["superseded", "published"]))
        }
    }

    @Test func continuesARunFromItsRecordAlone() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            var pull = QueryPull(
                QueryRequest("SELECT trip_id, vendor, @a AS a, @b AS b FROM bench.trips_3000"), client: fixture.client)
            pull.limits.pageRows = 100
            pull.query.parameters = [
                "a": .array([
                    .struct(["x": 1, "y": "q"]), .struct(["x": .null(of: .int64), "y": .null(of: .string)]),
                ]),
                "b": "it's",
            ]
            pull.query.labels = ["team": "data"]
            try await interrupt(pull, into: file) { $0.rows >= 200 }
            let run = try #require(try await RunLog.read(path: file).first)
            let continued = try QueryPull(continuing: run, client: fixture.client)
            var sent = pull.query
            sent.location = "US"
            #expect(continued.query == sent)
            let report = try await continued.stage(into: run.target)
            #expect(report.rowsContinued == run.rows)
            #expect(fixture.emulator.counters.jobs == 1)
            #expect(try values(file, "SELECT count(*), min(b) FROM results") == ["3000|it's"])

            let error = await #expect(throws: StagingError.self) { try await continued.stage(into: run.target) }
            #expect(error?.code == .noRun)
            #expect(throws: PullError.self) {
                var foreign = run
                foreign.intent.project = "another-project"
                _ = try QueryPull(continuing: foreign, client: fixture.client)
            }
        }
    }
}
