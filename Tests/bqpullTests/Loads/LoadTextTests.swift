import BigQueryRows
import Foundation
import Testing

@testable import BQPullCommands
@testable import BigQueryPull

@Suite struct LoadTextTests {
    private func load(_ change: (inout LoadReport) -> Void = { _ in }) -> LoadReport {
        var load = LoadReport(name: "orders", nil)
        load.column = "day"
        load.type = "DATE"
        change(&load)
        return load
    }

    @Test(
        arguments: [
            (nil, nil, nil, nil, "orders: day from the beginning; no mark"),
            (nil, nil, nil, "2024-02-03", "orders: day from the beginning; mark 2024-02-03"),
            ("2024-02-01", nil, "2024-02-01", nil, "orders: day since 2024-02-01; mark 2024-02-01"),
            ("2024-02-01", nil, "2024-02-01", "2024-02-01", "orders: day since 2024-02-01; mark 2024-02-01"),
            (
                "2024-02-01", "2024-03-01", "2024-02-03", "2024-02-29",
                "orders: day since 2024-02-01 until 2024-03-01; mark 2024-02-03 → 2024-02-29"
            ),
            (nil, "2024-03-01", nil, nil, "orders: day from the beginning until 2024-03-01; no mark"),
        ] as [(String?, String?, String?, String?, String)])
    func namesBoundsAndMark(since: String?, until: String?, previous: String?, mark: String?, text: String) {
        let load = load {
            ($0.since, $0.until, $0.previousMark, $0.mark) = (since, until, previous, mark)
        }
        #expect(LoadText.line(load) == text)
    }

    @Test func aLoadOfAllRowsHasNoMark() {
        #expect(LoadText.line(LoadReport(name: "orders", nil)) == "orders")
    }

    @Test(
        arguments: [
            ("2024-02-01", "rows from 2024-02-01 to 2024-03-01 were not pulled, so the mark stays"),
            (nil, "rows below 2024-03-01 were not pulled, so there is still no mark"),
        ] as [(String?, String)])
    func explainsAGap(mark: String?, text: String) {
        let load = load {
            ($0.since, $0.previousMark, $0.mark, $0.leavesGap) = ("2024-03-01", mark, mark, true)
        }
        #expect(LoadText.lines(load).map(\.label) == ["load", "gap"])
        #expect(LoadText.lines(load).last?.text == text)
    }

    @Test func reportsWhatBecameOfTheLoad() {
        var report = PullReport(project: "demo")
        report.rowsCopied = 6
        (report.rowsInserted, report.rowsUpdated, report.rowsUnchanged) = (3, 2, 1)
        (report.rowsDeleted, report.rowsOutdated, report.rowsInTable) = (4, 0, 1_100)
        report.nullRowsCopied = 1
        report.load = load {
            $0.mark = "2024-02-03"
            $0.queryChanged = true
        }
        report.resetLoads = ["eu", "us\u{1B}"]
        let expected = """
              rows      3 inserted, 2 updated, 1 unchanged, 4 deleted, 1,100 in the table
              load      orders: day from the beginning; mark 2024-02-03
              changed   the query is not that of the load's latest run
              reset     the table is new, so the marks of other loads into it are gone: eu, us\\u{1b}
              nulls     1 row with NULL in the incremental column

            """
        #expect(ReportText.text(report).contains(expected), "\(ReportText.text(report))")
    }

    @Test(
        arguments: [
            (0, 0, 0, 0, 0, "0 inserted, 0 in the table"), (1, 0, 0, 0, 2, "1 inserted, 2 outdated, 1 in the table"),
            (1, 2, 3, 4, 5, "1 inserted, 2 updated, 3 unchanged, 4 deleted, 5 outdated, 1 in the table"),
        ] as [(Int64, Int64, Int64, Int64, Int64, String)])
    func omitsCountsOfZero(
        inserted: Int64, updated: Int64, unchanged: Int64, deleted: Int64, outdated: Int64, text: String
    ) throws {
        var report = PullReport(project: "demo")
        #expect(report.publishedRows == nil)
        (report.rowsInserted, report.rowsUpdated, report.rowsUnchanged) = (inserted, updated, unchanged)
        (report.rowsDeleted, report.rowsOutdated, report.rowsInTable) = (deleted, outdated, inserted)
        #expect(PublishedRowsText.text(try #require(report.publishedRows)) == text)
    }
}
