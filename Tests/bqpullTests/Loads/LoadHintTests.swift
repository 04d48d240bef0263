import Testing
import TextSupport

@testable import BQPullCommands
@testable import BigQueryPull
@testable import SQLiteStaging

@Suite struct LoadHintTests {
    private static let sql = "SELECT * FROM eu.orders"
    private static let command = "bqpull query 'SELECT * FROM eu.orders' --if-exists append"

    private func hint(
        _ code: PullError.Code, _ detail: PullError.Detail?, _ options: [String] = [],
        _ source: [String] = [sql]
    ) -> String? {
        let command = TypedCommand(["query"] + source + ["--if-exists", "append"] + options)
        let hint = LoadHint(
            command: command, argument: source.first { !$0.hasPrefix("--file") && source.count == 1 }, sql: Self.sql)
        return hint.text(PullError(code: code, message: "no", detail: detail))
    }

    @Test func aChangedQueryIsAnotherLoadOrTheSame() {
        let detail = PullError.Detail.changedQuery(name: "orders", newName: "orders_2", needsLoadColumn: false)
        #expect(
            hint(.loadChanged, detail) == """
                pull it as a load of its own, from the beginning:
                  \(Self.command) --load orders_2
                or continue the load orders at its mark:
                  \(Self.command) --same-load
                """)
    }

    @Test(arguments: [([], "load_name"), (["--load-column", "source"], "source")])
    func aLoadOfItsOwnCanNeedALoadColumn(options: [String], column: String) throws {
        let detail = PullError.Detail.changedQuery(name: "orders", newName: "orders_2", needsLoadColumn: true)
        let lines = try #require(hint(.loadChanged, detail, options)).split(separator: "\n")
        try #require(lines.count == 4)
        let words = Shell.words(String(lines[1]))
        #expect(words.filter { $0 == "--load-column" }.count == 1)
        #expect(words.contains(column))
        #expect(!lines[3].contains("load_name"))
    }

    /// Delete-insert must not replace the rows of other loads.
    @Test func deleteInsertNeedsTheLoadColumnInItsKey() {
        let detail = PullError.Detail.changedQuery(name: "orders", newName: "orders_2", needsLoadColumn: true)
        let hint = hint(.loadChanged, detail, ["--if-exists", "delete-insert", "--key", "day"]) ?? ""
        #expect(hint.contains(" --load orders_2 --load-column load_name --key day,load_name\n"), "\(hint)")
    }

    @Test(
        arguments: [
            (.loadConflict, .takenName(newName: "orders_2"), "\(command) --load orders_2"),
            (.loadConflict, .loadColumn("source"), "\(command) --load-column source"),
            (.loadColumnRequired, .loadColumn("source"), "\(command) --load-column source"),
            (.loadColumnRequired, nil, "\(command) --load-column load_name"),
            (.notIncremental, .missingKeyColumn("day"), "\(command) --key day"),
            (.rowsWithoutLoad, .rowsWithoutLoad(mark: nil), "\(command) --since beginning"),
            (.rowsWithoutLoad, .rowsWithoutLoad(mark: "2024-02-01"), "\(command) --since 2024-02-01"),
            (.rowsWithoutLoad, .rowsWithoutLoad(mark: "2024-02-01"), "\(command) --since beginning"),
        ] as [(PullError.Code, PullError.Detail?, String)])
    func namesTheCommandToType(code: PullError.Code, detail: PullError.Detail?, command: String) {
        let hint = hint(code, detail) ?? ""
        #expect(hint.split(separator: "\n").contains { $0 == "  \(command)" }, "\(hint)")
    }

    @Test func theKeyKeepsItsColumns() {
        #expect(
            hint(.loadColumnRequired, .missingKeyColumn("source"), ["--key", "day"])?.hasSuffix("--key day,source")
                == true)
    }

    /// Each query of an earlier version gets a load, which begins at its mark.
    @Test func everyUnassignedQueryHasACommand() {
        let loads = [("orders", Self.sql, "2024-02-01"), ("orders_2", "SELECT *\nFROM us.orders", nil)].map {
            PullError.NamedLoad(name: $0.0, load: UnassignedLoad(sql: $0.1, parameters: "", highWaterMark: $0.2))
        }
        #expect(
            hint(.unassignedMark, .unassigned(loads)) == """
                continue SELECT * FROM eu.orders:
                  \(Self.command) --load orders --since 2024-02-01 --load-column load_name
                continue SELECT * FROM us.orders:
                  bqpull query 'SELECT *
                FROM us.orders' --if-exists append --load orders_2 --since beginning --load-column load_name
                """)
        // Another mode keeps sources apart by the key.
        let upsert = hint(.unassignedMark, .unassigned(loads), ["--if-exists=upsert"])
        #expect(upsert?.contains("load_name") == false, "\(upsert ?? "")")
    }

    /// A command must never pull one query at the mark of another.
    @Test(
        arguments: [
            (["--file", "orders.sql"], "SELECT 1 AS a", " --load a --since 1 'SELECT 1 AS a'"),
            (["--file=orders.sql"], "-- us\nSELECT 1", " --load a --since 1 -- '-- us\nSELECT 1'"),
            (["--file", "orders.sql"], sql, " --file orders.sql --if-exists append --load a --since 1"),
            (["-"], "SELECT 1 AS a", " 'SELECT 1 AS a' --if-exists append --load a --since 1"),
            (["-"], sql, " - --if-exists append --load a --since 1"),
            ([sql], "-- us\nSELECT 1", " --load a --since 1 -- '-- us\nSELECT 1'"),
        ])
    func aCommandPullsTheQueryOfItsMark(source: [String], recorded: String, end: String) {
        let load = UnassignedLoad(sql: recorded, parameters: "", highWaterMark: "1")
        let hint = hint(.unassignedMark, .unassigned([PullError.NamedLoad(name: "a", load: load)]), [], source) ?? ""
        #expect(hint.hasSuffix(end), "\(hint)")
        #expect(hint.contains("orders.sql") == (source.count == 2 && recorded == Self.sql), "\(hint)")
    }

    @Test func aRunWithABoundDoesNotBeginElsewhere() {
        let detail = PullError.Detail.changedQuery(name: "orders", newName: "orders_2", needsLoadColumn: false)
        #expect(
            hint(.loadChanged, detail, ["--since", "1"]) == """
                pull it as a load of its own:
                  \(Self.command) --since 1 --load orders_2
                or continue the load orders:
                  \(Self.command) --since 1 --same-load
                """)
    }

    private func parameter(_ type: String, _ value: String) -> String {
        #"[{"name":"p","parameterType":{"type":"\#(type)"},"parameterValue":{\#(value)}}]"#
    }

    private func unassignedHint(_ parameters: String) -> String {
        let load = UnassignedLoad(sql: Self.sql, parameters: parameters, highWaterMark: "1")
        let typed = ["--param", "p:STRING:JP", "--param=q::x"]
        return hint(.unassignedMark, .unassigned([PullError.NamedLoad(name: "a", load: load)]), typed) ?? ""
    }

    @Test(
        arguments: [
            ("STRING", #""value":"E U""#, "p:STRING:E U"), ("INT64", #""value":"-1""#, "p:INT64:-1"),
            ("DATE", #""value":null"#, "p:DATE:NULL"),
        ])
    func parametersAreThoseOfTheQuery(type: String, value: String, text: String) {
        let hint = unassignedHint(parameter(type, value))
        #expect(
            hint == """
                continue \(Self.sql) with \(text):
                  \(Self.command) --load a --since 1 --param \(shellWord(text))
                """)
    }

    @Test func aQueryCanHaveNoParameters() {
        #expect(
            unassignedHint("[]") == """
                continue \(Self.sql):
                  \(Self.command) --load a --since 1
                """)
    }

    /// Values that are not scalars, and records of other programs, are shown as they are.
    @Test(arguments: [("ARRAY", #""arrayValues":[]"#), ("STRING", #""value":null"#), ("INT64", #""value":1"#)])
    func otherParametersAreShown(type: String, value: String) {
        let json = parameter(type, value)
        #expect(unassignedHint(json).hasPrefix("continue \(Self.sql) with \(json):\n"))
        #expect(unassignedHint(json).contains("--param p:STRING:JP "))
    }

    @Test(
        arguments: [.noIncrementalColumn, .limitClause, .replacesRows, .similarName("day"), nil] as [PullError.Detail?])
    func otherErrorsKeepTheirHint(detail: PullError.Detail?) {
        #expect(hint(.notIncremental, detail) == nil)
    }

    @Test func anErrorGetsTheHint() async {
        let typed = LoadHint(command: TypedCommand(["query", "-"]))
        let failed = await #expect(throws: HintedError.self) {
            try await typed.explaining {
                throw PullError(code: .rowsWithoutLoad, message: "no", detail: .rowsWithoutLoad(mark: nil))
            }
        }
        #expect(failed?.hint == "compare all rows:\n  bqpull query - --since beginning")
    }
}
