import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// What goes wrong when the same command runs every night: where rows get lost or doubled.
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
        try await NightlyShop.with { shop in
            let (type, values) = column
            let schema = ["id:INTEGER", "changed_at:\(type)"]
            let options =
                ["--incremental", "changed_at", "--if-exists", mode] + (mode == "upsert" ? ["--key", "id"] : [])
            try await shop.load(schema, ["1,\(values[0])", "2,\(values[1])"])
            try await shop.succeed(NightlyShop.orders, options)
            try await shop.load(schema, ["1,\(values[0])", "2,\(values[1])", "3,\(values[1])"])
            try await shop.succeed(NightlyShop.orders, options)
            #expect(try shop.ids() == [1, 2, 3])
            // Rows at the mark are read each time, and published once.
            try await shop.load(schema, ["2,\(values[1])", "3,\(values[1])", "4,\(values[2])"])
            try await shop.succeed(NightlyShop.orders, options)
            try await shop.succeed(NightlyShop.orders, options)
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
        _ options: [String], _ test: @Sendable (NightlyShop) async throws -> Void
    ) async throws {
        try await NightlyShop.with { shop in
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
            #expect(try JSONDocument(outcome.output)["load"]["queryChanged"].bool == true)
            let again = try await shop.succeed(change.sql, options + ["--param", change.parameter, "--json"])
            #expect(try JSONDocument(again.output)["load"]["queryChanged"].bool == false)
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

    @Test func aFirstIncrementalRunDoesNotDoubleTheRowsOfATable() async throws {
        try await NightlyShop.with { shop in
            try await shop.load(NightlyShop.schema, [NightlyShop.row(1), NightlyShop.row(2), NightlyShop.row(2)])
            try await shop.succeed(NightlyShop.orders)
            let errors = try await shop.reject(NightlyShop.orders, NightlyShop.append)
            try await shop.load(
                NightlyShop.schema, [NightlyShop.row(1), NightlyShop.row(2), NightlyShop.row(2), NightlyShop.row(3)])
            let outcome = try await shop.home.run(try shop.command(in: errors, with: "--since"))
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(try shop.ids() == [1, 2, 2, 3])
            // The rows belong to the load now.
            try await shop.succeed(NightlyShop.orders, NightlyShop.append)
            #expect(try shop.ids() == [1, 2, 2, 3])
        }
    }

    enum Addition: CaseIterable, Sendable {
        case plainAppend, otherProgram
    }

    @Test(arguments: Addition.allCases, ["2024-01-02", "beginning"])
    func rowsAddedBetweenTwoRunsAreNotDoubled(addition: Addition, since: String) async throws {
        try await NightlyShop.with { shop in
            try await shop.load(NightlyShop.schema, [NightlyShop.row(1), NightlyShop.row(2)])
            try await shop.succeed(NightlyShop.orders, NightlyShop.append)
            try await shop.load(NightlyShop.schema, (1...4).map(NightlyShop.row))
            switch addition {
            case .plainAppend: try await shop.succeed("\(NightlyShop.orders) WHERE id = 3", ["--if-exists", "append"])
            case .otherProgram: try shop.write("INSERT INTO results VALUES (3, '2024-01-03T00:00:00.000000Z')")
            }
            let errors = try await shop.reject(NightlyShop.orders, NightlyShop.append)
            #expect(try shop.ids() == [1, 2, 3])
            let outcome = try await shop.home.run(try shop.command(in: errors, with: "--since", since))
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            try await shop.succeed(NightlyShop.orders, NightlyShop.append)
            #expect(try shop.ids() == [1, 2, 3, 4])
        }
    }

    @Test func rowsOfOtherLoadsAreNoReasonToReject() async throws {
        try await NightlyShop.with { shop in
            for number in 1...3 {
                try await shop.load(NightlyShop.schema, (1...number).map(NightlyShop.row))
                for name in ["a", "b"] {
                    try await shop.succeed(
                        NightlyShop.orders, NightlyShop.append + ["--load", name, "--load-column", "load"])
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
        try await NightlyShop.with { shop in
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
        try await NightlyShop.with { shop in
            try await shop.load(NightlyShop.schema, (1...5).map(NightlyShop.row))
            let limited = "SELECT id, changed_at FROM shop.orders ORDER BY changed_at LIMIT 3"
            let errors = try await shop.reject(limited, NightlyShop.append)
            #expect(errors.contains("@bqpull_watermark"), "\(errors)")
            #expect(shop.jobs == 0)
            let placed = limited.replacing("ORDER BY", with: "WHERE changed_at >= @bqpull_watermark ORDER BY")
            for last in [3, 5, 5] {
                try await shop.succeed(placed, NightlyShop.append)
                #expect(try shop.ids() == Array(1...last))
            }
        }
    }

    @Test(arguments: [
        "SELECT * FROM (SELECT id, changed_at FROM shop.orders LIMIT 100)", "\(NightlyShop.orders) -- LIMIT 2",
        "\(NightlyShop.orders) WHERE 'a LIMIT 2' <> ''",
    ])
    func otherLimitsAreAccepted(sql: String) async throws {
        try await NightlyShop.with { shop in
            try await shop.load(NightlyShop.schema, (1...5).map(NightlyShop.row))
            for _ in 1...2 {
                try await shop.succeed(sql, NightlyShop.append)
                #expect(try shop.ids() == Array(1...5))
            }
        }
    }
}
