import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// What goes wrong when the same command runs every night: one test for each situation.
@Suite(.timeLimit(.minutes(20))) struct NightlyFaultTests {
    // MARK: 1. Values equal to the mark

    /// The incremental column and its type, and three increasing values.
    static let columns = [
        ("INTEGER", ["7", "8", "9"]), ("DATE", ["2024-01-07", "2024-01-08", "2024-01-09"]),
        ("DATETIME", ["2024-01-07T10:00:00", "2024-01-08T10:00:00.25", "2024-01-08T10:00:00.5"]),
        ("TIMESTAMP", ["2024-01-07T10:00:00Z", "2024-01-08T10:00:00.25Z", "2024-01-08T10:00:00.250001Z"]),
    ]

    @Test(arguments: columns, ["append", "upsert"])
    func aRowAtTheMarkArrivesLater(column: (String, [String]), mode: String) async throws {
        try await Shop.with { shop in
            let (type, values) = column
            let schema = ["id:INTEGER", "changed_at:\(type)"]
            let options =
                ["--incremental", "changed_at", "--if-exists", mode] + (mode == "upsert" ? ["--key", "id"] : [])
            try await shop.load(schema, ["1,\(values[0])", "2,\(values[1])"])
            try await shop.succeed(Shop.orders, options)
            try await shop.load(schema, ["1,\(values[0])", "2,\(values[1])", "3,\(values[1])"])
            try await shop.succeed(Shop.orders, options)
            #expect(try shop.ids() == [1, 2, 3])
            // Rows at the mark are read each time, and published once.
            try await shop.load(schema, ["2,\(values[1])", "3,\(values[1])", "4,\(values[2])"])
            try await shop.succeed(Shop.orders, options)
            try await shop.succeed(Shop.orders, options)
            #expect(try shop.ids() == [1, 2, 3, 4])
        }
    }

    // MARK: 2. Several sources, parameters and texts

    enum Change: String, CaseIterable, Sendable {
        case source, parameter, text

        var sql: String {
            switch self {
            case .source: "SELECT id, changed_at FROM shop.us WHERE id >= @low"
            case .parameter: NightlyFaultTests.original
            case .text: "SELECT id, changed_at FROM shop.eu WHERE id >= @low AND id < 100"
            }
        }

        var parameter: String { self == .parameter ? "low:INT64:2" : "low:INT64:1" }

        /// The rows of the changed query, and those at or above the mark.
        var ids: (all: [Int], aboveMark: [Int]) {
            switch self {
            case .source: ([11, 12, 13], [13])
            case .parameter: ([2, 3], [])
            case .text: ([1, 2, 3], [])
            }
        }
    }

    private static let original = "SELECT id, changed_at FROM shop.eu WHERE id >= @low"

    /// The first load, and a source whose first two rows are below its mark.
    private static func withTwoSources(
        _ options: [String], _ test: @Sendable (Shop) async throws -> Void
    ) async throws {
        try await Shop.with { shop in
            let schema = ["id:INTEGER", "changed_at:TIMESTAMP"]
            try await shop.load(schema, (1...3).map { "\($0),2024-01-0\($0)T00:00:00Z" }, into: "eu")
            try await shop.load(
                schema, [1, 2, 4].enumerated().map { "\($0 + 11),2024-01-0\($1)T00:00:00Z" }, into: "us")
            try await shop.succeed(original, options + ["--param", "low:INT64:1"])
            #expect(try shop.ids() == [1, 2, 3])
            try await test(shop)
        }
    }

    @Test(arguments: Change.allCases, [true, false])
    func aChangedQueryIsALoadOfItsOwnOrTheSame(change: Change, isOwnLoad: Bool) async throws {
        let options = ["--incremental", "changed_at", "--if-exists", "append"]
        try await Self.withTwoSources(options) { shop in
            let errors = try await shop.reject(change.sql, options + ["--param", change.parameter])
            #expect(try shop.ids() == [1, 2, 3])
            let command = try shop.command(in: errors, with: isOwnLoad ? "--load" : "--same-load")
            let outcome = try await shop.home.run(command)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(try shop.ids() == ([1, 2, 3] + (isOwnLoad ? change.ids.all : change.ids.aboveMark)).sorted())
            // It is recorded.
            let again = isOwnLoad ? command : command.filter { $0 != "--same-load" }
            #expect(try await shop.home.run(again).exitCode == 0)
            #expect(try shop.ids() == ([1, 2, 3] + (isOwnLoad ? change.ids.all : change.ids.aboveMark)).sorted())
            #expect(shop.jobs == 3)
        }
    }

    @Test(arguments: Change.allCases) func aNamedLoadReportsAChangedQuery(change: Change) async throws {
        let options = ["--incremental", "changed_at", "--if-exists", "append", "--load", "nightly"]
        try await Self.withTwoSources(options) { shop in
            let outcome = try await shop.succeed(change.sql, options + ["--param", change.parameter, "--json"])
            #expect(try JSON(outcome.output)["load"]["queryChanged"].bool == true)
            let again = try await shop.succeed(change.sql, options + ["--param", change.parameter, "--json"])
            #expect(try JSON(again.output)["load"]["queryChanged"].bool == false)
            #expect(try shop.ids() == ([1, 2, 3] + change.ids.aboveMark).sorted())
        }
    }

    @Test(arguments: [
        "SELECT id,\n  changed_at\nFROM shop.eu -- all\nWHERE id >= @low;", "\(original) /* the end */",
        " \(original) ;\n",
    ])
    func whiteSpaceAndCommentsAreNoChange(sql: String) async throws {
        let options = ["--incremental", "changed_at", "--if-exists", "append"]
        try await Self.withTwoSources(options) { shop in
            try await shop.succeed(sql, options + ["--param", "low:INT64:1"])
            #expect(try shop.ids() == [1, 2, 3])
        }
    }

    @Test(arguments: ["append", "upsert"]) func allRowsOfTwoNamedLoadsArrive(mode: String) async throws {
        let options =
            ["--incremental", "changed_at", "--if-exists", mode, "--load-column", "source"]
            + (mode == "upsert" ? ["--key", "id,source"] : [])
        try await Self.withTwoSources(options + ["--load", "eu"]) { shop in
            for _ in 1...2 {
                for (sql, name) in [(Change.source.sql, "us"), (Self.original, "eu")] {
                    try await shop.succeed(sql, options + ["--load", name, "--param", "low:INT64:1"])
                }
            }
            #expect(try shop.ids() == [1, 2, 3, 11, 12, 13])
            #expect(
                try shop.read("SELECT source || count(*) FROM results GROUP BY source ORDER BY source") == [
                    "eu3", "us3",
                ])
        }
    }

    @Test func aSecondAppendWithoutALoadColumnIsRejected() async throws {
        let options = ["--incremental", "changed_at", "--if-exists", "append"]
        try await Self.withTwoSources(options) { shop in
            let second = options + ["--param", "low:INT64:1", "--load", "us"]
            let errors = try await shop.reject(Change.source.sql, second)
            let command = try shop.command(in: errors, with: "--load-column")
            let outcome = try await shop.home.run(command)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(try shop.ids() == [1, 2, 3, 11, 12, 13])
            // From now on the first load needs it, too.
            let first = try await shop.reject(Self.original, options + ["--param", "low:INT64:1"])
            let again = try await shop.home.run(try shop.command(in: first, with: "--load-column"))
            #expect(again.exitCode == 0, "\(again.errors)")
            #expect(try shop.ids() == [1, 2, 3, 11, 12, 13])
        }
    }

    // MARK: 3. Rows without a load

    private static let schema = ["id:INTEGER", "changed_at:TIMESTAMP"]
    private static let append = ["--incremental", "changed_at", "--if-exists", "append"]
    private static func row(_ id: Int) -> String { "\(id),2024-01-\(id < 10 ? "0" : "")\(id)T00:00:00Z" }

    @Test func aFirstIncrementalRunDoesNotDoubleTheRowsOfATable() async throws {
        try await Shop.with { shop in
            try await shop.load(Self.schema, [Self.row(1), Self.row(2), Self.row(2)])
            try await shop.succeed(Shop.orders)
            let errors = try await shop.reject(Shop.orders, Self.append)
            try await shop.load(Self.schema, [Self.row(1), Self.row(2), Self.row(2), Self.row(3)])
            let outcome = try await shop.home.run(try shop.command(in: errors, with: "--since"))
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(try shop.ids() == [1, 2, 2, 3])
            // The rows belong to the load now.
            try await shop.succeed(Shop.orders, Self.append)
            #expect(try shop.ids() == [1, 2, 2, 3])
        }
    }

    enum Addition: CaseIterable, Sendable {
        case plainAppend, otherProgram
    }

    @Test(arguments: Addition.allCases, ["2024-01-02", "beginning"])
    func rowsAddedBetweenTwoRunsAreNotDoubled(addition: Addition, since: String) async throws {
        try await Shop.with { shop in
            try await shop.load(Self.schema, [Self.row(1), Self.row(2)])
            try await shop.succeed(Shop.orders, Self.append)
            try await shop.load(Self.schema, (1...4).map(Self.row))
            switch addition {
            case .plainAppend: try await shop.succeed("\(Shop.orders) WHERE id = 3", ["--if-exists", "append"])
            case .otherProgram: try shop.write("INSERT INTO results VALUES (3, '2024-01-03T00:00:00.000000Z')")
            }
            let errors = try await shop.reject(Shop.orders, Self.append)
            #expect(try shop.ids() == [1, 2, 3])
            let outcome = try await shop.home.run(try shop.command(in: errors, with: "--since", since))
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            try await shop.succeed(Shop.orders, Self.append)
            #expect(try shop.ids() == [1, 2, 3, 4])
        }
    }

    @Test func rowsOfOtherLoadsAreNoReasonToReject() async throws {
        try await Shop.with { shop in
            for number in 1...3 {
                try await shop.load(Self.schema, (1...number).map(Self.row))
                for name in ["a", "b"] {
                    try await shop.succeed(Shop.orders, Self.append + ["--load", name, "--load-column", "load"])
                }
            }
            #expect(try shop.ids() == [1, 1, 2, 2, 3, 3])
        }
    }

    // MARK: 4. Changed types

    /// A column of a table in BigQuery.
    struct Column: Sendable {
        /// The type in messages.
        var type: String
        /// A field of a table schema, without its name.
        var field: String
        var json: String

        static let date = Column(type: "DATE", field: #""type":"DATE""#, json: #""2024-01-01""#)
        static let datetime = Column(type: "DATETIME", field: #""type":"DATETIME""#, json: #""2024-01-01T10:00:00""#)
        static let timestamp = Column(
            type: "TIMESTAMP", field: #""type":"TIMESTAMP""#, json: #""2024-01-01T10:00:00Z""#)
        static let numeric = Column(type: "NUMERIC", field: #""type":"NUMERIC""#, json: #""1.5""#)
        static let string = Column(type: "STRING", field: #""type":"STRING""#, json: #""1.5""#)
        static let bool = Column(type: "BOOL", field: #""type":"BOOLEAN""#, json: "true")
        static let int64 = Column(type: "INT64", field: #""type":"INTEGER""#, json: "1")
        static let array = Column(type: "ARRAY", field: #""type":"STRING","mode":"REPEATED""#, json: #"["1.5"]"#)
        static let structure = Column(
            type: "STRUCT", field: #""type":"RECORD","fields":[{"name":"a","type":"STRING"}]"#, json: #"{"a":"1.5"}"#)
    }

    static let typeChanges: [(Column, Column)] = [
        (.datetime, .timestamp), (.date, .timestamp), (.numeric, .string), (.string, .numeric), (.string, .array),
        (.string, .structure), (.bool, .int64),
    ]

    @Test(arguments: typeChanges, ["append", "upsert", "delete-insert"])
    func aChangedTypeIsRejectedAfterTheDryRun(types: (Column, Column), mode: String) async throws {
        try await Self.change(types, ["--if-exists", mode] + (mode == "append" ? [] : ["--key", "id"]))
    }

    /// Otherwise the table would keep the same day twice.
    @Test(arguments: ["upsert", "delete-insert"]) func aChangedTypeOfAKeyIsRejected(mode: String) async throws {
        try await Self.change((.date, .timestamp), ["--if-exists", mode, "--key", "v"])
    }

    private static func change(_ types: (Column, Column), _ options: [String]) async throws {
        try await Shop.with { shop in
            for (table, column) in [("old", types.0), ("new", types.1)] {
                let schema = #"[{"name":"id","type":"INTEGER"},{"name":"v",\#(column.field)}]"#
                try await shop.load(schema: schema, lines: [#"{"id":1,"v":\#(column.json)}"#], into: table)
            }
            try await shop.succeed("SELECT id, v FROM shop.old", options)
            let state = "SELECT id || '|' || v FROM results UNION ALL SELECT schema FROM _bqpull_columns"
            let before = try shop.read(state)
            let outcome = try await shop.home.run(shop.query("SELECT id, v FROM shop.new", options))
            #expect(outcome.exitCode == 73)
            for word in ["column v", types.0.type, types.1.type] {
                #expect(outcome.errors.contains(word), "\(outcome.errors)")
            }
            #expect(shop.jobs == 1)
            #expect(try shop.read(state) == before)
        }
    }

    // MARK: 5. LIMIT

    @Test func aLimitedQueryPlacesTheWatermarkItself() async throws {
        try await Shop.with { shop in
            try await shop.load(Self.schema, (1...5).map(Self.row))
            let limited = "SELECT id, changed_at FROM shop.orders ORDER BY changed_at LIMIT 3"
            let errors = try await shop.reject(limited, Self.append)
            #expect(errors.contains("@bqpull_watermark"), "\(errors)")
            #expect(shop.jobs == 0)
            let placed = limited.replacing("ORDER BY", with: "WHERE changed_at >= @bqpull_watermark ORDER BY")
            for last in [3, 5, 5] {
                try await shop.succeed(placed, Self.append)
                #expect(try shop.ids() == Array(1...last))
            }
        }
    }

    @Test(arguments: [
        "SELECT * FROM (SELECT id, changed_at FROM shop.orders LIMIT 100)", "\(Shop.orders) -- LIMIT 2",
        "\(Shop.orders) WHERE 'a LIMIT 2' <> ''",
    ])
    func otherLimitsAreAccepted(sql: String) async throws {
        try await Shop.with { shop in
            try await shop.load(Self.schema, (1...5).map(Self.row))
            for _ in 1...2 {
                try await shop.succeed(sql, Self.append)
                #expect(try shop.ids() == Array(1...5))
            }
        }
    }

    // MARK: 6. Rows without a value

    @Test func rowsWithoutAValueAreCountedOnRequestUnderTheCostGuard() async throws {
        try await Shop.with { shop in
            try await shop.load(Self.schema, [Self.row(1), "8,", "9,"])
            let first = try await shop.succeed(Shop.orders, Self.append + ["--json"])
            #expect(try JSON(first.output)["nullRowsCopied"].int == 2)
            try await shop.load(Self.schema, [Self.row(1), Self.row(2), "7,", "8,", "9,"])

            let plain = try await shop.dryRun(Self.append)
            let counted = try await shop.dryRun(Self.append + ["--count-nulls"])
            #expect(counted > plain)
            let guarded = Self.append + ["--confirm-above", "\(counted - 1)B"]
            try await shop.reject(Shop.orders, guarded + ["--count-nulls"])

            // The only job; otherwise the count would be retried.
            try shop.home.inject("bigquery.jobs.insert", ["pass", "return-503 always"])
            let second = try await shop.succeed(Shop.orders, guarded + ["--json"])
            try shop.home.endFaults()
            #expect(try JSON(second.output)["rowsWithoutWatermark"].int == nil)
            #expect(try JSON(second.output)["nullRowsCopied"].int == nil)
            #expect(shop.jobs == 2)

            let third = try await shop.succeed(Shop.orders, Self.append + ["--count-nulls", "--json"])
            #expect(try JSON(third.output)["rowsWithoutWatermark"].int == 3)
            #expect(shop.jobs == 4)
            #expect(try shop.ids() == [1, 2, 8, 9])
        }
    }

    // MARK: 7. The mark

    @Test func theMarkIsShown() async throws {
        try await Shop.with { shop in
            let mark = "2024-01-02T00:00:00.000000Z"
            try await shop.load(Self.schema, [Self.row(1), Self.row(2)])
            let first = try await shop.succeed(Shop.orders, Self.append + ["--json"])
            #expect(try JSON(first.output)["load"]["mark"].text == mark)
            let runs = try await shop.home.run(["runs", shop.file, "--json"])
            #expect(try JSON(runs.output)[0]["highWaterMark"].text == mark)
            let loads = try await shop.home.run(["loads", shop.file, "--json"])
            #expect(try JSON(loads.output)[0]["name"].text == "results")
            #expect(try JSON(loads.output)[0]["highWaterMark"].text == mark)
            for command in [["runs", shop.file], ["loads", shop.file]] {
                #expect(try await shop.home.run(command).output.contains(mark))
            }
            let dryRun = try await shop.succeed(Shop.orders, Self.append + ["--dry-run", "--json"])
            #expect(try JSON(dryRun.output)["load"]["since"].text == mark)
            #expect(try await shop.succeed(Shop.orders, Self.append + ["--dry-run"]).output.contains(mark))
            let verbose = try await shop.succeed(
                Shop.orders, Self.append + ["--verbose", "--since", "2024-01-01T12:00:00Z"])
            #expect(verbose.errors.contains("2024-01-01T12:00:00.000000Z"), "\(verbose.errors)")
            #expect(verbose.errors.contains(mark), "\(verbose.errors)")
        }
    }

    @Test(arguments: [[], ["--to", "2024-01-02"]]) func theMarkIsSettable(to: [String]) async throws {
        try await Shop.with { shop in
            try await shop.load(Self.schema, (1...3).map(Self.row))
            try await shop.succeed(Shop.orders, Self.append)
            try shop.write("DELETE FROM results")
            try await shop.succeed(Shop.orders, Self.append)
            // Rows at the mark are read again.
            #expect(try shop.ids() == [3])
            let reset = try await shop.home.run(["loads", shop.file, "--reset", "RESULTS"] + to)
            #expect(reset.exitCode == 0, "\(reset.errors)")
            try await shop.succeed(Shop.orders, Self.append)
            #expect(try shop.ids() == (to.isEmpty ? [1, 2, 3] : [2, 3]))
            #expect(try await shop.home.run(["loads", shop.file, "--reset", "missing"]).exitCode == 64)
        }
    }

    @Test func aRowOfTheFarFutureDoesNotBlockTheLoad() async throws {
        try await Shop.with { shop in
            try await shop.load(Self.schema, [Self.row(1), Self.row(2), "3,9999-12-31T00:00:00Z"])
            let first = try await shop.succeed(Shop.orders, Self.append)
            #expect(first.errors.contains("warning:") && first.errors.contains("9999-12-31"), "\(first.errors)")
            let command = try shop.command(in: first.errors, with: "--reset")
            // The row is corrected.
            try await shop.load(Self.schema, (1...4).map(Self.row))
            try await shop.succeed(Shop.orders, Self.append)
            #expect(try shop.ids() == [1, 2, 3])
            let reset = try await shop.home.run(command)
            #expect(reset.exitCode == 0, "\(reset.errors)")
            let last = try await shop.succeed(Shop.orders, Self.append)
            #expect(!last.errors.contains("warning:"), "\(last.errors)")
            #expect(try shop.ids() == [1, 2, 3, 3, 4])
        }
    }

    @Test func aBackfillDoesNotMoveTheMarkOverAGap() async throws {
        try await Shop.with { shop in
            try await shop.load(Self.schema, [Self.row(1), Self.row(2)])
            try await shop.succeed(Shop.orders, Self.append)
            try await shop.load(Self.schema, (1...9).map(Self.row))
            let backfill = ["--since", "2024-01-05", "--until", "2024-01-07", "--json"]
            let report = try JSON(try await shop.succeed(Shop.orders, Self.append + backfill).output)
            #expect(report["load"]["leavesGap"].bool == true)
            #expect(report["load"]["mark"].text == "2024-01-02T00:00:00.000000Z")
            #expect(try shop.ids() == [1, 2, 5, 6])
            try await shop.succeed(Shop.orders, Self.append)
            #expect(try shop.ids() == Array(1...9))
        }
    }

    @Test func aDroppedTableResetsItsLoad() async throws {
        try await Shop.with { shop in
            try await shop.load(Self.schema, (1...3).map(Self.row))
            try await shop.succeed(Shop.orders, Self.append)
            try shop.write("DROP TABLE results")
            try await shop.succeed(Shop.orders, Self.append)
            #expect(try shop.ids() == [1, 2, 3])
        }
    }

    @Test func aReplacedTableResetsItsLoads() async throws {
        try await Shop.with { shop in
            try await shop.load(Self.schema, (1...3).map(Self.row))
            for name in ["a", "b"] {
                try await shop.succeed(Shop.orders, Self.append + ["--load", name, "--load-column", "load"])
            }
            let replacement = try await shop.succeed(
                "\(Shop.orders) WHERE id = 3", ["--if-exists", "replace", "--json"])
            #expect(try JSON(replacement.output)["resetLoads"].texts == ["a", "b"])
            // The rows of the replacement belong to no load.
            let errors = try await shop.reject(Shop.orders, Self.append + ["--load", "a"])
            let outcome = try await shop.home.run(try shop.command(in: errors, with: "--since"))
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(try shop.ids() == [1, 2, 3])
        }
    }

    // MARK: 8. Statements before and comments after the query

    @Test(arguments: [
        "\(Shop.orders); -- end", "\(Shop.orders);;\n# end\n", "/* ; */ \(Shop.orders) ;",
        "CREATE TEMP FUNCTION plus_one(x INT64) AS (x + 1); SELECT plus_one(id - 1) AS id, changed_at FROM shop.orders; -- end",
        "WITH o AS (SELECT id, changed_at FROM shop.orders) SELECT id, changed_at FROM o",
    ])
    func everyFormOfAQueryWorks(sql: String) async throws {
        try await Shop.with { shop in
            for last in 1...3 {
                try await shop.load(Self.schema, (1...last).map(Self.row))
                try await shop.succeed(sql, Self.append)
                #expect(try shop.ids() == Array(1...last))
            }
            #expect(shop.jobs == 3)
        }
    }

    // MARK: 9. Interrupted runs of other loads

    @Test(arguments: [SIGKILL, SIGINT]) func aPublicationKeepsTheInterruptedRunOfAnotherLoad(signal: Int32) async throws
    {
        try await Shop.with { shop in
            func load(_ name: String) -> [String] {
                shop.query(
                    "SELECT id, changed_at FROM shop.\(name)",
                    Self.append + ["--load", name, "--load-column", "load", "--page-rows", "20", "--parallel", "1"])
            }
            for name in ["eu", "us"] {
                try await shop.load(Self.schema, [Self.row(1)], into: name)
                #expect(try await shop.home.run(load(name)).exitCode == 0)
                let rows = (2...300).map { "\($0),2024-02-01T00:00:00Z" }
                try await shop.load(Self.schema, [Self.row(1)] + rows, into: name)
            }
            try await shop.interrupt(load("eu"), signal)

            let other = try await shop.home.run(load("us"))
            #expect(other.exitCode == 0, "\(other.errors)")
            #expect(shop.jobs == 4)
            let again = try await shop.home.run(load("eu") + ["--json"])
            #expect(again.exitCode == 0, "\(again.errors)")
            #expect(try JSON(again.output)["rowsContinued"].int ?? 0 > 0)
            // Its query is not billed again.
            #expect(shop.jobs == 4)
            #expect(
                try shop.read(
                    "SELECT load || count(*) || '/' || count(DISTINCT id) FROM results GROUP BY load ORDER BY 1")
                    == ["eu300/300", "us300/300"])
        }
    }

    @Test func anInterruptedRunOfTheOldTextIsDroppedAndNamed() async throws {
        try await Shop.with { shop in
            let options = Self.append + ["--load", "nightly", "--page-rows", "20", "--parallel", "1"]
            try await shop.load(Self.schema, [Self.row(1)])
            try await shop.succeed(Shop.orders, options)
            try await shop.load(Self.schema, [Self.row(1)] + (2...300).map { "\($0),2024-02-01T00:00:00Z" })
            try await shop.interrupt(shop.query(Shop.orders, options), SIGKILL)
            let lost = try shop.read("SELECT run_id FROM _bqpull_runs WHERE state <> 'published'")
            try #require(lost.count == 1)
            let outcome = try await shop.succeed("\(Shop.orders) WHERE id < 200", options + ["--json"])
            #expect(outcome.output.contains(lost[0]), "\(outcome.output)")
            #expect(try shop.read("SELECT state FROM _bqpull_runs WHERE run_id = '\(lost[0])'") != ["published"])
            #expect(try shop.ids() == Array(1..<200))
            #expect(shop.jobs == 3)
        }
    }
}

/// A source table in BigQuery, and the command that loads it every night.
private struct Shop: Sendable {
    let home: EmulatorHome

    static let orders = "SELECT id, changed_at FROM shop.orders"

    static func with(_ test: @Sendable (Shop) async throws -> Void) async throws {
        try await EmulatorHome.with(EmulatorConfiguration(faults: FaultPlan([:]))) { home in
            try await test(Shop(home: home))
        }
    }

    var file: String { home.folder.file("staging.db") }
    var jobs: Int { home.emulator.counters.jobs }

    func query(_ sql: String, _ options: [String] = []) -> [String] {
        ["query", sql, "--into", file, "--endpoint", home.emulator.endpoint, "--credentials", home.credentials]
            + options
    }

    /// Replaces the rows of a table of the dataset `shop` with lines of CSV. Columns have the form `id:INTEGER`.
    func load(_ columns: [String], _ rows: [String], into table: String = "orders") async throws {
        let fields = columns.map { $0.split(separator: ":") }
        let schema = fields.map { #"{"name":"\#($0[0])","type":"\#($0[1])"}"# }.joined(separator: ",")
        let header = fields.map { String($0[0]) }.joined(separator: ",")
        try await load("\(table).csv", schema: "[\(schema)]", lines: [header] + rows, into: table)
    }

    /// Replaces the rows of a table with lines of JSON.
    func load(schema: String, lines: [String], into table: String) async throws {
        try await load("\(table).jsonl", schema: schema, lines: lines, into: table)
    }

    private func load(_ name: String, schema: String, lines: [String], into table: String) async throws {
        let path = home.folder.file(name)
        try Data(schema.utf8).write(to: URL(filePath: home.folder.file("\(table).schema.json")))
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
        try await home.emulator.load(.init(dataset: "shop", table: table, file: path))
    }

    @discardableResult
    func succeed(
        _ sql: String, _ options: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Binary.Outcome {
        let outcome = try await home.run(query(sql, options))
        try #require(outcome.exitCode == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
        return outcome
    }

    /// Runs a command that has to be rejected before anything is billed.
    ///
    /// - Returns: the error and the hint.
    @discardableResult
    func reject(
        _ sql: String, _ options: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let before = jobs
        let outcome = try await home.run(query(sql, options))
        #expect(outcome.exitCode == 64, "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.errors.contains("hint: "), "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(jobs == before, sourceLocation: sourceLocation)
        return outcome.errors
    }

    /// Runs a command, and ends it between two pages of 20 rows. The result has more than 120 rows.
    func interrupt(_ command: [String], _ signal: Int32) async throws {
        let pages = Array(repeating: "pass", count: 6) + ["stall-for-600s"]
        try home.inject("bigquery.jobs.getQueryResults", pages)
        let pull = try await home.binary().start(command)
        try await home.allApplied()
        try await eventually("rows are staged") { try stagedRows() > 0 }
        pull.send(signal: signal)
        let outcome = try await pull.outcome()
        try #require(outcome.exitCode == 128 + signal, "\(outcome.errors)")
        try home.endFaults()
    }

    /// The bytes that a dry run of ``orders`` reports.
    func dryRun(_ options: [String]) async throws -> Int {
        let outcome = try await succeed(Self.orders, options + ["--dry-run", "--json"])
        return try #require(try JSON(outcome.output)["bytesProcessed"].int)
    }

    /// The arguments of the command in a text that has an option, and a value that begins with a prefix.
    func command(in text: String, with option: String, _ value: String = "") throws -> [String] {
        let commands = text.matches(of: /bqpull ((?:query|loads) [^\n]*)/).map { Shell.words(String($0.output.1)) }
        let command = commands.first { words in
            guard let index = words.firstIndex(of: option) else { return false }
            return value.isEmpty || words.dropFirst(index + 1).first?.hasPrefix(value) == true
        }
        return try #require(command, "no command with \(option) \(value) in: \(text)")
    }

    func read(_ sql: String) throws -> [String] {
        try DatabaseQueue(path: file).read { try String.fetchAll($0, sql: sql) }
    }

    func write(_ sql: String) throws {
        try DatabaseQueue(path: file).write { try $0.execute(sql: sql) }
    }

    /// The IDs of all published rows, sorted.
    func ids() throws -> [Int] {
        try DatabaseQueue(path: file).read { try Int.fetchAll($0, sql: "SELECT id FROM results ORDER BY id") }
    }

    /// The staged, unpublished rows.
    func stagedRows() throws -> Int {
        var configuration = Configuration()
        configuration.busyMode = .timeout(300)
        return try DatabaseQueue(path: file, configuration: configuration).read {
            try Int.fetchOne($0, sql: "SELECT max(rows) FROM _bqpull_runs WHERE state <> 'published'") ?? 0
        }
    }
}

/// A value of a JSON document.
private struct JSON {
    private let value: Any?

    init(_ text: String) throws {
        value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    }

    private init(value: Any?) { self.value = value }

    subscript(name: String) -> JSON { JSON(value: (value as? [String: Any])?[name]) }
    subscript(index: Int) -> JSON {
        guard let list = value as? [Any], list.indices.contains(index) else { return JSON(value: nil) }
        return JSON(value: list[index])
    }

    var text: String? { value as? String }
    var texts: [String]? { value as? [String] }
    var int: Int? { value as? Int }
    var bool: Bool? { value as? Bool }
}
