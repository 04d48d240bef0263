import BigQuery
import BigQueryEmulator
import BigQueryPull
import Foundation
import GRDB
import SQLiteStaging
import Synchronization
import TestSupport
import Testing

/// Cancels the task of a pull at every suspension point.
@Suite(.faults("L28"), .timeLimit(.minutes(10))) struct CancellationSweepTests {
    /// The step between tested suspension points.
    private static let step = Sweep.whole(1, orPart: 17, orShort: 61)

    private static let old = ["1|old", "2|old"]

    private struct Scenario: Sendable {
        let fixture: EmulatorFixture

        func target(_ name: String) -> StagingTarget { StagingTarget(path: fixture.folder.file(name)) }

        func pull() -> QueryPull {
            var pull = QueryPull(
                QueryRequest("SELECT trip_id, vendor FROM bench.trips_200"), client: fixture.client)
            pull.limits.pageRows = 40
            return pull
        }

        /// Creates the previous table.
        func prepare(_ target: StagingTarget) async throws {
            let query = QueryRequest("SELECT 1 AS trip_id, 'old' AS vendor UNION ALL SELECT 2, 'old'")
            _ = try await QueryPull(query, client: fixture.client).stage(into: target)
        }

        static func table(_ db: Database) throws -> [String] {
            try String.fetchAll(db, sql: "SELECT trip_id || '|' || vendor FROM results ORDER BY rowid")
        }
    }

    /// With a job that is done immediately, and with one that is not.
    @Test(arguments: [Duration.zero, .milliseconds(40)]) func leavesAConsistentDatabase(jobTime: Duration) async throws
    {
        try await EmulatorFixture.with(EmulatorConfiguration(jobTime: jobTime)) { fixture in
            let scenario = Scenario(fixture: fixture)
            let counting = CountingExecutor()
            let complete = scenario.target("complete.db")
            try await scenario.prepare(complete)
            _ = try await counting.run { try await scenario.pull().stage(into: complete) }.get()
            let new = try await DatabaseQueue(path: complete.path).read { try Scenario.table($0) }
            #expect(new.count == 200 && counting.count > 50)

            var cancelled = 0
            for number in stride(from: 1, through: counting.count + 20, by: Self.step) {
                if try await check(scenario, cancellingAt: number, new: new) { cancelled += 1 }
            }
            #expect(cancelled > counting.count / Self.step / 2)
        }
    }

    /// Returns whether the pull was cancelled before it finished.
    private func check(_ scenario: Scenario, cancellingAt number: Int, new: [String]) async throws -> Bool {
        let comment: Comment = "cancelled at \(number)"
        let emulator = scenario.fixture.emulator
        let target = scenario.target("\(number).db")
        try await scenario.prepare(target)
        let before = emulator.counters
        let interrupted = Mutex<[InterruptedJob]>([])
        let result = await CountingExecutor(cancellingBefore: number).run {
            var pull = scenario.pull()
            pull.onInterruptedJob = { job in interrupted.withLock { $0.append(job) } }
            return try await pull.stage(into: target)
        }
        let found = try await StagingRemains.examine(target.path, comment) { db, found in
            let isNew = found.runs > 1 && found.isPublished
            let rows = try Scenario.table(db)
            #expect(rows == (isNew ? new : Self.old), comment)
        }
        func count(_ method: String) -> Int {
            emulator.counters.requests[method, default: 0] - before.requests[method, default: 0]
        }
        // The cancellation of an unknown job is retried.
        #expect(count("jobs.cancel") <= 6, comment)
        guard case .failure(let error) = result else {
            #expect(found.isPublished && found.runs > 1, comment)
            #expect(count("jobs.cancel") == 0, comment)
            return false
        }
        #expect(error is CancellationError, "\(comment): \(error)")
        #expect(!found.isPublished || found.runs == 1, comment)
        if found.runs > 1 { #expect(found.state == "interrupted", comment) }
        // A job of which rows are staged is done.
        if found.rows > 0 { #expect(count("jobs.cancel") == 0, comment) }
        #expect(interrupted.withLock { $0.count } <= count("jobs.cancel"), comment)

        let report = try await scenario.pull().stage(into: target)
        #expect(report.rowsContinued ?? 0 == (found.runs > 1 ? found.rows : 0), comment)
        let end = try await StagingRemains.examine(target.path, comment) { db, _ in
            let rows = try Scenario.table(db)
            #expect(rows == new, comment)
        }
        #expect(end.isPublished, comment)
        // A cancelled job is replaced by another one.
        let jobs = emulator.counters.jobs - before.jobs
        #expect(jobs == (end.runID == found.runID || found.runs == 1 ? 1 : 1 + min(1, count("jobs.cancel"))), comment)
        return true
    }
}
