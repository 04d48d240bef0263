import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// Targets that SQLite cannot replace or add rows to: they are rejected before the query is billed.
@Suite(.timeLimit(.minutes(10))) struct TargetKindTests {
    enum Mode: CaseIterable, Sendable {
        case standard, replace, append, upsert

        var options: [String] {
            switch self {
            case .standard: []
            case .replace: ["--if-exists", "replace"]
            case .append: ["--if-exists", "append"]
            case .upsert: ["--if-exists", "upsert", "--key", "trip_id"]
            }
        }
    }

    private static let tables = [
        "docs", "docs_data", "docs_idx", "docs_content", "docs_docsize", "docs_config", "boxes", "boxes_node",
        "boxes_rowid", "boxes_parent",
    ]

    /// A database of another program with a custom collation and function.
    private static func create(_ file: String, _ sql: String) async throws {
        var configuration = Configuration()
        configuration.acceptsDoubleQuotedStringLiterals = true
        configuration.prepareDatabase { db in
            db.add(collation: DatabaseCollation("mine") { $0.compare($1) })
            db.add(function: DatabaseFunction("mine", argumentCount: 1, pure: true) { $0[0] })
        }
        try await DatabaseQueue(path: file, configuration: configuration).write { try $0.execute(sql: sql) }
    }

    /// Expects that a pull into a table is rejected before anything is billed and, if `isUntouched`, before the control
    /// tables are created.
    private func expectRejection(
        _ home: EmulatorHome, into file: String, table: String, _ mode: Mode, isUntouched: Bool
    ) async throws {
        let before = try Data(contentsOf: URL(fileURLWithPath: file))
        let connection = ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials]
        let outcome = try await home.run(
            ["query", "SELECT trip_id, vendor FROM bench.trips_20", "--quiet", "--into", file, "--table", table]
                + mode.options + connection)
        #expect(outcome.isFailure(73), "\(table), \(mode): \(outcome.errors)")
        #expect(home.emulator.counters.jobs == 0, "\(table), \(mode)")
        if isUntouched { #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == before, "\(table), \(mode)") }
    }

    @Test(.faults("L39"), arguments: Mode.allCases)
    func aVirtualTableAndTheTablesBehindIt(mode: Mode) async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("staging.db")
            try await Self.create(
                file, "CREATE VIRTUAL TABLE docs USING fts5(x); CREATE VIRTUAL TABLE boxes USING rtree(id, low, high)")
            for table in Self.tables {
                try await expectRejection(home, into: file, table: table, mode, isUntouched: true)
            }
            // No request was sent.
            #expect(home.emulator.counters.requests == [:])
        }
    }

    private static let indexes = [
        "CREATE INDEX odd ON results (vendor COLLATE mine)", "CREATE INDEX odd ON results (mine(vendor))",
        "CREATE INDEX odd ON results (vendor) WHERE mine(vendor) > 1",
        "CREATE UNIQUE INDEX odd ON results (trip_id, vendor COLLATE mine)",
    ]

    @Test(.faults("L39"), arguments: Sweep.few(2, of: indexes), [Mode.replace, .append, .upsert])
    func anIndexOfTheTargetThatCannotBeMaintained(index: String, mode: Mode) async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("staging.db")
            try await Self.create(
                file, "CREATE TABLE results (trip_id INTEGER PRIMARY KEY, vendor TEXT); \(index)")
            try await expectRejection(home, into: file, table: "results", mode, isUntouched: mode != .replace)
        }
    }

    /// Publishing a whole table renames it, and SQLite then reads every index in the file.
    @Test(
        .faults("L39"),
        arguments: ["CREATE INDEX odd ON other (a COLLATE mine)", "CREATE INDEX odd ON other (\"missing\")"],
        [("fresh", .standard), ("results", .replace)] as [(String, Mode)])
    func anIndexOfAnotherTableThatCannotBeRead(index: String, target: (table: String, mode: Mode)) async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("staging.db")
            try await Self.create(
                file,
                """
                CREATE TABLE results (trip_id INTEGER PRIMARY KEY, vendor TEXT); CREATE TABLE other (a); \(index)
                """)
            let connection = ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials]
            let outcome = try await home.run(
                ["query", "SELECT trip_id, vendor FROM bench.trips_20", "--quiet", "--into", file]
                    + ["--table", target.table] + target.mode.options + connection)
            #expect(outcome.isFailure(73), "\(outcome.errors)")
            #expect(outcome.errors.contains("error in index odd"), "\(outcome.errors)")
            #expect(home.emulator.counters.jobs == 0)
            // Only the control tables were created, without a run.
            try await DatabaseQueue(path: file).read { db in
                let runs = try Int.fetchOne(db, sql: "SELECT count(*) FROM _bqpull_runs")
                let exists = try db.tableExists("fresh")
                #expect(runs == 0 && !exists)
            }
        }
    }

    /// The integrity check after a kill cannot run without the collation.
    @Test(.faults("L5", "L39"), arguments: ["a COLLATE mine", "mine(a)"])
    func aKilledPullContinuesDespiteAnUncheckableIndex(indexed: String) async throws {
        try await StagingUser.with(EmulatorConfiguration(faults: FaultPlan([:]))) { user in
            try await Self.create(
                user.file,
                "CREATE TABLE other (a); INSERT INTO other VALUES ('x'); CREATE INDEX odd ON other (\(indexed))"
            )
            let command = user.command + ["--if-exists", "append"]
            try user.home.inject(
                "bigquery.jobs.getQueryResults", Array(repeating: "pass", count: 9) + ["stall-for-600s"])
            let pull = try await user.home.binary().start(command)
            try await user.home.allApplied()
            pull.send(signal: SIGKILL)
            #expect(try await pull.outcome().exitCode == 137)
            try user.home.endFaults()
            let outcome = try await user.home.run(command)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(user.home.emulator.counters.jobs == 2)
            let rows = try await DatabaseQueue(path: user.file).read { db in
                try Int.fetchOne(db, sql: "SELECT count(*) FROM results")
            }
            #expect(rows == 2 + StagingUser.rows)
        }
    }

    /// Adding rows to a table renames nothing.
    @Test(.faults("L39"), arguments: [Mode.append, .upsert])
    func anIndexOfAnotherTableDoesNotAffectAppend(mode: Mode) async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("staging.db")
            try await Self.create(
                file,
                """
                CREATE TABLE results (trip_id INTEGER PRIMARY KEY, vendor TEXT);
                CREATE TABLE other (a); CREATE INDEX odd ON other (a COLLATE mine)
                """)
            let outcome = try await home.run(
                ["query", "SELECT trip_id, vendor FROM bench.trips_20", "--quiet", "--into", file] + mode.options
                    + ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials])
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(home.emulator.counters.jobs == 1)
        }
    }
}
