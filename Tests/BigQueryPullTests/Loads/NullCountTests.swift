import BigQueryEmulator
import Foundation
import GoogleHTTP
import SQLiteStaging
import Synchronization
import TestSupport
import Testing

@testable import BigQuery
@testable import BigQueryPull

/// The query that counts the rows without a value in the incremental column.
@Suite struct NullCountTests {
    private static let rows = [Shop.row(1), Shop.row(2), Shop.row(nil), Shop.row(nil)]

    private static func counting(_ shop: Shop) -> QueryPull { shop.incremental("id") { $0.countsNulls = true } }

    /// Whether a request runs the count, or with `isDryRun` estimates it.
    private static func isCount(_ request: HTTPRequest, isDryRun: Bool = false) -> Bool {
        let body = String(decoding: request.body ?? [], as: UTF8.self)
        return body.contains("SELECT COUNT(*) AS n") && body.contains("\"dryRun\":true") == isDryRun
    }

    @Test func countsOnlyWhatARunDoesNotPull() async throws {
        try await Shop.with(Self.rows) { shop in
            let first = try await Self.counting(shop).stage(into: shop.target)
            #expect((first.nullRowsCopied, first.rowsWithoutWatermark) == (2, nil))
            #expect(shop.jobs == 1)
            try await shop.load(Self.rows + [Shop.row(nil), Shop.row(3)])
            let second = try await Self.counting(shop).stage(into: shop.target)
            #expect((second.rowsInserted, second.rowsWithoutWatermark) == (1, 3))
            #expect(second.warnings.isEmpty)
            #expect(shop.jobs == 3)
            let third = try await shop.pull("id")
            #expect(third.rowsWithoutWatermark == nil)
            #expect(shop.jobs == 4)
        }
    }

    @Test func estimateAndReportHaveTheCostOfBoth() async throws {
        try await Shop.with(Self.rows) { shop in
            try await shop.pull("id")
            let alone = try #require(try await shop.incremental("id").estimate(into: shop.target).bytesProcessed)
            let both = try #require(try await Self.counting(shop).estimate(into: shop.target).bytesProcessed)
            #expect(alone > 0 && both > alone)
            let estimated = Mutex<Int64?>(nil)
            var pull = Self.counting(shop)
            pull.onEstimate = { estimate in estimated.withLock { $0 = estimate.bytesProcessed } }
            let report = try await pull.stage(into: shop.target)
            #expect(estimated.withLock { $0 } == both)
            #expect(report.bytesProcessed == both)
            let billed = try #require(report.bytesBilled)
            #expect(try await billed > shop.pull("id").bytesBilled ?? .max)
        }
    }

    /// Each query alone is within the limit.
    @Test func rejectsALimitThatOnlyOneOfThemFits() async throws {
        try await Shop.with(Self.rows) { shop in
            try await shop.pull("id")
            let jobs = shop.jobs
            var pull = Self.counting(shop)
            pull.query.maximumBytesBilled = 15 << 20
            let error = await #expect(throws: BigQueryError.self) { try await pull.stage(into: shop.target) }
            #expect(error?.code == .queryFailed && error?.reason == "bytesBilledLimitExceeded")
            #expect(shop.jobs == jobs)
            pull.query.maximumBytesBilled = 20 << 20
            #expect(try await pull.stage(into: shop.target).rowsWithoutWatermark == 2)
            pull.countsNulls = false
            pull.query.maximumBytesBilled = 15 << 20
            _ = try await pull.stage(into: shop.target)
        }
    }

    @Test func theLimitOfTheCountIsTheRest() throws {
        func planned(_ bytes: Int64?) throws -> PlannedQuery {
            var job = Job(reference: JobReference(projectID: "p", jobID: "j"), state: .done)
            job.bytesProcessed = bytes
            return try PlannedQuery(query: QueryRequest("SELECT 1"), dryRun: job)
        }
        var plan = RunPlan(try planned(100 << 20))
        #expect(try plan.requireLimit(1) == nil)
        plan.nullCount = try planned(1)
        #expect(try plan.requireLimit(nil) == nil)
        #expect(try plan.requireLimit(110 << 20) == 10 << 20)
        #expect(throws: BigQueryError.self) { try plan.requireLimit(110 << 20 - 1) }
        plan.nullCount = try planned(.max)
        #expect(throws: BigQueryError.self) { try plan.requireLimit(.max - 1) }
        #expect(plan.estimate.bytesProcessed == .max)
        plan.nullCount = try planned(nil)
        #expect(try plan.requireLimit(1) == nil)
    }

    private struct Failure: Error {}

    /// The rows are published and acknowledged.
    @Test func aFailedCountIsAWarning() async throws {
        try await Shop.with(Self.rows) { shop in
            try await shop.pull("id")
            try await shop.load(Self.rows + [Shop.row(3)])
            var pull = QueryPull(
                QueryRequest(Shop.sql), client: shop.fixture.client { if Self.isCount($0) { throw Failure() } })
            pull.incrementalColumn = "id"
            pull.countsNulls = true
            let shown = Mutex<[PullWarning]>([])
            pull.onWarning = { warning in shown.withLock { $0.append(warning) } }
            let report = try await pull.stage(into: shop.target)
            #expect((report.rowsInserted, report.rowsWithoutWatermark) == (1, nil))
            #expect(report.warnings.map(\.code) == [.rowsNotCounted])
            #expect(shown.withLock { $0 } == report.warnings)
            #expect(
                try shop.read("SELECT count(*) FROM _bqpull_runs WHERE state = 'published' AND acknowledged") == ["2"])
        }
    }

    /// A count that cannot be estimated stops the pull before it is billed.
    @Test func anInvalidCountStopsThePull() async throws {
        try await Shop.with(Self.rows) { shop in
            try await shop.pull("id")
            let jobs = shop.jobs
            var pull = QueryPull(
                QueryRequest(Shop.sql),
                client: shop.fixture.client { if Self.isCount($0, isDryRun: true) { throw Failure() } })
            pull.incrementalColumn = "id"
            pull.countsNulls = true
            await #expect(throws: Failure.self) { try await pull.stage(into: shop.target) }
            #expect(shop.jobs == jobs)
        }
    }

    /// The rows are visible to others while the count still runs.
    @Test func thePublicationDoesNotWaitForTheCount() async throws {
        try await Shop.with(Self.rows) { shop in
            try await shop.pull("id")
            try await shop.load(Self.rows + [Shop.row(3)])
            let (publications, published) = AsyncStream<Void>.makeStream()
            var pull = QueryPull(
                QueryRequest(Shop.sql),
                client: shop.fixture.client { request in
                    guard Self.isCount(request) else { return }
                    while try shop.read("SELECT count(*) FROM results") != ["5"] {
                        try Task.checkCancellation()
                        await Task.yield()
                    }
                    published.finish()
                })
            pull.incrementalColumn = "id"
            pull.countsNulls = true
            let report = try await pull.stage(into: shop.target)
            for await _ in publications {}
            #expect((report.rowsInserted, report.rowsWithoutWatermark) == (1, 2))
        }
    }
}
