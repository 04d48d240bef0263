import BigQueryRows
import Foundation
import SQLiteStaging
import Testing

@testable import BigQueryPull
@testable import SQLiteStaging

/// Loads before the first request, and their bounds after the dry run.
@Suite struct LoadPlanTests {
    private static let sql = "SELECT * FROM orders"

    /// What a pull and its database say. The load has run once, by default.
    struct Situation {
        var options = LoadOptions(incrementalColumn: "at", project: "p", sql: LoadPlanTests.sql, parameters: "[]")
        var target = StagingTarget(path: "x.db", table: "orders", ifExists: .append)
        var state = LoadState()

        init() {
            state.record = LoadPlanTests.record("orders")
        }

        func plan() throws -> LoadPlan {
            let name = try #require(options.name(into: target))
            return try LoadPlan(name, options, into: target, state)
        }
    }

    private static func record(
        _ name: String, table: String = "Orders", loadColumn: String? = nil,
        ifExists: StagingTarget.ExistingTable = .append
    ) -> LoadRecord {
        LoadRecord(
            name: name, table: table, ifExists: ifExists, loadColumn: loadColumn, incrementalColumn: "AT", type: .date,
            project: "p", sql: sql, parameters: "[]", highWaterMark: "2024-01-31", runID: "r", isStarted: true,
            updatedAt: Date(timeIntervalSince1970: 0), columns: [])
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout Situation) -> Void
        var code: PullError.Code?
        var detail: PullError.Detail?

        init(
            _ testDescription: String, _ code: PullError.Code? = nil, _ detail: PullError.Detail? = nil,
            change: @escaping @Sendable (inout Situation) -> Void
        ) {
            self.testDescription = testDescription
            self.change = change
            self.code = code
            self.detail = detail
        }
    }

    private static let changed = PullError.Detail.changedQuery(
        name: "orders", newName: "orders_2", needsLoadColumn: true)
    private static let earlier = ["SELECT 1", "SELECT 2"].map {
        UnassignedLoad(sql: $0, parameters: "[]", highWaterMark: "5")
    }

    static let identities = [
        Case("the same command") { _ in },
        Case("whitespace, comments and a semicolon") {
            $0.options.sql = "SELECT  *\nFROM orders; -- all"
        },
        Case("another query", .loadChanged, changed) { $0.options.sql += " WHERE region = 'EU'" },
        Case("another parameter", .loadChanged, changed) { $0.options.parameters = "[1]" },
        Case("another project", .loadChanged, changed) { $0.options.project = "q" },
        Case(
            "another query, with a load column", .loadChanged,
            .changedQuery(name: "orders", newName: "orders_2", needsLoadColumn: false)
        ) {
            $0.options.sql = "SELECT 1"
            $0.target.loadColumn = "load"
        },
        Case(
            "another query of an upsert", .loadChanged,
            .changedQuery(name: "orders", newName: "orders_2", needsLoadColumn: false)
        ) {
            $0.options.sql = "SELECT 1"
            $0.target.ifExists = .upsert
            $0.state.record?.ifExists = .upsert
        },
        Case("a named load") {
            $0.options.sql = "SELECT 1"
            $0.options.load = "ORDERS"
        },
        Case("a load that continues") {
            $0.options.sql = "SELECT 1"
            $0.options.continuesChangedQuery = true
        },
        Case("another table", .loadConflict, .takenName(newName: "orders_2")) { $0.state.record?.table = "others" },
        Case("another column", .loadConflict, .takenName(newName: "orders_2")) {
            $0.state.record?.incrementalColumn = "id"
        },
        Case("a load that had no column", .loadConflict, .takenName(newName: "orders_2")) {
            $0.state.record?.incrementalColumn = nil
        },
        Case("a load that had a column", .loadConflict, .takenName(newName: "orders_2")) {
            $0.options.incrementalColumn = nil
            $0.options.load = "orders"
        },
        Case("everything, after the table was replaced") {
            $0.options.sql = "SELECT 1"
            $0.state.record?.table = "others"
            $0.state.record?.incrementalColumn = "id"
            $0.state.record?.runID = nil
        },
    ]

    static let sharedTables = [
        Case("another load", .loadColumnRequired) { $0.state.others = [record("us")] },
        Case("another load that was reset") {
            $0.state.others = [record("us")]
            $0.state.others[0].runID = nil
        },
        Case("another load, with a load column") {
            $0.state.others = [record("us")]
            $0.target.loadColumn = "load"
        },
        Case("another load column", .loadConflict, .loadColumn("source")) {
            $0.state.others = [record("us", loadColumn: "source")]
            $0.target.loadColumn = "load"
        },
        Case("the same load column, in another case") {
            $0.state.others = [record("us", loadColumn: "Source")]
            $0.target.loadColumn = "source"
        },
        Case("no load column any more", .loadColumnRequired, .loadColumn("source")) {
            $0.state.record?.loadColumn = "source"
        },
        Case("an append into the table of an upsert", .loadColumnRequired) {
            $0.state.others = [record("us", ifExists: .upsert)]
        },
        Case("an upsert into the table of an append", .loadColumnRequired) {
            $0.state.others = [record("us")]
            $0.target.ifExists = .upsert
        },
        Case("two upserts") {
            $0.state.others = [record("us", ifExists: .upsert)]
            $0.state.record?.ifExists = .upsert
            $0.target.ifExists = .upsert
        },
        Case("delete-insert", .loadColumnRequired) {
            $0.state.others = [record("us", ifExists: .deleteInsert)]
            $0.target.ifExists = .deleteInsert
        },
        Case("delete-insert without the load column in its key", .loadColumnRequired, .missingKeyColumn("load")) {
            $0.state.others = [record("us", ifExists: .deleteInsert)]
            $0.target.ifExists = .deleteInsert
            $0.target.key = ["at"]
            $0.target.loadColumn = "load"
        },
        Case("delete-insert with the load column in its key") {
            $0.state.others = [record("us", ifExists: .deleteInsert)]
            $0.target.ifExists = .deleteInsert
            $0.target.key = ["at", "LOAD"]
            $0.target.loadColumn = "load"
        },
        Case("a replacement") {
            $0.state.others = [record("us")]
            $0.options.load = "orders"
            $0.options.incrementalColumn = nil
            $0.state.record?.incrementalColumn = nil
            $0.target.ifExists = .replace
        },
    ]

    static let rows = [
        Case("rows without a load", .rowsWithoutLoad, .rowsWithoutLoad(mark: "2024-01-31")) {
            $0.state.hasRowsWithoutLoad = true
        },
        Case("rows without a load before the first run", .rowsWithoutLoad, .rowsWithoutLoad(mark: nil)) {
            $0.state.hasRowsWithoutLoad = true
            $0.state.record = nil
        },
        Case("rows without a load, and a lower bound") {
            $0.state.hasRowsWithoutLoad = true
            $0.options.since = .value("2024-01-01")
        },
        Case("rows without a load, from the beginning") {
            $0.state.hasRowsWithoutLoad = true
            $0.options.since = .beginning
        },
        Case("rows without a load, with a key") {
            $0.state.hasRowsWithoutLoad = true
            $0.target.ifExists = .upsert
        },
        Case("rows without a load, and a load that pulls all rows") {
            $0.state.hasRowsWithoutLoad = true
            $0.options.load = "orders"
            $0.options.incrementalColumn = nil
            $0.state.record?.incrementalColumn = nil
        },
        Case(
            "marks of an earlier version", .unassignedMark,
            .unassigned([
                PullError.NamedLoad(name: "orders", load: earlier[0]),
                PullError.NamedLoad(name: "orders_2", load: earlier[1]),
            ])
        ) {
            $0.state.record = nil
            $0.state.hasRowsWithoutLoad = true
            $0.state.unassigned = earlier
        },
        Case("marks of an earlier version, and a lower bound") {
            $0.state.record = nil
            $0.state.unassigned = earlier
            $0.options.since = .value("5")
        },
    ]

    @Test(arguments: identities + sharedTables + rows) func checksTheRecords(_ test: Case) throws {
        var situation = Situation()
        test.change(&situation)
        do {
            _ = try situation.plan()
            #expect(test.code == nil)
        } catch let error as PullError {
            #expect(error.code == test.code, "\(error.message)")
            #expect(error.detail == test.detail)
        }
    }

    @Test func noticesAChangedQueryOfANamedLoad() throws {
        var situation = Situation()
        situation.options.load = "orders"
        #expect(try !situation.plan().queryChanged)
        situation.options.sql = "SELECT 1"
        let plan = try situation.plan()
        #expect(plan.queryChanged && plan.report(nil).queryChanged)
        situation.state.record?.runID = nil
        #expect(try !situation.plan().queryChanged)
    }

    @Test(arguments: [
        ("orders", "orders_2"), ("orders_2", "orders_3"), ("orders_9", "orders_10"), ("2024", "2024_2"),
        ("orders_2024", "orders_2024_2"), ("_", "__2"), ("", "_2"), ("é_2", "é_3"),
    ])
    func proposesTheNextName(name: String, next: String) {
        #expect(LoadPlan.freeName(after: name, besides: []) == next)
        let after = LoadPlan.freeName(after: next, besides: [])
        #expect(LoadPlan.freeName(after: name, besides: [SQLiteName(next)]) == after)
    }

    @Test(arguments: [
        (#"[{"name":"a","parameterType":{"type":"INT64"},"parameterValue":{"value":"1"}}]"#, true),
        (#"[{"parameterValue":{"value":"1"},"parameterType":{"type":"INT64"},"name":"A"}]"#, true),
        (#"[{"name":"a","parameterType":{"type":"INT64"},"parameterValue":{"value":"2"}}]"#, false),
        (#"[{"name":"a","parameterType":{"type":"STRING"},"parameterValue":{"value":"1"}}]"#, false),
        ("[]", false), ("", false), ("{", false),
    ])
    func comparesParameters(other: String, isSame: Bool) {
        let text = #"[{"name":"a","parameterType":{"type":"INT64"},"parameterValue":{"value":"1"}}]"#
        #expect(LoadOptions.areSame(text, other) == isSame)
        #expect(LoadOptions.areSame(other, text) == isSame)
        #expect(LoadOptions.areSame(other, other))
    }

    // MARK: Bounds

    struct Bounds: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var change: @Sendable (inout Situation) -> Void
        var lower: String?
        var upper: String?
        var includesNulls = false
        var isReplaced = false
        var adoptsRows = false
    }

    static let bounds = [
        Bounds(testDescription: "a later run", change: { _ in }, lower: "2024-01-31"),
        Bounds(testDescription: "the first run", change: { $0.state.record = nil }, includesNulls: true),
        Bounds(
            testDescription: "after a reset", change: { $0.state.record?.isStarted = false }, includesNulls: true),
        Bounds(testDescription: "no mark", change: { $0.state.record?.highWaterMark = nil }),
        Bounds(
            testDescription: "a lookback", change: { $0.options.lookback = .duration(.seconds(3 * 86400)) },
            lower: "2024-01-28"),
        Bounds(
            testDescription: "a lookback beyond the range of the type",
            change: { $0.options.lookback = .duration(.seconds(86400 * 10_000_000)) }, lower: "0001-01-01"),
        Bounds(
            testDescription: "since", change: { $0.options.since = .value("2024-01-05") }, lower: "2024-01-05",
            isReplaced: true, adoptsRows: true),
        Bounds(
            testDescription: "since, with a lookback",
            change: {
                $0.options.since = .value("2024-01-05")
                $0.options.lookback = .duration(.seconds(86400))
            }, lower: "2024-01-05", isReplaced: true, adoptsRows: true),
        Bounds(
            testDescription: "since, in the first run",
            change: {
                $0.state.record = nil
                $0.options.since = .value("2024-01-05")
            }, lower: "2024-01-05", isReplaced: true, adoptsRows: true),
        Bounds(
            testDescription: "the beginning", change: { $0.options.since = .beginning }, includesNulls: true,
            isReplaced: true, adoptsRows: true),
        Bounds(
            testDescription: "until", change: { $0.options.until = "2024-02-10" }, lower: "2024-01-31",
            upper: "2024-02-10", isReplaced: true),
        Bounds(
            testDescription: "until, in the first run",
            change: {
                $0.state.record = nil
                $0.options.until = "2024-02-10"
            }, upper: "2024-02-10", includesNulls: true, isReplaced: true),
        Bounds(
            testDescription: "until below the mark", change: { $0.options.until = "2024-01-10" }, lower: "2024-01-31",
            upper: "2024-01-10", isReplaced: true),
        Bounds(
            testDescription: "a query with the watermark",
            change: { $0.options.sql = "SELECT * FROM orders WHERE at >= @bqpull_watermark" }, lower: "2024-01-31",
            includesNulls: true),
    ]

    @Test(arguments: bounds) func choosesTheBounds(_ test: Bounds) throws {
        var situation = Situation()
        test.change(&situation)
        situation.state.record?.sql = situation.options.sql
        let plan = try situation.plan()
        let range = try plan.range(of: TableSchema.Field(name: "At", type: .date))
        #expect((range.lowerBound?.text, range.upperBound?.text) == (test.lower, test.upper))
        #expect(range.includesNulls == test.includesNulls)
        #expect(range.isReplaced == test.isReplaced)
        #expect(range.adoptsRows == test.adoptsRows)
        #expect((range.column, range.type) == ("At", .date))
        let report = plan.report(range)
        #expect((report.since, report.until, report.column, report.type) == (test.lower, test.upper, "At", "DATE"))
        #expect(report.previousMark == situation.state.record?.highWaterMark)
        #expect(report.mark == nil)
    }

    static let invalidBounds = [
        Case("since that is not a date", .invalidBound) { $0.options.since = .value("5") },
        Case("until that is not a date", .invalidBound) { $0.options.until = "5" },
        Case("an empty range", .invalidBound) {
            $0.options.since = .value("2024-01-05")
            $0.options.until = "2024-01-05"
        },
        Case("a lookback of hours", .invalidBound) { $0.options.lookback = .duration(.seconds(3600)) },
        Case("a lookback of a number", .invalidBound) { $0.options.lookback = .number(3) },
        Case("an invalid lookback in the first run", .invalidBound) {
            $0.options.lookback = .number(3)
            $0.state.record = nil
        },
        Case("a mark of another type", .invalidBound) { $0.state.record?.highWaterMark = "5" },
        Case("another type", .loadConflict, .takenName(newName: "orders_2")) { $0.state.record?.type = .timestamp },
    ]

    @Test(arguments: invalidBounds) func rejectsInvalidBounds(_ test: Case) throws {
        var situation = Situation()
        test.change(&situation)
        let plan = try situation.plan()
        let error = #expect(throws: PullError.self) {
            try plan.range(of: TableSchema.Field(name: "at", type: .date))
        }
        #expect(error?.code == test.code)
        #expect(error?.detail == test.detail)
    }

    /// A load whose table was replaced accepts any type.
    @Test func acceptsAnotherTypeAfterAReset() throws {
        var situation = Situation()
        situation.state.record?.type = .timestamp
        situation.state.record?.runID = nil
        situation.state.record?.isStarted = false
        situation.state.record?.highWaterMark = nil
        let plan = try situation.plan()
        #expect(plan.recordedType == nil)
        #expect(try plan.range(of: TableSchema.Field(name: "at", type: .date)).lowerBound == nil)
    }

    @Test(arguments: [
        (FieldType.timestamp, "2024-01-31T10:00:00.000000Z" as String?, FieldType.date, "2024-01-31" as String?),
        (.date, "2024-01-31", .timestamp, "2024-01-31T00:00:00.000000Z"), (.date, nil, .timestamp, nil),
        (.int64, "5", .int64, "5"), (.int64, nil, .int64, nil),
        (.int64, "5", .date, "error"), (.date, nil, .int64, "error"), (.date, nil, .string, "error"),
    ])
    func convertsTheBoundOfAParameter(
        type: FieldType, lower: String?, parameterType: FieldType, expected: String?
    ) throws {
        let bound = lower.flatMap { IncrementalValue($0, type: type) }
        #expect((bound == nil) == (lower == nil))
        let range = IncrementalRange(column: "at", type: type, lowerBound: bound, includesNulls: true)
        if expected == "error" {
            let error = #expect(throws: PullError.self) {
                try LoadPlan.parameterValue(for: range, type: parameterType)
            }
            #expect(error?.code == .notIncremental)
        } else {
            let value = try LoadPlan.parameterValue(for: range, type: parameterType)
            #expect(value.text == expected ?? IncrementalValue.lowest(parameterType)?.text)
            #expect(value.type == parameterType)
        }
    }
}
