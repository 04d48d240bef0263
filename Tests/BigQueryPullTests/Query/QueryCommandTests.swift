import BigQuery
import SQLiteStaging
import TestSupport
import Testing

@testable import BigQueryPull

/// The texts by which a pull finds its earlier runs, also those of earlier versions.
@Suite struct QueryCommandTests {
    private static func pull() throws -> QueryPull {
        let client = BigQueryClient(
            try BigQueryConfiguration(project: "demo"), tokens: nil, transport: ScriptedTransport([]))
        return QueryPull(QueryRequest("SELECT @a", parameters: ["a": 1]), client: client)
    }

    /// The text of version 0.1.0.
    @Test func aPlainPullIsTheSameInEveryVersion() throws {
        #expect(
            try QueryCommand(Self.pull(), into: StagingTarget(path: "x.db")).text() == """
                {"parameters":[{"name":"a","parameterType":{"type":"INT64"},"parameterValue":{"value":"1"}}],\
                "project":"demo","sql":"SELECT @a","useLegacySQL":false}
                """)
    }

    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var isSame = false
        let change: @Sendable (inout QueryPull, inout StagingTarget) -> Void

        init(
            _ testDescription: String, isSame: Bool = false,
            _ change: @escaping @Sendable (inout QueryPull, inout StagingTarget) -> Void
        ) {
            self.testDescription = testDescription
            self.isSame = isSame
            self.change = change
        }
    }

    static let changes = [
        Change("the column in another case", isSame: true) { pull, _ in pull.incrementalColumn = "AT" },
        Change("the name that the load has anyway", isSame: true) { pull, _ in pull.load = "Orders" },
        Change("the continuation of a changed query", isSame: true) { pull, _ in pull.continuesChangedQuery = true },
        Change("the count of NULL", isSame: true) { pull, _ in pull.countsNulls = true },
        Change("white space, a comment and a semicolon", isSame: true) { pull, _ in
            pull.query.sql = "SELECT/* all */\n  @a; -- the end"
        },
        Change("another query") { pull, _ in pull.query.sql = "SELECT @a, 1" },
        Change("another load") { pull, _ in pull.load = "other" },
        Change("a lower bound") { pull, _ in pull.since = .value("5") },
        Change("the beginning") { pull, _ in pull.since = .beginning },
        Change("an upper bound") { pull, _ in pull.until = "5" },
        Change("a lookback in time") { pull, _ in pull.lookback = .duration(.milliseconds(1500)) },
        Change("a lookback in numbers") { pull, _ in pull.lookback = .number(5) },
        Change("a load column") { _, target in target.loadColumn = "load" },
        Change("the time of the run") { _, target in target.loadedAtColumn = "loaded" },
        Change("the latest row") { _, target in target.latestColumn = "at" },
    ]

    @Test(arguments: changes) func optionsThatChangeRowsArePartOfIt(_ test: Change) throws {
        var target = StagingTarget(path: "x.db", table: "orders", ifExists: .append)
        var pull = try Self.pull()
        pull.incrementalColumn = "at"
        let plain = try QueryCommand(pull, into: target).text()
        test.change(&pull, &target)
        let recorded = try QueryCommand(pull, into: target).text()
        #expect((recorded == plain) == test.isSame)

        // A run is continued with the options that it was started with.
        let decoded = try #require(QueryCommand(text: recorded))
        #expect(decoded.since.map(LowerBound.init(recorded:)) == pull.since)
        #expect(decoded.until == pull.until)
        #expect(decoded.lookback?.value == pull.lookback)
        #expect(try decoded.text() == recorded)
    }

    @Test(arguments: ["", "c", "{}", "[]", #"{"sql":5}"#]) func otherTextsAreNotCommands(text: String) {
        #expect(QueryCommand(text: text) == nil)
    }
}
