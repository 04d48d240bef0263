import BigQuery
import BigQueryEmulator
import BigQueryPull
import Foundation
import GRDB
import SQLiteStaging
import TestSupport
import Testing

@Suite struct IncrementalQueryTests {
    /// A table of the emulator that the test changes.
    private struct Shop: Sendable {
        let fixture: EmulatorFixture

        var file: String { fixture.folder.file("staging.db") }

        static func with(_ rows: [String], _ test: @Sendable (Shop) async throws -> Void) async throws {
            try await EmulatorFixture.with { fixture in
                let shop = Shop(fixture: fixture)
                try await shop.load(rows)
                try await test(shop)
            }
        }

        /// Replaces the rows with these lines of JSON.
        func load(_ rows: [String]) async throws {
            let path = fixture.folder.file("orders.jsonl")
            try Data(rows.joined(separator: "\n").utf8).write(to: URL(filePath: path))
            let schema = """
                [{"name":"id","type":"INTEGER"},{"name":"day","type":"DATE"},{"name":"at","type":"DATETIME"},
                {"name":"stamp","type":"TIMESTAMP"},{"name":"note","type":"STRING"},
                {"name":"list","type":"INTEGER","mode":"REPEATED"}]
                """
            try Data(schema.utf8).write(to: URL(filePath: fixture.folder.file("orders.schema.json")))
            try await fixture.emulator.load(.init(dataset: "shop", table: "orders", file: path))
        }

        @discardableResult
        func pull(
            _ column: String, _ ifExists: StagingTarget.ExistingTable? = .append, key: [String] = [],
            sql: String = "SELECT * FROM shop.orders", _ change: (inout QueryPull) -> Void = { _ in }
        ) async throws -> PullReport {
            var pull = QueryPull(QueryRequest(sql), client: fixture.client)
            pull.incrementalColumn = column
            change(&pull)
            return try await pull.stage(into: StagingTarget(path: file, ifExists: ifExists, key: key))
        }

        var target: StagingTarget { StagingTarget(path: file, ifExists: .append) }

        /// Pulls by `id` in pages of two rows, and stops after the second page.
        func interrupt() async throws -> QueryPull {
            var pull = QueryPull(QueryRequest("SELECT * FROM shop.orders"), client: fixture.client)
            pull.incrementalColumn = "id"
            pull.limits.pageRows = 2
            var interrupted = pull
            interrupted.onProgress = { if $0.rows >= 4 { withUnsafeCurrentTask { $0?.cancel() } } }
            let task = Task { [interrupted] in try await interrupted.stage(into: target) }
            await #expect(throws: CancellationError.self) { try await task.value }
            return pull
        }

        func read(_ sql: String) throws -> [String] {
            try DatabaseQueue(path: file).read { try String.fetchAll($0, sql: sql) }
        }
    }

    private static func row(_ id: Int?, _ note: String = "x", day: Int = 0) -> String {
        let day = day == 0 ? id ?? 1 : day
        let date = "2024-01-\(day < 10 ? "0" : "")\(day)"
        return """
            {"id":\(id.map(String.init) ?? "null"),"day":"\(date)","at":"\(date)T10:00:00.25",\
            "stamp":"\(date)T10:00:00.000001Z","note":"\(note)","list":[1]}
            """
    }

    @Test(arguments: ["id", "DAY", "at", "stamp"]) func pullsOnlyNewRows(column: String) async throws {
        try await Shop.with([Self.row(1), Self.row(2)]) { shop in
            #expect(try await shop.pull(column).rowsCopied == 2)
            #expect(try await shop.pull(column).rowsCopied == 0)
            try await shop.load([Self.row(1, "changed"), Self.row(2), Self.row(3), Self.row(10)])
            let report = try await shop.pull(column)
            #expect(report.rowsCopied == 2)
            #expect(report.rowsWithoutWatermark == 0)
            try await shop.load([Self.row(11), Self.row(9), Self.row(10)])
            #expect(try await shop.pull(column).rowsCopied == 1)
            #expect(try shop.read("SELECT id || note FROM results") == ["1x", "2x", "3x", "10x", "11x"])
        }
    }

    @Test func pullsRowsWithNullOnceAndCountsThemLater() async throws {
        try await Shop.with([Self.row(1), Self.row(nil), Self.row(nil)]) { shop in
            let first = try await shop.pull("id")
            #expect((first.rowsCopied, first.rowsWithoutWatermark) == (3, nil))
            try await shop.load([Self.row(1), Self.row(2), Self.row(nil), Self.row(nil), Self.row(nil)])
            let jobs = shop.fixture.emulator.counters.jobs
            let second = try await shop.pull("id")
            #expect((second.rowsCopied, second.rowsWithoutWatermark) == (1, 3))
            #expect(shop.fixture.emulator.counters.jobs == jobs + 2)
        }
    }

    @Test func pullsRowsWithNullOnceIfThereAreNoOthers() async throws {
        try await Shop.with([Self.row(nil), Self.row(nil)]) { shop in
            #expect(try await shop.pull("id").rowsCopied == 2)
            let second = try await shop.pull("id")
            #expect((second.rowsCopied, second.rowsWithoutWatermark) == (0, 2))
            try await shop.load([Self.row(nil), Self.row(1)])
            #expect(try await shop.pull("id").rowsCopied == 1)
            #expect(try await shop.pull("id").rowsCopied == 0)
        }
    }

    /// Later runs wrap the query, but the first one already rejects it.
    @Test func rejectsAQueryThatCannotBeWrappedInTheFirstRun() async throws {
        try await Shop.with([Self.row(1)]) { shop in
            let error = await #expect(throws: PullError.self) {
                try await shop.pull("id", sql: "SELECT * FROM shop.orders; -- the end")
            }
            #expect(error?.code == .notIncremental)
            #expect(error?.message.contains("SELECT * FROM (query)") == true)
            #expect(shop.fixture.emulator.counters.jobs == 0)
        }
    }

    @Test func updatesExistingRows() async throws {
        try await Shop.with([Self.row(1, "old"), Self.row(2, "old")]) { shop in
            try await shop.pull("day", .upsert, key: ["id"])
            try await shop.load([Self.row(1, "old"), Self.row(2, "new", day: 20), Self.row(3, "new")])
            #expect(try await shop.pull("day", .upsert, key: ["id"]).rowsCopied == 2)
            #expect(try shop.read("SELECT id || note FROM results ORDER BY id") == ["1old", "2new", "3new"])
            #expect(try shop.read("SELECT max(watermark) FROM _bqpull_runs") == ["2024-01-20"])
        }
    }

    @Test(arguments: [
        "SELECT id, note FROM shop.orders; ", "SELECT id, note FROM shop.orders -- all of them",
        "WITH o AS (SELECT * FROM shop.orders) SELECT id, note FROM o ORDER BY id LIMIT @most;\n",
    ])
    func wrapsEveryFormOfQuery(sql: String) async throws {
        try await Shop.with([Self.row(1), Self.row(2)]) { shop in
            for count in [2, 0] as [Int64] {
                let report = try await shop.pull("id", sql: sql) { pull in
                    guard sql.contains("@most") else { return }
                    pull.query.parameters = ["most": 5]
                }
                #expect(report.rowsCopied == count)
            }
        }
    }

    /// Rows with a key are not duplicated.
    @Test(arguments: [StagingTarget.ExistingTable.append, .upsert])
    func warnsIfAllRowsWereAddedToExistingOnes(ifExists: StagingTarget.ExistingTable) async throws {
        try await Shop.with([Self.row(1)]) { shop in
            let key = ifExists == .upsert ? ["id"] : []
            let pull = QueryPull(QueryRequest("SELECT * FROM shop.orders"), client: shop.fixture.client)
            _ = try await pull.stage(into: StagingTarget(path: shop.file, key: key))
            let first = try await shop.pull("id", ifExists, key: key)
            #expect(first.warnings.contains { $0.code == .firstIncrementalRun } == (ifExists == .append))
            #expect(try await shop.pull("id", ifExists, key: key).warnings.isEmpty)
        }
    }

    struct Misuse: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var column = "id"
        var ifExists: StagingTarget.ExistingTable? = .append
        var change: @Sendable (inout QueryPull) -> Void = { _ in }
        let message: String
        var detail: PullError.Detail?
    }

    static let misuses = [
        Misuse(testDescription: "replace", ifExists: .replace, message: "adds rows", detail: .replacesRows),
        Misuse(testDescription: "the default", ifExists: nil, message: "adds rows", detail: .replacesRows),
        Misuse(testDescription: "a STRING column", column: "note", message: "the column note is STRING"),
        Misuse(testDescription: "an ARRAY column", column: "list", message: "the column list is an ARRAY"),
        Misuse(
            testDescription: "an unknown column", column: "missing", message: "no incremental column missing",
            detail: .unselectedColumn),
        Misuse(
            testDescription: "a similar name", column: "dayz", message: "no incremental column dayz",
            detail: .similarName("day")),
        Misuse(testDescription: "legacy", change: { $0.query.useLegacySQL = true }, message: "legacy SQL"),
        Misuse(
            testDescription: "positional",
            change: { $0.query.parameters = [.null(of: .int64)] },
            message: "positional parameters"),
        Misuse(
            testDescription: "the reserved parameter", change: { $0.query.parameters = ["BQPULL_watermark": 1] },
            message: "@bqpull_watermark"),
    ]

    @Test(arguments: misuses) func rejectsMisuse(_ misuse: Misuse) async throws {
        try await Shop.with([Self.row(1)]) { shop in
            let error = await #expect(throws: PullError.self) {
                try await shop.pull(misuse.column, misuse.ifExists, misuse.change)
            }
            #expect(error?.code == .notIncremental)
            #expect(error?.message.contains(misuse.message) == true, "\(error?.message ?? "")")
            #expect(error?.detail == misuse.detail)
            #expect(shop.fixture.emulator.counters.jobs == 0)
        }
    }

    /// The rows of an interrupted run above its watermark are not the whole table.
    @Test(arguments: [true, false]) func startsOverIfTheTableIsGone(byItsRecord: Bool) async throws {
        try await Shop.with([Self.row(1)]) { shop in
            try await shop.pull("id")
            try await shop.load((1...20).map { Self.row($0) })
            var pull = try await shop.interrupt()
            try await DatabaseQueue(path: shop.file).write { try $0.execute(sql: "DROP TABLE results") }
            if byItsRecord {
                let run = try #require(try await RunLog.read(path: shop.file).last)
                pull = try QueryPull(continuing: run, client: shop.fixture.client)
            }
            #expect(try await pull.stage(into: shop.target).rowsCopied == 20)
            #expect(try shop.read("SELECT count(*) || ' ' || max(id) FROM results") == ["20 20"])
            #expect(try await shop.pull("id").rowsCopied == 0)
        }
    }

    /// Keeps the watermark that the interrupted run started with.
    @Test func continuesAboveTheWatermarkOfTheRun() async throws {
        try await Shop.with([Self.row(1)]) { shop in
            try await shop.pull("id")
            try await shop.load([Self.row(1)] + (2...20).map { Self.row($0) } + [Self.row(nil)])
            _ = try await shop.interrupt()
            let jobs = shop.fixture.emulator.counters.jobs

            let run = try #require(try await RunLog.read(path: shop.file).last)
            let report = try await QueryPull(continuing: run, client: shop.fixture.client).stage(into: run.target)
            #expect((report.rowsContinued ?? 0) >= 4)
            #expect(report.rowsCopied == 19)
            #expect(report.rowsWithoutWatermark == 1)
            // The only other job counts the rows whose column is NULL.
            #expect(shop.fixture.emulator.counters.jobs == jobs + 1)
            #expect(try shop.read("SELECT count(*) || ' ' || count(DISTINCT id) FROM results") == ["20 20"])
            #expect(try await shop.pull("id").rowsCopied == 0)
        }
    }
}
