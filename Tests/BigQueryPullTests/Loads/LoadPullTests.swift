import BigQuery
import BigQueryEmulator
import Foundation
import GoogleHTTP
import SQLiteStaging
import Synchronization
import TestSupport
import Testing

@testable import BigQueryPull

/// Loads over several runs.
@Suite struct LoadPullTests {
    private static func rows(_ ids: ClosedRange<Int>) -> [String] { ids.map { Shop.row($0) } }

    // MARK: Identity

    @Test func rejectsAChangedQueryBeforeItIsBilled() async throws {
        try await Shop.with(Self.rows(1...3)) { shop in
            let sql = "SELECT * FROM shop.orders WHERE note = @note"
            try await shop.pull("id", sql: sql) { $0.query.parameters = ["note": "x"] }
            let (jobs, edited) = (shop.jobs, "SELECT * FROM shop.orders WHERE id > 0 AND note = @note")
            for (sql, note) in [(edited, "x"), (sql, "y")] {
                let error = await #expect(throws: PullError.self) {
                    try await shop.pull("id", sql: sql) { $0.query.parameters = ["note": .string(note)] }
                }
                #expect(error?.code == .loadChanged)
                #expect(
                    error?.detail == .changedQuery(name: "results", newName: "results_2", needsLoadColumn: true))
            }
            #expect(shop.jobs == jobs)

            let spaced = "SELECT * -- every column\nFROM shop.orders WHERE note = @note;"
            let same = try await shop.pull("id", sql: spaced) { $0.query.parameters = ["note": "x"] }
            #expect(same.load?.queryChanged == false)
            try await shop.load(Self.rows(1...4))
            let continued = try await shop.pull("id", sql: edited) { pull in
                pull.query.parameters = ["note": "x"]
                pull.continuesChangedQuery = true
            }
            #expect(continued.load?.queryChanged == true)
            #expect((continued.load?.since, continued.rowsInserted) == ("3", 1))
            // The new query is recorded.
            let next = try await shop.pull("id", sql: edited) { $0.query.parameters = ["note": "x"] }
            #expect(next.load?.queryChanged == false)
        }
    }

    @Test func proposesANameThatNoLoadHas() async throws {
        try await Shop.with(Self.rows(1...3)) { shop in
            try await shop.pull("id")
            var other = StagingTarget(path: shop.file, table: "results_2", ifExists: .append)
            _ = try await shop.incremental("id").stage(into: other)
            let changed = await #expect(throws: PullError.self) { try await shop.pull("id", sql: "\(Shop.sql) AS o") }
            #expect(
                changed?.detail == .changedQuery(name: "results", newName: "results_3", needsLoadColumn: true))
            other.table = "third"
            let taken = await #expect(throws: PullError.self) {
                try await shop.incremental("id") { $0.load = "RESULTS" }.stage(into: other)
            }
            #expect(taken?.code == .loadConflict)
            #expect(taken?.detail == .takenName(newName: "results_3"))
        }
    }

    @Test func twoLoadsOfOneTableHaveTheirOwnMarks() async throws {
        try await Shop.with(Self.rows(1...9)) { shop in
            try await shop.load(Self.rows(1...3), into: "us")
            let us = "SELECT * FROM shop.us"
            try await shop.pull("id") { $0.load = "eu" }
            let jobs = shop.jobs
            let error = await #expect(throws: PullError.self) { try await shop.pull("id", sql: us) { $0.load = "us" } }
            #expect(error?.code == .loadColumnRequired)
            #expect(shop.jobs == jobs)
            let second = try await shop.pull("id", loadColumn: "source", sql: us) { $0.load = "us" }
            #expect((second.rowsInserted, second.load?.name, second.load?.mark) == (3, "us", "3"))
            #expect(
                try shop.read("SELECT source || ' ' || count(*) FROM results GROUP BY source") == ["eu 9", "us 3"])

            try await shop.load(Self.rows(1...5), into: "us")
            let third = try await shop.pull("id", loadColumn: "source", sql: us) { $0.load = "us" }
            #expect((third.rowsInserted, third.rowsUnchanged) == (2, 1))
            let without = await #expect(throws: PullError.self) { try await shop.pull("id") { $0.load = "eu" } }
            #expect(without?.detail == .loadColumn("source"))
            let eu = try await shop.pull("id", loadColumn: "source") { $0.load = "eu" }
            #expect((eu.rowsInserted, eu.rowsUnchanged, eu.load?.since) == (0, 1, "9"))
        }
    }

    @Test func rejectsAnAppendToRowsWithoutALoad() async throws {
        try await Shop.with(Self.rows(1...3)) { shop in
            try await shop.pullPlainly(nil)
            let jobs = shop.jobs
            let first = await #expect(throws: PullError.self) { try await shop.pull("id") }
            #expect(first?.code == .rowsWithoutLoad)
            #expect(first?.detail == .rowsWithoutLoad(mark: nil))
            #expect(shop.jobs == jobs)
            try await shop.load(Self.rows(1...4))
            let adopted = try await shop.pull("id") { $0.since = .beginning }
            #expect((adopted.rowsInserted, adopted.rowsUnchanged, adopted.load?.mark) == (1, 3, "4"))

            try await shop.load([Shop.row(5)])
            try await shop.pullPlainly(.append)
            try await shop.load(Self.rows(1...6))
            let second = await #expect(throws: PullError.self) { try await shop.pull("id") }
            #expect(second?.detail == .rowsWithoutLoad(mark: "4"))
            let report = try await shop.pull("id") { $0.since = .value("4") }
            #expect((report.rowsInserted, report.rowsUnchanged, report.rowsInTable) == (1, 2, 6))
            #expect(try await shop.pull("id").rowsInserted == 0)
        }
    }

    // MARK: Bounds and marks

    @Test func aBackfillDoesNotMoveTheMarkBack() async throws {
        try await Shop.with(Self.rows(10...20)) { shop in
            try await shop.pull("id")
            try await shop.load(Self.rows(1...20))
            let report = try await shop.pull("id") { pull in
                pull.since = .value("3")
                pull.until = "6"
            }
            #expect((report.load?.since, report.load?.until) == ("3", "6"))
            #expect((report.load?.previousMark, report.load?.mark, report.load?.leavesGap) == ("20", "20", false))
            #expect(try shop.read("SELECT id FROM results WHERE id < 10 ORDER BY id") == ["3", "4", "5"])
        }
    }

    @Test func aGapKeepsTheMark() async throws {
        try await Shop.with(Self.rows(1...5)) { shop in
            try await shop.pull("id")
            try await shop.load(Self.rows(1...20))
            let report = try await shop.pull("id") { $0.since = .value("15") }
            #expect((report.load?.mark, report.load?.leavesGap) == ("5", true))
            let next = try await shop.pull("id")
            #expect((next.rowsInserted, next.rowsUnchanged, next.load?.mark) == (9, 7, "20"))
            #expect(try shop.read("SELECT count(*) || ' ' || count(DISTINCT id) FROM results") == ["20 20"])
        }
    }

    @Test func aLookbackReadsLateRows() async throws {
        try await Shop.with([Shop.row(1, day: 10), Shop.row(2, day: 20)]) { shop in
            try await shop.pull("day")
            try await shop.load([Shop.row(1, day: 10), Shop.row(3, day: 18), Shop.row(2, day: 20)])
            let report = try await shop.pull("day") { $0.lookback = .duration(.seconds(2 * 86400)) }
            #expect((report.load?.since, report.rowsInserted, report.rowsUnchanged) == ("2024-01-18", 1, 1))
        }
    }

    @Test func estimatesTheNextRun() async throws {
        try await Shop.with(Self.rows(1...5)) { shop in
            let pull = shop.incremental("id")
            let first = try await pull.estimate(into: shop.target)
            #expect((first.load?.name, first.load?.column, first.load?.since) == ("results", "id", nil))
            #expect(!FileManager.default.fileExists(atPath: shop.file))
            try await shop.pull("id")
            let jobs = shop.jobs
            let second = try await pull.estimate(into: shop.target)
            #expect((second.load?.since, second.load?.previousMark, second.load?.mark) == ("5", "5", nil))
            let ranged = try await shop.incremental("id") { $0.until = "9" }.estimate(into: shop.target)
            #expect((ranged.load?.since, ranged.load?.until) == ("5", "9"))
            #expect(shop.jobs == jobs)
        }
    }

    @Test func showsTheBoundsBeforeTheQueryIsBilled() async throws {
        struct Rejection: Error {}
        try await Shop.with(Self.rows(1...5)) { shop in
            try await shop.pull("id")
            let jobs = shop.jobs
            await #expect(throws: Rejection.self) {
                try await shop.pull("id") { pull in
                    pull.onEstimate = { estimate in
                        #expect(estimate.load?.since == "5")
                        throw Rejection()
                    }
                }
            }
            #expect(shop.jobs == jobs)
        }
    }

    @Test func rejectsAnotherTypeOfTheColumn() async throws {
        try await Shop.with(Self.rows(1...5)) { shop in
            let sql = "SELECT id, day AS at FROM shop.orders"
            try await shop.pull("at", sql: sql)
            _ = try await shop.incremental("id") { $0.load = "results_2" }.stage(
                into: StagingTarget(path: shop.file, table: "other", ifExists: .append))
            let jobs = shop.jobs
            let error = await #expect(throws: PullError.self) {
                try await shop.pull("at", sql: "SELECT id, id AS at FROM shop.orders") {
                    $0.continuesChangedQuery = true
                }
            }
            #expect(error?.code == .loadConflict && error?.detail == .takenName(newName: "results_3"))
            #expect(error?.message.contains("was DATE") == true && error?.message.contains("is INT64") == true)
            #expect(shop.jobs == jobs)
        }
    }

    // MARK: Interrupted runs

    /// Bounds, lookback and name are part of the command.
    @Test func aBackfillDoesNotContinueAnother() async throws {
        try await Shop.with(Self.rows(1...20)) { shop in
            let january = shop.incremental("id") { pull in
                pull.since = .value("1")
                pull.until = "11"
            }
            try await shop.interrupt(january)
            let february = try await shop.pull("id") { pull in
                pull.since = .value("11")
                pull.until = "21"
            }
            #expect((february.rowsContinued, february.rowsInserted) == (nil, 10))
            #expect(february.supersededRuns.count == 1)
            #expect(try shop.read("SELECT min(id) FROM results") == ["11"])
        }
    }

    @Test func dropsAnInterruptedRunOfTheOldQuery() async throws {
        try await Shop.with(Self.rows(1...20)) { shop in
            try await shop.interrupt(shop.incremental("id"))
            let run = try #require(try await RunLog.read(path: shop.file).last)
            let report = try await shop.pull("id", sql: "SELECT * FROM shop.orders AS o")
            #expect(report.supersededRuns.map(\.runID) == [run.intent.runID])
            #expect(report.droppedRun == nil)
            #expect(try shop.read("SELECT count(*) FROM results") == ["20"])
        }
    }

    /// Each attempt is a run of its own, and the first one drops what is in its way.
    @Test func aRetriedJobReportsWhatItsFirstRunDropped() async throws {
        try await Shop.with(Self.rows(1...20)) { shop in
            try await shop.interrupt(shop.incremental("id") { $0.load = "us" }, loadColumn: "source")
            let interrupted = try #require(try await RunLog.read(path: shop.file).last)
            try await shop.pull("id", loadColumn: "source") { $0.load = "eu" }
            try await shop.execute("DROP TABLE results")
            let inserts = Mutex(0)
            let client = shop.fixture.client { request in
                let body = String(decoding: request.body ?? [], as: UTF8.self)
                guard body.contains("jobReference"), !body.contains("\"dryRun\":true") else { return }
                let count = inserts.withLock { count in
                    count += 1
                    return count
                }
                if count == 1 { throw BigQueryError(code: .jobFailedTemporarily, message: "failed") }
            }
            var pull = QueryPull(QueryRequest("SELECT * FROM shop.orders AS o"), client: client)
            pull.incrementalColumn = "id"
            pull.load = "us"
            var target = shop.target
            target.loadColumn = "source"
            let report = try await pull.stage(into: target)
            #expect(inserts.withLock { $0 } == 2)
            #expect(
                try shop.read("SELECT state FROM _bqpull_runs WHERE load = 'us' ORDER BY rowid")
                    == ["discarded", "failed", "published"])
            #expect((report.retries, report.rowsInserted) == (1, 20))
            #expect(report.resetLoads == ["eu"])
            #expect(report.supersededRuns.map(\.runID) == [interrupted.intent.runID])
        }
    }

    @Test func keepsAnInterruptedRunOfAnotherLoad() async throws {
        try await Shop.with(Self.rows(1...20)) { shop in
            try await shop.load(Self.rows(1...3), into: "us")
            var eu = shop.incremental("id") { $0.load = "eu" }
            eu.limits.pageRows = 2
            var target = shop.target
            target.loadColumn = "source"
            let task = Task { [eu, target] in
                var interrupted = eu
                interrupted.onProgress = { if $0.rows >= 4 { withUnsafeCurrentTask { $0?.cancel() } } }
                return try await interrupted.stage(into: target)
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            let us = try await shop.pull("id", loadColumn: "source", sql: "SELECT * FROM shop.us") { $0.load = "us" }
            #expect(us.supersededRuns == [])
            let jobs = shop.jobs
            let continued = try await eu.stage(into: target)
            #expect((continued.rowsContinued ?? 0) >= 4)
            #expect(continued.rowsInserted == 20)
            #expect(shop.jobs == jobs)
        }
    }

    /// The record has everything, even if the query has to run again.
    @Test(arguments: [true, false]) func continuesABackfillFromItsRecord(isExpired: Bool) async throws {
        try await Shop.with(Self.rows(1...20)) { shop in
            try await shop.interrupt(
                shop.incremental("id") { pull in
                    pull.load = "orders"
                    pull.since = .value("3")
                    pull.until = "18"
                    pull.lookback = .number(2)
                })
            if isExpired { shop.fixture.emulator.expireResults() }
            let run = try #require(try await RunLog.read(path: shop.file).last)
            let pull = try QueryPull(continuing: run, client: shop.fixture.client)
            #expect((pull.load, pull.since, pull.until, pull.lookback) == ("orders", .value("3"), "18", .number(2)))
            #expect(pull.query.sql == Shop.sql)
            let report = try await pull.stage(into: run.target)
            #expect((report.rowsContinued == nil) == isExpired)
            #expect((report.load?.name, report.load?.since, report.load?.until) == ("orders", "3", "18"))
            #expect(try shop.read("SELECT count(*) || ' ' || min(id) || ' ' || max(id) FROM results") == ["15 3 17"])
        }
    }

    // MARK: Reports

    @Test func reportsAPublishedRunFromItsRecord() async throws {
        try await Shop.with(Self.rows(1...5)) { shop in
            try await shop.pull("id")
            try await shop.load(Self.rows(1...7))
            let pull = shop.incremental("id")
            do {
                let published = try await pull.publish(into: shop.target)
                #expect(published.report.alreadyPublished == nil)
                withExtendedLifetime(published) {}
            }
            let report = try await pull.stage(into: shop.target)
            #expect(report.alreadyPublished == true)
            #expect((report.rowsInserted, report.rowsUnchanged, report.rowsInTable) == (2, 1, 7))
            #expect((report.load?.name, report.load?.since, report.load?.mark) == ("results", "5", "7"))
        }
    }

    @Test func reportsTheGapOfAPublishedRun() async throws {
        try await Shop.with(Self.rows(1...5)) { shop in
            try await shop.pull("id")
            try await shop.load(Self.rows(1...20))
            let pull = shop.incremental("id") { $0.since = .value("15") }
            do {
                let published = try await pull.publish(into: shop.target)
                #expect(published.report.load?.leavesGap == true)
                withExtendedLifetime(published) {}
            }
            let report = try await pull.stage(into: shop.target)
            #expect(report.alreadyPublished == true)
            #expect((report.load?.since, report.load?.mark, report.load?.leavesGap) == ("15", "5", true))
        }
    }

    @Test func aReplacedTableResetsItsLoads() async throws {
        try await Shop.with(Self.rows(1...5)) { shop in
            try await shop.pull("id")
            let plain = try await shop.pullPlainly(.replace)
            #expect(plain.load == nil)
            #expect(plain.resetLoads == ["results"])
            #expect(plain.rowsDeleted == 5)
            let next = await #expect(throws: PullError.self) { try await shop.pull("id") }
            #expect(next?.detail == .rowsWithoutLoad(mark: nil))
        }
    }

    @Test func namesTheLoadsOfATableThatIsGone() async throws {
        try await Shop.with(Self.rows(1...5)) { shop in
            try await shop.pull("id", loadColumn: "source") { $0.load = "eu" }
            try await shop.pull("id", loadColumn: "source") { $0.load = "us" }
            try await shop.execute("DROP TABLE results")
            let report = try await shop.pull("id", loadColumn: "source") { $0.load = "us" }
            #expect(report.resetLoads == ["eu"])
            #expect((report.load?.since, report.rowsInserted) == (nil, 5))
        }
    }

    @Test func warnsIfAnEmptyResultReplacesRows() async throws {
        try await Shop.with(Self.rows(1...5)) { shop in
            let none = "SELECT * FROM shop.orders WHERE id > 100"
            #expect(try await shop.pullPlainly(.replace, sql: none).warnings.isEmpty)
            try await shop.pullPlainly(.replace)
            let report = try await shop.pullPlainly(.replace, sql: none)
            #expect(report.warnings.map(\.code) == [.emptyResult])
            #expect(report.warnings.first?.message.contains("5 rows") == true)
            try await shop.pullPlainly(.append)
            #expect(try await shop.pullPlainly(.append, sql: none).warnings.isEmpty)
        }
    }

    @Test func warnsOfAMarkInTheFuture() async throws {
        let future = #"{"id":9,"day":"9999-12-31","at":null,"stamp":null,"note":"x","list":[1]}"#
        try await Shop.with(Self.rows(1...5) + [future]) { shop in
            let report = try await shop.pull("day")
            let warning = try #require(report.warnings.first { $0.code == .markInFuture })
            #expect(warning.message.contains("9999-12-31") && warning.message.contains("1 row of"))
            #expect(warning.detail == .markInFuture(load: "results", value: "2024-01-05"))
            // A value that is not a time is never in the future.
            var target = shop.target
            target.table = "by_id"
            #expect(try await shop.incremental("id").stage(into: target).warnings.isEmpty)
        }
    }

    // MARK: Tables

    @Test func aTableCanBelongToALoad() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            var target = StagingTarget(path: file, ifExists: .append)
            func pull(_ load: String?, _ table: String) -> TablePull {
                var pull = TablePull(
                    TableReference(project: "local-project", dataset: "bench", table: table), client: fixture.client)
                pull.load = load
                return pull
            }
            let first = try await pull("a", "trips_10").stage(into: target)
            #expect((first.load?.name, first.load?.column, first.rowsInserted) == ("a", nil, 10))
            let error = await #expect(throws: PullError.self) {
                try await pull("b", "trips_20").stage(into: target)
            }
            #expect(error?.code == .loadColumnRequired)
            target.loadColumn = "source"
            let second = try await pull("b", "trips_20").stage(into: target)
            #expect((second.load?.name, second.rowsInserted, second.rowsInTable) == ("b", 20, 30))
            #expect(
                try values(file, "SELECT source, count(*) FROM results GROUP BY source ORDER BY source") == [
                    "a|10", "b|20",
                ])
            // Another table of the same load is a changed query of a named load.
            #expect(try await pull("b", "trips_10").stage(into: target).load?.queryChanged == true)
            let plain = await #expect(throws: PullError.self) {
                try await pull(nil, "trips_10").stage(into: target)
            }
            #expect(plain?.code == .notIncremental)
        }
    }
}
