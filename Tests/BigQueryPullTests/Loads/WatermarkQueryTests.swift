import BigQuery
import BigQueryEmulator
import SQLiteStaging
import TestSupport
import Testing

@testable import BigQueryPull

/// Queries that place the watermark themselves.
@Suite struct WatermarkQueryTests {
    @Test(arguments: ["id", "day", "at", "stamp"]) func startsAtTheLowestValueOfTheType(column: String) async throws {
        try await Shop.with((1...5).map { Shop.row($0) }) { shop in
            let sql = "SELECT * FROM shop.orders WHERE \(column) >= @bqpull_watermark"
            let first = try await shop.pull(column, sql: sql)
            #expect((first.rowsInserted, first.load?.since) == (5, nil))
            // A dry run finds the type of the parameter, another one estimates.
            #expect(shop.fixture.emulator.counters.requests["jobs.insert"] == 3)
            try await shop.load((5...7).map { Shop.row($0) })
            let second = try await shop.pull(column, sql: sql)
            #expect((second.rowsInserted, second.rowsUnchanged) == (2, 1))
            #expect(second.load?.since == first.load?.mark)
        }
    }

    /// A wrapped query with a limit would lose rows.
    @Test func canLimitTheRowsOfEachRun() async throws {
        try await Shop.with((1...5).map { Shop.row($0) }) { shop in
            let sql = "SELECT * FROM shop.orders WHERE id >= @bqpull_watermark ORDER BY id LIMIT 2"
            for rows in [2, 1, 1, 1, 0] as [Int64] {
                let report = try await shop.pull("id", sql: sql)
                #expect(report.rowsInserted == rows)
            }
            #expect(try shop.read("SELECT id FROM results") == ["1", "2", "3", "4", "5"])
        }
    }

    @Test func convertsTheMarkToTheTypeOfTheParameter() async throws {
        try await Shop.with((1...5).map { Shop.row($0) }) { shop in
            let sql = "SELECT * FROM shop.orders WHERE day >= @bqpull_watermark"
            try await shop.pull("stamp", sql: sql)
            try await shop.load((5...6).map { Shop.row($0) })
            let report = try await shop.pull("stamp", sql: sql)
            #expect((report.rowsInserted, report.rowsUnchanged) == (1, 1))
            #expect(report.load?.since == "2024-01-05T10:00:00.000001Z")
        }
    }

    @Test func rejectsAParameterOfAnotherKind() async throws {
        try await Shop.with([Shop.row(1)]) { shop in
            let error = await #expect(throws: PullError.self) {
                try await shop.pull("day", sql: "SELECT * FROM shop.orders WHERE id >= @bqpull_watermark")
            }
            #expect(error?.code == .notIncremental)
            #expect(error?.message.contains("is INT64 in the query, but the column day is DATE") == true)
            #expect(shop.jobs == 0)
        }
    }

    @Test func theUserDoesNotPassTheParameter() async throws {
        try await Shop.with([Shop.row(1)]) { shop in
            let error = await #expect(throws: PullError.self) {
                try await shop.pull("id", sql: "SELECT * FROM shop.orders WHERE id >= @bqpull_watermark") {
                    $0.query.parameters = ["bqpull_watermark": 3]
                }
            }
            #expect(error?.code == .notIncremental)
        }
    }
}
