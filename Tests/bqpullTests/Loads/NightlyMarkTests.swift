import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// The mark of a load over several nights, and what is reported about it.
@Suite(.timeLimit(.minutes(20))) struct NightlyMarkTests {
    // MARK: 6. Rows without a value

    @Test func rowsWithoutAValueAreCountedOnRequestUnderTheCostGuard() async throws {
        try await NightlyShop.with { shop in
            try await shop.load(NightlyShop.schema, [NightlyShop.row(1), "8,", "9,"])
            let first = try await shop.succeed(NightlyShop.orders, NightlyShop.append + ["--json"])
            #expect(try JSONDocument(first.output)["nullRowsCopied"].int == 2)
            try await shop.load(NightlyShop.schema, [NightlyShop.row(1), NightlyShop.row(2), "7,", "8,", "9,"])

            let plain = try await shop.dryRun(NightlyShop.append)
            let counted = try await shop.dryRun(NightlyShop.append + ["--count-nulls"])
            #expect(counted > plain)
            let guarded = NightlyShop.append + ["--confirm-above", "\(counted - 1)B"]
            try await shop.reject(NightlyShop.orders, guarded + ["--count-nulls"])

            // The only job; otherwise the count would be retried.
            try shop.home.inject("bigquery.jobs.insert", ["pass", "return-503 always"])
            let second = try await shop.succeed(NightlyShop.orders, guarded + ["--json"])
            try shop.home.endFaults()
            #expect(try JSONDocument(second.output)["rowsWithoutWatermark"].int == nil)
            #expect(try JSONDocument(second.output)["nullRowsCopied"].int == nil)
            #expect(shop.jobs == 2)

            let third = try await shop.succeed(NightlyShop.orders, NightlyShop.append + ["--count-nulls", "--json"])
            #expect(try JSONDocument(third.output)["rowsWithoutWatermark"].int == 3)
            #expect(shop.jobs == 4)
            #expect(try shop.ids() == [1, 2, 8, 9])
        }
    }

    // MARK: 7. The mark

    @Test func theMarkIsShown() async throws {
        try await NightlyShop.with { shop in
            let mark = "2024-01-02T00:00:00.000000Z"
            try await shop.load(NightlyShop.schema, [NightlyShop.row(1), NightlyShop.row(2)])
            let first = try await shop.succeed(NightlyShop.orders, NightlyShop.append + ["--json"])
            #expect(try JSONDocument(first.output)["load"]["mark"].text == mark)
            let runs = try await shop.home.run(["runs", shop.file, "--json"])
            #expect(try JSONDocument(runs.output)[0]["highWaterMark"].text == mark)
            let loads = try await shop.home.run(["loads", shop.file, "--json"])
            #expect(try JSONDocument(loads.output)[0]["name"].text == "results")
            #expect(try JSONDocument(loads.output)[0]["highWaterMark"].text == mark)
            for command in [["runs", shop.file], ["loads", shop.file]] {
                #expect(try await shop.home.run(command).output.contains(mark))
            }
            let dryRun = try await shop.succeed(NightlyShop.orders, NightlyShop.append + ["--dry-run", "--json"])
            #expect(try JSONDocument(dryRun.output)["load"]["since"].text == mark)
            #expect(
                try await shop.succeed(NightlyShop.orders, NightlyShop.append + ["--dry-run"]).output.contains(mark))
            let verbose = try await shop.succeed(
                NightlyShop.orders, NightlyShop.append + ["--verbose", "--since", "2024-01-01T12:00:00Z"])
            #expect(verbose.errors.contains("2024-01-01T12:00:00.000000Z"), "\(verbose.errors)")
            #expect(verbose.errors.contains(mark), "\(verbose.errors)")
        }
    }

    @Test(arguments: [[], ["--to", "2024-01-02"]]) func theMarkIsSettable(to: [String]) async throws {
        try await NightlyShop.with { shop in
            try await shop.load(NightlyShop.schema, (1...3).map(NightlyShop.row))
            try await shop.succeed(NightlyShop.orders, NightlyShop.append)
            try shop.write("DELETE FROM results")
            try await shop.succeed(NightlyShop.orders, NightlyShop.append)
            // Rows at the mark are read again.
            #expect(try shop.ids() == [3])
            let reset = try await shop.home.run(["loads", shop.file, "--reset", "RESULTS"] + to)
            #expect(reset.exitCode == 0, "\(reset.errors)")
            try await shop.succeed(NightlyShop.orders, NightlyShop.append)
            #expect(try shop.ids() == (to.isEmpty ? [1, 2, 3] : [2, 3]))
            #expect(try await shop.home.run(["loads", shop.file, "--reset", "missing"]).exitCode == 64)
        }
    }

    @Test func aRowOfTheFarFutureDoesNotBlockTheLoad() async throws {
        try await NightlyShop.with { shop in
            try await shop.load(NightlyShop.schema, [NightlyShop.row(1), NightlyShop.row(2), "3,9999-12-31T00:00:00Z"])
            let first = try await shop.succeed(NightlyShop.orders, NightlyShop.append)
            #expect(first.errors.contains("warning:") && first.errors.contains("9999-12-31"), "\(first.errors)")
            let command = try shop.command(in: first.errors, with: "--reset")
            // The row is corrected.
            try await shop.load(NightlyShop.schema, (1...4).map(NightlyShop.row))
            try await shop.succeed(NightlyShop.orders, NightlyShop.append)
            #expect(try shop.ids() == [1, 2, 3])
            let reset = try await shop.home.run(command)
            #expect(reset.exitCode == 0, "\(reset.errors)")
            let last = try await shop.succeed(NightlyShop.orders, NightlyShop.append)
            #expect(!last.errors.contains("warning:"), "\(last.errors)")
            #expect(try shop.ids() == [1, 2, 3, 3, 4])
        }
    }

    @Test func aBackfillDoesNotMoveTheMarkOverAGap() async throws {
        try await NightlyShop.with { shop in
            try await shop.load(NightlyShop.schema, [NightlyShop.row(1), NightlyShop.row(2)])
            try await shop.succeed(NightlyShop.orders, NightlyShop.append)
            try await shop.load(NightlyShop.schema, (1...9).map(NightlyShop.row))
            let backfill = ["--since", "2024-01-05", "--until", "2024-01-07", "--json"]
            let report = try JSONDocument(
                try await shop.succeed(NightlyShop.orders, NightlyShop.append + backfill).output)
            #expect(report["load"]["leavesGap"].bool == true)
            #expect(report["load"]["mark"].text == "2024-01-02T00:00:00.000000Z")
            #expect(try shop.ids() == [1, 2, 5, 6])
            try await shop.succeed(NightlyShop.orders, NightlyShop.append)
            #expect(try shop.ids() == Array(1...9))
        }
    }

    @Test func aDroppedTableResetsItsLoad() async throws {
        try await NightlyShop.with { shop in
            try await shop.load(NightlyShop.schema, (1...3).map(NightlyShop.row))
            try await shop.succeed(NightlyShop.orders, NightlyShop.append)
            try shop.write("DROP TABLE results")
            try await shop.succeed(NightlyShop.orders, NightlyShop.append)
            #expect(try shop.ids() == [1, 2, 3])
        }
    }

    @Test func aReplacedTableResetsItsLoads() async throws {
        try await NightlyShop.with { shop in
            try await shop.load(NightlyShop.schema, (1...3).map(NightlyShop.row))
            for name in ["a", "b"] {
                try await shop.succeed(
                    NightlyShop.orders, NightlyShop.append + ["--load", name, "--load-column", "load"])
            }
            let replacement = try await shop.succeed(
                "\(NightlyShop.orders) WHERE id = 3", ["--if-exists", "replace", "--json"])
            #expect(try JSONDocument(replacement.output)["resetLoads"].texts == ["a", "b"])
            // The rows of the replacement belong to no load.
            let errors = try await shop.reject(NightlyShop.orders, NightlyShop.append + ["--load", "a"])
            let outcome = try await shop.home.run(try shop.command(in: errors, with: "--since"))
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(try shop.ids() == [1, 2, 3])
        }
    }

    // MARK: 8. Statements before and comments after the query

    @Test(arguments: [
        "\(NightlyShop.orders); -- end", "\(NightlyShop.orders);;\n# end\n", "/* ; */ \(NightlyShop.orders) ;",
        "CREATE TEMP FUNCTION plus_one(x INT64) AS (x + 1); SELECT plus_one(id - 1) AS id, changed_at FROM shop.orders; -- end",
        "WITH o AS (SELECT id, changed_at FROM shop.orders) SELECT id, changed_at FROM o",
    ])
    func everyFormOfAQueryWorks(sql: String) async throws {
        try await NightlyShop.with { shop in
            for last in 1...3 {
                try await shop.load(NightlyShop.schema, (1...last).map(NightlyShop.row))
                try await shop.succeed(sql, NightlyShop.append)
                #expect(try shop.ids() == Array(1...last))
            }
            #expect(shop.jobs == 3)
        }
    }

    // MARK: 9. Interrupted runs of other loads

    @Test(arguments: [SIGKILL, SIGINT]) func aPublicationKeepsTheInterruptedRunOfAnotherLoad(signal: Int32) async throws
    {
        try await NightlyShop.with { shop in
            func load(_ name: String) -> [String] {
                shop.query(
                    "SELECT id, changed_at FROM shop.\(name)",
                    NightlyShop.append + [
                        "--load", name, "--load-column", "load", "--page-rows", "20", "--parallel", "1",
                    ])
            }
            for name in ["eu", "us"] {
                try await shop.load(NightlyShop.schema, [NightlyShop.row(1)], into: name)
                #expect(try await shop.home.run(load(name)).exitCode == 0)
                let rows = (2...300).map { "\($0),2024-02-01T00:00:00Z" }
                try await shop.load(NightlyShop.schema, [NightlyShop.row(1)] + rows, into: name)
            }
            try await shop.interrupt(load("eu"), signal)

            let other = try await shop.home.run(load("us"))
            #expect(other.exitCode == 0, "\(other.errors)")
            #expect(shop.jobs == 4)
            let again = try await shop.home.run(load("eu") + ["--json"])
            #expect(again.exitCode == 0, "\(again.errors)")
            #expect(try JSONDocument(again.output)["rowsContinued"].int ?? 0 > 0)
            // Its query is not billed again.
            #expect(shop.jobs == 4)
            #expect(
                try shop.read(
                    "SELECT load || count(*) || '/' || count(DISTINCT id) FROM results GROUP BY load ORDER BY 1")
                    == ["eu300/300", "us300/300"])
        }
    }

    @Test func anInterruptedRunOfTheOldTextIsDroppedAndNamed() async throws {
        try await NightlyShop.with { shop in
            let options = NightlyShop.append + ["--load", "nightly", "--page-rows", "20", "--parallel", "1"]
            try await shop.load(NightlyShop.schema, [NightlyShop.row(1)])
            try await shop.succeed(NightlyShop.orders, options)
            try await shop.load(
                NightlyShop.schema, [NightlyShop.row(1)] + (2...300).map { "\($0),2024-02-01T00:00:00Z" })
            try await shop.interrupt(shop.query(NightlyShop.orders, options), SIGKILL)
            let lost = try shop.read("SELECT run_id FROM _bqpull_runs WHERE state <> 'published'")
            try #require(lost.count == 1)
            let outcome = try await shop.succeed("\(NightlyShop.orders) WHERE id < 200", options + ["--json"])
            #expect(outcome.output.contains(lost[0]), "\(outcome.output)")
            #expect(try shop.read("SELECT state FROM _bqpull_runs WHERE run_id = '\(lost[0])'") != ["published"])
            #expect(try shop.ids() == Array(1..<200))
            #expect(shop.jobs == 3)
        }
    }
}
