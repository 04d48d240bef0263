import BigQuery
import BigQueryEmulator
import Foundation
import SQLiteStaging
import Synchronization
import TestSupport
import Testing

@testable import BigQueryPull

@Suite struct DiskSpaceTests {
    private static let gigabyte: Int64 = 1_000_000_000

    /// A pull that accepts every shortage, or rejects it.
    private func pull(in fixture: EmulatorFixture, accepts: Bool) -> QueryPull {
        var pull = QueryPull(QueryRequest("SELECT 1 AS one"), client: fixture.client)
        if accepts { pull.onDiskSpaceShortage = { _ in } }
        return pull
    }

    @Test(
        arguments: [
            (1, 2, nil), (2, 2, nil), (3, 2, "the rows need about 3 GB, but only 2 GB is free"),
            (100, 1000, nil), (101, 1000, "the rows need about 101 GB, which is large for a file on one machine"),
            (101, 50, "the rows need about 101 GB, but only 50 GB is free"), (100, nil, nil),
            (101, nil, "the rows need about 101 GB, which is large for a file on one machine"),
        ] as [(Int64, Int64?, String?)])
    func stopsOrWarnsBeforeTheDiskIsFull(size: Int64, free: Int64?, message: String?) async throws {
        try await EmulatorFixture.with { fixture in
            for accepts in [true, false] {
                let pull = pull(in: fixture, accepts: accepts)
                let reporter = PullReporter(
                    pull, project: "p", retries: RetryCount.counting(fixture.client).retries)
                let check = {
                    try await pull.checkDiskSpace(for: size * Self.gigabyte, at: "x.db", reporter) { _ in
                        free.map { $0 * Self.gigabyte }
                    }
                }
                if let free, size > free, !accepts {
                    let error = await #expect(throws: StagingError.self) { try await check() }
                    #expect(error?.code == .notEnoughSpace && error?.message == message.map { "x.db: \($0)" })
                } else {
                    try await check()
                    #expect(reporter.report.warnings.map(\.message) == [message].compactMap(\.self))
                }
            }
        }
    }

    @Test(arguments: ["/tmp/new.db", "new.db"]) func measuresThePathOfANewFile(path: String) {
        #expect(DiskSpace(at: path).freeBytes ?? 0 > 0)
    }

    private func warnings(
        of pull: some Pull, in fixture: EmulatorFixture
    ) async throws -> [PullWarning] {
        let reported = Mutex<[PullWarning]>([])
        let staged = Mutex(false)
        var pull = pull
        pull.staging.ignoresDiskSpace = true
        pull.onWarning = { warning in reported.withLock { $0.append(warning) } }
        // The warning precedes the first staged row.
        pull.onProgress = { progress in
            if progress.rows > 0 { withUnsafeCurrentTask { $0?.cancel() } }
            staged.withLock { $0 = progress.rows > 0 }
        }
        let task = Task { [pull] in
            try await pull.stage(into: StagingTarget(path: fixture.folder.file("staging.db")))
        }
        // Its error is the cancellation.
        _ = await task.result
        #expect(staged.withLock { $0 })
        return reported.withLock { $0 }
    }

    /// Estimated from the first page, or from the dry run of a whole table.
    @Test(arguments: [
        ("SELECT id, unit FROM bench.numbers_2000", false), ("SELECT * FROM bench.numbers_2000", false),
        ("SELECT * FROM bench.numbers_9000000000 LIMIT 2000", false),
        ("SELECT * FROM bench.numbers_9000000000", true),
        ("SELECT * FROM bench.numbers_9000000000 LIMIT 8000000000", true),
    ])
    func warnsOfALargeQuery(sql: String, isLarge: Bool) async throws {
        try await EmulatorFixture.with { fixture in
            let pull = QueryPull(QueryRequest(sql), client: fixture.client)
            let codes = try await warnings(of: pull, in: fixture).map(\.code)
            #expect(codes == (isLarge ? [.largeResult] : []))
        }
    }

    @Test(
        arguments: [(2000, nil, false), (9_000_000_000, nil, true), (9_000_000_000, 2000, false)]
            as [(Int, Int64?, Bool)])
    func warnsOfALargeTable(rows: Int, limit: Int64?, isLarge: Bool) async throws {
        try await EmulatorFixture.with { fixture in
            let table = TableReference(project: "local-project", dataset: "bench", table: "numbers_\(rows)")
            var pull = TablePull(table, client: fixture.client)
            pull.maximumRows = limit
            let codes = try await warnings(of: pull, in: fixture).map(\.code)
            #expect(codes == (isLarge ? [.largeResult] : []))
        }
    }
}
