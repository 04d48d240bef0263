import BigQuery
import BigQueryEmulator
import Foundation
import GRDB
import SQLiteStaging
import TestSupport
import Testing

@testable import BigQueryPull

/// A program that stages rows, and can end before it has passed the report on.
@Suite struct PublishedPullTests {
    private let sql = "SELECT trip_id, vendor FROM bench.trips_20"

    private func target(_ fixture: EmulatorFixture) -> StagingTarget {
        StagingTarget(path: fixture.folder.file("staging.db"), ifExists: .append)
    }

    private func count(_ target: StagingTarget) async throws -> Int? {
        try await DatabaseQueue(path: target.path).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM results") }
    }

    @Test(.faults("L33")) func reportsARunUntilItIsAcknowledged() async throws {
        try await EmulatorFixture.with { fixture in
            let pull = QueryPull(QueryRequest(sql), client: fixture.client)
            let target = target(fixture)
            do {
                let published = try await pull.publish(into: target)
                #expect(published.report.alreadyPublished == nil)
                // The table is locked until the acknowledgement.
                let error = await #expect(throws: StagingError.self) { try await pull.publish(into: target) }
                #expect(error?.code == .targetInUse)
                withExtendedLifetime(published) {}
            }
            let second = try await pull.publish(into: target)
            #expect(second.report.alreadyPublished == true && second.report.rowsCopied == 20)
            #expect(second.report.publishedAt != nil && second.report.bytesBilled != nil)
            #expect(fixture.emulator.counters.jobs == 1)
            #expect(try await count(target) == 20)
            try await second.acknowledge()
            let third = try await pull.stage(into: target)
            #expect(third.alreadyPublished == nil)
            #expect(try await pull.stage(into: target).alreadyPublished == nil)
            #expect(fixture.emulator.counters.jobs == 3)
            #expect(try await count(target) == 60)
        }
    }

    @Test(.faults("L33")) func aRestoredBackupDoesNotReportALaterRun() async throws {
        try await EmulatorFixture.with { fixture in
            let pull = QueryPull(QueryRequest(sql), client: fixture.client)
            let target = target(fixture)
            _ = try await pull.stage(into: target)
            let backup = fixture.folder.file("backup.db")
            try FileManager.default.copyItem(atPath: target.path, toPath: backup)
            _ = try await pull.publish(into: target)
            try FileManager.default.removeItem(atPath: target.path)
            try FileManager.default.copyItem(atPath: backup, toPath: target.path)
            #expect(try await pull.stage(into: target).alreadyPublished == nil)
            #expect(fixture.emulator.counters.jobs == 3)
            #expect(try await count(target) == 40)
        }
    }

    @Test(.faults("L33")) func reportsARunOfATable() async throws {
        try await EmulatorFixture.with { fixture in
            let table = TableReference(project: "local-project", dataset: "bench", table: "trips_20")
            let pull = TablePull(table, client: fixture.client)
            let target = target(fixture)
            _ = try await pull.publish(into: target)
            #expect(try await pull.publish(into: target).report.alreadyPublished == true)
            var again = pull
            again.retryWindow = .zero
            #expect(try await again.stage(into: target).alreadyPublished == nil)
            #expect(try await count(target) == 40)
        }
    }

    /// The existing table is the one that the same pull created.
    @Test(.faults("L33")) func reportsARunIfTheTableMustNotExist() async throws {
        try await EmulatorFixture.with { fixture in
            let pull = QueryPull(QueryRequest(sql), client: fixture.client)
            var target = target(fixture)
            target.ifExists = .fail
            _ = try await pull.publish(into: target)
            #expect(try await pull.stage(into: target).alreadyPublished == true)
            let error = await #expect(throws: StagingError.self) { try await pull.stage(into: target) }
            #expect(error?.code == .targetExists)
            #expect(fixture.emulator.counters.jobs == 1)
        }
    }

    /// Rejected before the database is created.
    @Test(.faults("L34")) func createsNoFileForAnUnknownKey() async throws {
        try await EmulatorFixture.with { fixture in
            var target = target(fixture)
            target.key = ["missing"]
            let error = await #expect(throws: StagingError.self) {
                try await QueryPull(QueryRequest(sql), client: fixture.client).stage(into: target)
            }
            #expect(error?.code == .unknownColumn)
            #expect(!FileManager.default.fileExists(atPath: target.path))
        }
    }
}
