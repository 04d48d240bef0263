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

/// Stages tables of the emulator without a query.
///
/// Serialized, since each test starts an emulator and would slow down the other suites.
@Suite(.serialized, .timeLimit(.minutes(10))) struct TableStagingTests {
    private static let trips = TableReference(project: "local-project", dataset: "bench", table: "trips_3000")
    private static let changing = TableReference(project: "local-project", dataset: "d", table: "t")
    private static let hiddenTables = "SELECT name FROM sqlite_master WHERE name LIKE '\\_bqpull\\_rows%' ESCAPE '\\'"

    private func pull(_ fixture: EmulatorFixture, pageRows: Int = 100) -> TablePull {
        var pull = TablePull(Self.trips, client: fixture.client)
        pull.limits.pageRows = pageRows
        return pull
    }

    /// Expects every row once, in order.
    private func expectWhole(_ file: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let sql = """
            SELECT count(*), count(DISTINCT trip_id), max(trip_id) - min(trip_id) + 1,
            sum(rowid - 1 = trip_id - (SELECT min(trip_id) FROM results)) FROM results
            """
        #expect(try values(file, sql) == ["3000|3000|3000|3000"], sourceLocation: sourceLocation)
        #expect(try values(file, "PRAGMA integrity_check") == ["ok"], sourceLocation: sourceLocation)
        #expect(try values(file, Self.hiddenTables) == [], sourceLocation: sourceLocation)
    }

    /// Gives `d.t` this many rows of one value.
    private func load(_ value: Int, rows: Int, _ fixture: EmulatorFixture) async throws {
        let file = fixture.folder.file("t.csv")
        let lines = (1...rows).map { "\($0),\(value)\n" }.joined()
        try Data("id,value\n\(lines)".utf8).write(to: URL(filePath: file))
        try await fixture.emulator.load(.init(dataset: "d", table: "t", file: file))
    }

    @Test(arguments: [(100 as Int?, nil as Int?), (7, nil), (5000, nil), (nil, nil), (1000, 30_000), (nil, 100_000)])
    func stagesATable(pageRows: Int?, pageBytes: Int?) async throws {
        try await EmulatorFixture.with(EmulatorConfiguration(pageBytes: pageBytes)) { fixture in
            let file = fixture.folder.file("staging.db")
            var pull = pull(fixture)
            pull.limits.pageRows = pageRows
            let report = try await pull.stage(into: StagingTarget(path: file))
            try expectWhole(file)
            #expect(report.rowsRead == 3000 && report.rowsCopied == 3000 && report.rowsContinued == nil)
            #expect(report.sourceTable == "local-project.bench.trips_3000" && report.jobID == nil)
            #expect(report.bytesBilled == 0 && (report.dataWritten ?? 0) > 3000 * 100)
            #expect(report.file == file && report.table == "results" && report.warnings.isEmpty)
            let requests = fixture.emulator.counters.requests
            #expect(requests["tables.get"] == 2 && requests["tabledata.list"].map(Int64.init) == report.pages)
            #expect(requests.keys.sorted() == ["tabledata.list", "tables.get"])
            let run = try #require(try await RunLog.read(path: file).first)
            #expect(run.state == .published && run.intent.jobID == nil && run.intent.runID == report.runID)
            #expect(run.intent.sql == "local-project.bench.trips_3000" && run.intent.project == "local-project")
            #expect(run.statistics.bytesBilled == 0 && run.statistics.totalRows == 3000)
            #expect(run.statistics.pageToken == nil)
        }
    }

    /// All values are those of a query.
    @Test func everyTypeIsStagedAsAQueryStagesIt() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            _ = try await pull(fixture).stage(into: StagingTarget(path: file, table: "a"))
            _ = try await QueryPull(QueryRequest("SELECT * FROM bench.trips_3000"), client: fixture.client)
                .stage(into: StagingTarget(path: file, table: "b"))
            #expect(try values(file, "SELECT count(*) FROM (SELECT * FROM a INTERSECT SELECT * FROM b)") == ["3000"])
        }
    }

    @Test func stagesSelectedColumnsAndRows() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            var pull = pull(fixture, pageRows: 7)
            pull.columns = ["VENDOR", "trip_id"]
            pull.maximumRows = 10
            let report = try await pull.stage(into: StagingTarget(path: file))
            #expect(report.rowsCopied == 10 && fixture.emulator.counters.rows == 10)
            #expect(try values(file, "SELECT name FROM pragma_table_info('results')") == ["trip_id", "vendor"])
            #expect(try values(file, "SELECT count(*) FROM results") == ["10"])
        }
    }

    @Test func stagesAnEmptyTable() async throws {
        try await EmulatorFixture.with { fixture in
            let (file, source) = (fixture.folder.file("staging.db"), fixture.folder.file("t.csv"))
            try Data("id,value\n".utf8).write(to: URL(filePath: source))
            try await fixture.emulator.load(.init(dataset: "d", table: "t", file: source))
            let report = try await TablePull(Self.changing, client: fixture.client)
                .stage(into: StagingTarget(path: file))
            #expect(report.rowsCopied == 0)
            #expect(try values(file, "SELECT name FROM pragma_table_info('results')") == ["id", "value"])
        }
    }

    /// The table changes during some of the reads, each time before one of their four pages, or after the last.
    @Test(arguments: [1, 2, 3], [1, 2, 3, 4, 5]) func readsAChangedTableAgain(changes: Int, at moment: Int)
        async throws
    {
        try await EmulatorFixture.with { fixture in
            let (file, target) = (
                fixture.folder.file("staging.db"), StagingTarget(path: fixture.folder.file("staging.db"))
            )
            try await load(0, rows: 10, fixture)
            var pull = TablePull(Self.changing, client: fixture.client)
            pull.limits.pageRows = 3
            _ = try await pull.stage(into: target)
            let before = try values(file, "SELECT * FROM results")

            let reading = Mutex((pages: 0, hasChanged: false, changes: 0))
            pull = TablePull(
                Self.changing,
                client: fixture.client { request in
                    let version = reading.withLock { reading in
                        if request.url.contains("startIndex=0&") { (reading.pages, reading.hasChanged) = (0, false) }
                        let isPage = request.url.contains("/data?")
                        reading.pages += isPage ? 1 : 0
                        guard moment == (isPage ? reading.pages : reading.pages + 1), moment > 4 || isPage,
                            !reading.hasChanged, reading.changes < changes
                        else { return Int?.none }
                        reading.hasChanged = true
                        reading.changes += 1
                        return reading.changes
                    }
                    if let version { try await load(version, rows: 10, fixture) }
                })
            pull.limits.pageRows = 3
            if changes < 3 {
                let report = try await pull.stage(into: target)
                #expect(report.rowsCopied == 10 && report.rowsRead == 10 && report.pages == 4)
                #expect(report.warnings.map(\.message) == ["the table changed while it was read, and was read again"])
                #expect(report.retries == Int64(changes))
                #expect(
                    try values(file, "SELECT count(*), min(value), max(value) FROM results") == [
                        "10|\(changes)|\(changes)"
                    ])
                #expect(try states(file) == ["published"] + Array(repeating: "failed", count: changes) + ["published"])
            } else {
                let error = await #expect(throws: PullError.self) { try await pull.stage(into: target) }
                #expect(error?.code == .tableChanges && error?.message.contains("each of 3 reads") == true)
                #expect(try values(file, "SELECT * FROM results") == before)
                #expect(try states(file) == ["published", "failed", "failed", "failed"])
            }
            #expect(try values(file, Self.hiddenTables) == [])
        }
    }

    @Test(arguments: [1, 1000, 2900]) func continuesWithoutFetchingRowsTwice(rows: Int64) async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            try await interrupt(pull(fixture), into: file) { $0.rows >= rows }
            #expect(try states(file) == ["interrupted"])
            let staged = try #require(Int64(values(file, "SELECT rows FROM _bqpull_runs")[0]))
            #expect(staged >= rows && staged < 3000)
            let before = fixture.emulator.counters
            let report = try await pull(fixture, pageRows: 250).stage(into: StagingTarget(path: file))
            let after = fixture.emulator.counters
            // A page in flight when the pull ended can be counted late, but starts after the staged rows.
            let requested = after.firstRows.dropFirst(before.firstRows.count)
            #expect(requested.allSatisfy { $0 >= staged } && requested.contains(staged))
            #expect(report.rowsContinued == staged && report.rowsRead == 3000 && report.rowsCopied == 3000)
            try expectWhole(file)
            #expect(try states(file) == ["published"])
        }
    }

    /// No rows are staged, or some, or all.
    @Test(arguments: [0, 500, 3000]) func survivesTheEndOfItsProcess(rows: Int64) async throws {
        try await EmulatorFixture.with { fixture in
            let dead = try await kill(pull(fixture), in: fixture.folder) { progress in
                progress.rows == rows && progress.phase == (rows == 3000 ? .publishing : .transferring)
            }
            #expect(try states(dead) == ["running"])
            let before = fixture.emulator.counters
            let report = try await pull(fixture).stage(into: StagingTarget(path: dead))
            #expect(report.rowsContinued == rows)
            try expectWhole(dead)
            if rows == 3000 {
                #expect(fixture.emulator.counters.requests["tabledata.list"] == before.requests["tabledata.list"])
            }
        }
    }

    /// After a token expires, continues by row number, if the last staged row is unchanged.
    @Test(.faults("B13"), arguments: [true, false]) func continuesByRowIfTheTokenIsRejected(isSameRow: Bool)
        async throws
    {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            try await interrupt(pull(fixture), into: file) { $0.rows >= 500 }
            let staged = try #require(Int64(values(file, "SELECT rows FROM _bqpull_runs")[0]))
            let hidden = try values(file, Self.hiddenTables)[0]
            try await DatabaseQueue(path: file).write { db in
                try db.execute(sql: "UPDATE _bqpull_runs SET page_token = 'forgotten'")
                if !isSameRow {
                    try db.execute(
                        sql: "UPDATE \"\(hidden)\" SET vendor = 'other' WHERE rowid = ?", arguments: [staged])
                }
            }
            let before = fixture.emulator.counters
            let report = try await pull(fixture).stage(into: StagingTarget(path: file))
            let requested = fixture.emulator.counters.firstRows.dropFirst(before.firstRows.count).filter { $0 < staged }
            try expectWhole(file)
            if isSameRow {
                #expect(requested == [staged - 1])
                #expect(report.rowsContinued == staged && report.warnings.isEmpty)
                #expect(try states(file) == ["published"])
            } else {
                #expect(requested.starts(with: [staged - 1, 0, 100]))
                #expect(report.rowsContinued == nil)
                #expect(
                    report.warnings.map(\.message) == ["the table changed after the interruption, and was read again"])
                #expect(try states(file) == ["failed", "published"])
            }
        }
    }

    @Test func neverPublishesAnIncompleteTable() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            try await interrupt(pull(fixture), into: file) { $0.rows >= 500 }
            try await DatabaseQueue(path: file).write {
                try $0.execute(sql: "UPDATE _bqpull_runs SET page_token = NULL")
            }
            let error = await #expect(throws: PullError.self) {
                try await pull(fixture).stage(into: StagingTarget(path: file))
            }
            #expect(error?.code == .inconsistentResult)
            #expect(error?.message.contains("expected 3000 rows of table ") == true)
            #expect(try states(file) == ["failed"])
            _ = try await pull(fixture).stage(into: StagingTarget(path: file))
            try expectWhole(file)
        }
    }

    @Test func startsOverIfTheTableChangedAfterTheInterruption() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            try await load(1, rows: 10, fixture)
            var pull = TablePull(Self.changing, client: fixture.client)
            pull.limits.pageRows = 3
            try await interrupt(pull, into: file) { $0.rows >= 3 }
            try await load(2, rows: 10, fixture)
            let report = try await pull.stage(into: StagingTarget(path: file))
            #expect(report.rowsContinued == nil && report.rowsRead == 10 && report.pages == 4)
            #expect(report.warnings.map(\.message) == ["the table changed after the interruption, and was read again"])
            #expect(try values(file, "SELECT count(*), min(value) FROM results") == ["10|2"])
            #expect(try states(file) == ["failed", "published"])
        }
    }

    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout TablePull, inout StagingTarget) -> Void
        var isSame = false
    }

    static let changes = [
        Change(testDescription: "page size", change: { pull, _ in pull.limits.pageRows = 7 }, isSame: true),
        Change(
            testDescription: "order and case of the columns",
            change: { pull, _ in pull.columns = ["Vendor", "TRIP_ID"] }, isSame: true),
        Change(testDescription: "the columns", change: { pull, _ in pull.columns = ["trip_id"] }),
        Change(testDescription: "the number of rows", change: { pull, _ in pull.maximumRows = 3000 }),
        Change(testDescription: "the key", change: { _, target in target.key = ["trip_id"] }),
        Change(testDescription: "restart", change: { pull, _ in pull.restarts = true }),
    ]

    @Test(arguments: changes) func recognizesTheSamePull(_ change: Change) async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            var (again, target) = (pull(fixture), StagingTarget(path: file))
            again.columns = ["trip_id", "vendor"]
            try await interrupt(again, into: file) { $0.rows >= 200 }
            change.change(&again, &target)
            let report = try await again.stage(into: target)
            #expect((report.rowsContinued != nil) == change.isSame)
            try expectWhole(file)
        }
    }

    @Test func continuesARunFromItsRecordAlone() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("staging.db")
            var pull = pull(fixture)
            pull.columns = ["vendor", "trip_id"]
            pull.maximumRows = 1000
            try await interrupt(pull, into: file) { $0.rows >= 200 }
            let run = try #require(try await RunLog.read(path: file).first)
            #expect(throws: PullError.self) { try QueryPull(continuing: run, client: fixture.client) }
            let continued = try TablePull(continuing: run, client: fixture.client)
            #expect(continued.table == Self.trips && continued.columns == pull.columns)
            let report = try await continued.stage(into: run.target)
            #expect(report.rowsContinued == run.rows)
            #expect(try values(file, "SELECT count(*) FROM results") == ["1000"])

            let error = await #expect(throws: StagingError.self) { try await continued.stage(into: run.target) }
            #expect(error?.code == .noRun)
            let query = fixture.folder.file("query.db")
            _ = try await QueryPull(QueryRequest("SELECT 1 AS x"), client: fixture.client)
                .stage(into: StagingTarget(path: query))
            let other = try #require(try await RunLog.read(path: query).first)
            #expect(throws: PullError.self) { try TablePull(continuing: other, client: fixture.client) }
        }
    }

    @Test func rejectsAView() async throws {
        try await EmulatorFixture.with { fixture in
            let (file, source) = (fixture.folder.file("staging.db"), fixture.folder.file("v.sql"))
            try Data("SELECT 1 AS x".utf8).write(to: URL(filePath: source))
            try await fixture.emulator.load(.init(dataset: "d", table: "t", file: source))
            let error = await #expect(throws: BigQueryError.self) {
                try await TablePull(Self.changing, client: fixture.client).stage(into: StagingTarget(path: file))
            }
            #expect(error?.code == .notATable)
            #expect(
                error?.detail == .readableByQuery(sql: "SELECT * FROM `local-project.d.t`", exportURI: nil))
            #expect(!FileManager.default.fileExists(atPath: file))
            #expect(fixture.emulator.counters.requests.keys.sorted() == ["tables.get"])
        }
    }
}
