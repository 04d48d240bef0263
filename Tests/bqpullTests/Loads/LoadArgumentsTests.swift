import ArgumentParser
import BigQueryPull
import SQLiteStaging
import Testing

@testable import BQPullCommands

@Suite struct LoadArgumentsTests {
    @Test(
        arguments: [
            ("3d", .duration(.seconds(259_200))), ("2h", .duration(.seconds(7_200))), ("90s", .duration(.seconds(90))),
            ("100", .number(100)), ("0", .number(0)), ("-1", nil), ("1.5", nil), ("d", nil), ("", nil), ("3 days", nil),
            ("9223372036854775808", nil),
        ] as [(String, Lookback?)])
    func parsesALookback(text: String, lookback: Lookback?) {
        #expect(Lookback(argument: text) == lookback)
    }

    @Test(
        arguments: [
            ("beginning", .beginning), ("2024-02-01", .value("2024-02-01")), ("-5", .value("-5")), ("", nil),
        ] as [(String, LowerBound?)])
    func parsesALowerBound(text: String, bound: LowerBound?) {
        #expect(LowerBound(argument: text) == bound)
    }

    @Test(
        arguments: [
            ("latest:changed_at", "changed_at"), ("latest:a:b", "a:b"), ("latest:", nil), ("latest", nil),
            ("first:a", nil),
        ] as [(String, String?)])
    func parsesTheRowToKeep(text: String, column: String?) {
        #expect(KeptRow(argument: text)?.latestColumn == column)
    }

    @Test func optionsDescribeTheTarget() throws {
        let options = try TargetOptions.parse([
            "--into", "a.db", "--if-exists", "upsert", "--key", "day", "--keep", "latest:at", "--load", "eu",
            "--load-column", "source", "--loaded-at", "loaded",
        ])
        #expect(
            options.stagingTarget(in: "a.db", defaultTable: "t")
                == StagingTarget(
                    path: "a.db", table: "t", ifExists: .upsert, key: ["day"], loadColumn: "source",
                    loadedAtColumn: "loaded", latestColumn: "at"))
    }

    /// A value can be negative.
    @Test func boundsCanBeNegative() throws {
        let options = try IncrementalOptions.parse(["--incremental", "id", "--since", "-5", "--until", "-1"])
        #expect(options.since == .value("-5"))
        #expect(options.until == "-1")
    }

    @Test(arguments: [
        (["--since", "1"], "--since requires --incremental COLUMN"),
        (["--until", "1"], "--until requires --incremental COLUMN"),
        (["--lookback", "1"], "--lookback requires --incremental COLUMN"),
        (["--count-nulls"], "--count-nulls requires --incremental COLUMN"),
        (["--same-load"], "--same-load requires --incremental COLUMN"),
        (["--load-column", "c"], "--load-column requires a load; pass --load NAME"),
        (["--keep", "latest:c"], "pass --key COLUMN[,COLUMN]"), (["--load", ""], "--load requires a name"),
        (["--keep", "first:c", "--key", "k"], "--keep"), (["--lookback", "x", "--incremental", "c"], "--lookback"),
        (["--incremental", "c", "--until", ""], "--until requires a value"),
        (["--load", "a", "--load-column", ""], "--load-column requires a name"),
        (["--loaded-at", ""], "--loaded-at requires a name"),
        (["--if-exists", "delete-insert", "--key", "c", "--keep", "latest:c"], "omit one of them"),
    ])
    func optionsDependOnEachOther(options: [String], message: String) {
        let error = #expect(throws: (any Error).self) {
            try BQPull.parseAsRoot(["query", "SELECT 1 AS c", "--into", "a.db"] + options)
        }
        guard let error else { return }
        #expect(BQPull.exitCode(for: error) == .validationFailure)
        #expect(BQPull.message(for: error).contains(message), "\(BQPull.message(for: error))")
    }

    @Test(arguments: [
        ["query", "SELECT 1 AS c", "--incremental", "c", "--load-column", "d"],
        ["query", "SELECT 1 AS c", "--load", "a", "--load-column", "d"],
        ["table", "d.t", "--load", "a", "--load-column", "d"],
    ])
    func aLoadColumnNeedsALoad(command: [String]) {
        #expect(throws: Never.self) { try BQPull.parseAsRoot(command + ["--into", "a.db"]) }
        let plain = command.filter { !["--load", "a", "--incremental", "c"].contains($0) } + ["--into", "a.db"]
        #expect(throws: (any Error).self) { try BQPull.parseAsRoot(plain) }
    }
}
