import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// An interrupted pull of a table without a query: the next one continues it, or reads the table from its beginning.
@Suite(.timeLimit(.minutes(5))) struct TableNightTests {
    private static let rows = 400

    private func states(_ file: String) async throws -> [String] {
        try await DatabaseQueue(path: file).read { db in
            try String.fetchAll(db, sql: "SELECT state FROM _bqpull_runs ORDER BY rowid")
        }
    }

    @Test(
        .faults("B22", "L25"), arguments: [SIGINT, SIGKILL],
        [
            ("-11 hours", [], true), ("-13 hours", [], false), ("+1 hour", [], false),
            ("-13 hours", ["--continue-within", "14h"], true), ("-1 minute", ["--continue-within", "0"], false),
        ] as [(String, [String], Bool)])
    func continuesAnInterruptedTableOnlyTheSameNight(
        signal: Int32, next: (start: String, options: [String], isInside: Bool)
    ) async throws {
        try await EmulatorHome.with(EmulatorConfiguration(faults: FaultPlan([:]))) { home in
            let file = home.folder.file("staging.db")
            let command =
                ["table", "bench.trips_\(Self.rows)", "--page-rows", "20", "--table", "results", "--into", file]
                + ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials]
            try home.inject("bigquery.tabledata.list", Array(repeating: "pass", count: 5) + ["stall-for-600s"])
            let pull = try await home.binary().start(command)
            try await home.allApplied()
            try await eventually("rows are staged") { try await stagedRows(file) > 0 }
            pull.send(signal: signal)
            #expect(try await pull.outcome().exitCode == 128 + signal)
            try home.endFaults()
            let staged = try await StagingRemains.examine(file).rows
            try await DatabaseQueue(path: file).write { db in
                try db.execute(
                    sql: "UPDATE _bqpull_runs SET started_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '\(next.start)')")
            }

            let before = home.emulator.counters.firstRows.count
            let outcome = try await home.run(command + next.options)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            let pages = home.emulator.counters.firstRows.dropFirst(before)
            #expect(next.isInside ? pages.allSatisfy { $0 >= staged } : pages.contains(0))
            #expect(try await states(file) == (next.isInside ? ["published"] : ["discarded", "published"]))
            _ = try await StagingRemains.examine(file) { db, _ in
                let counts = try Row.fetchOne(
                    db, sql: "SELECT count(*) AS n, count(DISTINCT trip_id) AS ids FROM results")
                #expect(counts?["n"] == Self.rows && counts?["ids"] == Self.rows)
            }
        }
    }

    /// The number of staged rows; 0 before the database exists.
    private func stagedRows(_ file: String) async throws -> Int {
        guard FileManager.default.fileExists(atPath: file + "-shm") else { return 0 }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        // Before the tables exist, a read fails.
        let rows = try? await DatabaseQueue(path: file, configuration: configuration).read { db in
            try Int.fetchOne(db, sql: "SELECT max(rows) FROM _bqpull_runs")
        }
        return rows ?? 0
    }
}
