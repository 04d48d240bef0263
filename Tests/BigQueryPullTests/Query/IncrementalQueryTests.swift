import BigQuery
import BigQueryPull
import SQLiteStaging
import TestSupport
import Testing

@Suite struct IncrementalQueryTests {
    private static func row(_ id: Int?, _ note: String = "x", day: Int = 0) -> String {
        Shop.row(id, note, day: day)
    }

    @Test(arguments: ["id", "DAY", "at", "stamp"]) func addsOnlyNewRows(column: String) async throws {
        try await Shop.with([Self.row(1), Self.row(2)]) { shop in
            let first = try await shop.pull(column)
            #expect((first.rowsCopied, first.rowsInserted, first.rowsInTable) == (2, 2, 2))
            // The bound is inclusive.
            let second = try await shop.pull(column)
            #expect((second.rowsCopied, second.rowsInserted, second.rowsUnchanged) == (1, 0, 1))
            try await shop.load([Self.row(1, "changed"), Self.row(2), Self.row(3), Self.row(10)])
            let third = try await shop.pull(column)
            #expect((third.rowsCopied, third.rowsInserted, third.rowsUnchanged) == (3, 2, 1))
            #expect(third.rowsWithoutWatermark == nil)
            try await shop.load([Self.row(11), Self.row(9), Self.row(10)])
            let fourth = try await shop.pull(column)
            #expect((fourth.rowsInserted, fourth.rowsInTable) == (1, 5))
            #expect(try shop.read("SELECT id || note FROM results") == ["1x", "2x", "3x", "10x", "11x"])
        }
    }

    /// Several rows of one commit, or of one day.
    @Test(arguments: ["id", "day", "at", "stamp"]) func pullsARowAtTheMarkThatArrivesLater(column: String) async throws
    {
        try await Shop.with([Self.row(1), Self.row(2)]) { shop in
            try await shop.pull(column)
            try await shop.load([Self.row(1), Self.row(2), Self.row(2, "late"), Self.row(2), Self.row(2, "late")])
            let report = try await shop.pull(column)
            #expect((report.rowsInserted, report.rowsUnchanged) == (3, 1))
            #expect(
                try shop.read("SELECT id || note FROM results ORDER BY 1") == ["1x", "2late", "2late", "2x", "2x"])
        }
    }

    @Test func pullsRowsWithNullOnce() async throws {
        try await Shop.with([Self.row(1), Self.row(nil), Self.row(nil)]) { shop in
            let first = try await shop.pull("id")
            #expect((first.rowsCopied, first.nullRowsCopied) == (3, 2))
            try await shop.load([Self.row(1), Self.row(2), Self.row(nil), Self.row(nil), Self.row(nil)])
            let jobs = shop.jobs
            let second = try await shop.pull("id")
            #expect((second.rowsInserted, second.rowsWithoutWatermark, second.nullRowsCopied) == (1, nil, nil))
            #expect(shop.jobs == jobs + 1)
            // From the beginning, they are read and compared like the others.
            let third = try await shop.pull("id") { $0.since = .beginning }
            #expect((third.rowsCopied, third.rowsInserted, third.rowsUnchanged) == (5, 1, 4))
        }
    }

    @Test func pullsRowsWithNullOnceIfThereAreNoOthers() async throws {
        try await Shop.with([Self.row(nil), Self.row(nil)]) { shop in
            let first = try await shop.pull("id")
            #expect((first.rowsCopied, first.load?.mark) == (2, nil))
            #expect(try await shop.pull("id").rowsCopied == 0)
            try await shop.load([Self.row(nil), Self.row(1)])
            let third = try await shop.pull("id")
            #expect((third.rowsCopied, third.load?.mark) == (1, "1"))
            let fourth = try await shop.pull("id")
            #expect((fourth.rowsInserted, fourth.rowsUnchanged) == (0, 1))
        }
    }

    @Test func updatesExistingRows() async throws {
        try await Shop.with([Self.row(1, "old"), Self.row(2, "old")]) { shop in
            try await shop.pull("day", .upsert, key: ["id"])
            try await shop.load([Self.row(1, "old"), Self.row(2, "new", day: 20), Self.row(3, "new")])
            let report = try await shop.pull("day", .upsert, key: ["id"])
            #expect((report.rowsCopied, report.rowsInserted, report.rowsUpdated) == (2, 1, 1))
            #expect(try shop.read("SELECT id || note FROM results ORDER BY id") == ["1old", "2new", "3new"])
            #expect(report.load?.mark == "2024-01-20")
        }
    }

    @Test(arguments: [
        "SELECT id, note FROM shop.orders; ", "SELECT id, note FROM shop.orders -- all of them",
        "SELECT id, note FROM shop.orders; -- the end",
        "CREATE TEMP FUNCTION same(x INT64) AS (x); SELECT same(id) AS id, note FROM shop.orders;",
        """
        WITH o AS (SELECT * FROM shop.orders)
        SELECT * FROM (SELECT id, note FROM o ORDER BY id LIMIT 5) WHERE id <= @most;

        """,
    ])
    func wrapsEveryFormOfQuery(sql: String) async throws {
        try await Shop.with([Self.row(1), Self.row(2)]) { shop in
            for count in [2, 0] as [Int64] {
                let report = try await shop.pull("id", sql: sql) { pull in
                    guard sql.contains("@most") else { return }
                    pull.query.parameters = ["most": 5]
                }
                #expect(report.rowsInserted == count)
            }
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
        Misuse(
            testDescription: "the other reserved parameter", change: { $0.query.parameters = ["bqpull_until": 1] },
            message: "@bqpull_until"),
        Misuse(
            testDescription: "a limit", change: { $0.query.sql += " ORDER BY id LIMIT 2" }, message: "LIMIT",
            detail: .limitClause),
    ]

    @Test(arguments: misuses) func rejectsMisuse(_ misuse: Misuse) async throws {
        try await Shop.with([Self.row(1)]) { shop in
            let error = await #expect(throws: PullError.self) {
                try await shop.pull(misuse.column, misuse.ifExists, misuse.change)
            }
            #expect(error?.code == .notIncremental)
            #expect(error?.message.contains(misuse.message) == true, "\(error?.message ?? "")")
            #expect(error?.detail == misuse.detail)
            #expect(shop.jobs == 0)
        }
    }

    /// The rows of an interrupted run from its lower bound on are not the whole table.
    @Test(arguments: [true, false]) func startsOverIfTheTableIsGone(byItsRecord: Bool) async throws {
        try await Shop.with([Self.row(1)]) { shop in
            try await shop.pull("id")
            try await shop.load((1...20).map { Self.row($0) })
            var pull = shop.incremental("id")
            try await shop.interrupt(pull)
            try await shop.execute("DROP TABLE results")
            let run = try #require(try await RunLog.read(path: shop.file).last)
            if byItsRecord { pull = try QueryPull(continuing: run, client: shop.fixture.client) }
            let report = try await pull.stage(into: shop.target)
            #expect((report.rowsCopied, report.rowsContinued) == (20, nil))
            #expect(report.droppedRun?.runID == run.intent.runID)
            #expect(report.supersededRuns == [])
            #expect(report.load?.since == nil)
            #expect(try shop.read("SELECT count(*) || ' ' || max(id) FROM results") == ["20 20"])
            #expect(try await shop.pull("id").rowsInserted == 0)
        }
    }

    /// Keeps the lower bound that the interrupted run started with.
    @Test func continuesFromTheLowerBoundOfTheRun() async throws {
        try await Shop.with([Self.row(1)]) { shop in
            try await shop.pull("id")
            try await shop.load([Self.row(1)] + (2...20).map { Self.row($0) } + [Self.row(nil)])
            try await shop.interrupt(shop.incremental("id"))
            let jobs = shop.jobs

            let run = try #require(try await RunLog.read(path: shop.file).last)
            var continued = try QueryPull(continuing: run, client: shop.fixture.client)
            // Only a new run counts them.
            continued.countsNulls = true
            let report = try await continued.stage(into: run.target)
            #expect((report.rowsContinued ?? 0) >= 4)
            #expect((report.rowsCopied, report.rowsInserted, report.rowsUnchanged) == (20, 19, 1))
            #expect((report.load?.since, report.load?.previousMark, report.load?.mark) == ("1", "1", "20"))
            #expect(report.rowsWithoutWatermark == nil)
            #expect(shop.jobs == jobs)
            #expect(try shop.read("SELECT count(*) || ' ' || count(DISTINCT id) FROM results") == ["20 20"])
            #expect(try await shop.pull("id").rowsInserted == 0)
        }
    }
}
