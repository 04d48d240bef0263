import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// A user who runs the same command repeatedly into a table that had two rows before.
struct RepeatingUser: Sendable {
    /// What the command does with the existing table.
    enum Mode: String, CaseIterable, Sendable {
        case standard, replace, append, upsert
    }

    let home: EmulatorHome
    let mode: Mode

    static let rows = 500
    private static let oldRows = 2

    /// Creates a user with the old table.
    static func with<Result: Sendable>(
        _ mode: Mode, _ test: @Sendable (RepeatingUser) async throws -> Result
    ) async throws -> Result {
        try await EmulatorHome.with { home in
            let user = RepeatingUser(home: home, mode: mode)
            try await user.prepare()
            return try await test(user)
        }
    }

    /// The folder of the staging database.
    var folder: String { home.folder.file("staging") }
    var file: String { folder + "/staging.db" }
    var connection: [String] { ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials] }
    var command: [String] { query("SELECT trip_id, vendor FROM bench.trips_\(Self.rows)") }

    /// The command with another query.
    func query(_ sql: String) -> [String] {
        let options: [String] =
            switch mode {
            case .standard: []
            case .replace, .append: ["--if-exists", mode.rawValue]
            case .upsert: ["--if-exists", "upsert", "--key", "trip_id"]
            }
        return ["query", sql, "--page-rows", "50", "--into", file] + options + connection
    }

    /// Creates the old table in a new database.
    func prepare() async throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // Not all of them exist.
        for suffix in ["", "-wal", "-shm", "-journal"] { try? FileManager.default.removeItem(atPath: file + suffix) }
        let key = mode == .upsert ? ["--key", "trip_id"] : []
        let outcome = try await home.run(
            ["query", "SELECT 1 AS trip_id, 'old' AS vendor UNION ALL SELECT 2, 'old'", "--into", file] + key
                + connection)
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
    }

    /// Runs the command.
    func run(_ options: [String] = []) async throws -> Binary.Outcome {
        try await home.run(command + options)
    }

    /// Runs a command with a standard output that cannot be written: rows are published, the caller has no report.
    func runWithoutReport(_ arguments: [String]? = nil) async throws {
        var shell = home.binary()
        shell.program = URL(fileURLWithPath: "/bin/sh")
        let outcome = try await shell.run(
            ["-c", "exec \"$0\" \"$@\" >/dev/full", Binary.url.path] + (arguments ?? command) + ["--json"])
        try #require(outcome.exitCode == 74, "\(outcome.errors)")
    }

    /// Changes the database as another program does.
    func edit(_ sql: String) async throws {
        try await DatabaseQueue(path: file).write { try $0.execute(sql: sql) }
    }

    /// Moves the publication time of the latest run by a SQLite modifier such as `-11 minutes`.
    func setPublicationTime(_ modifier: String) async throws {
        try await edit(
            """
            UPDATE _bqpull_runs SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '\(modifier)')
            WHERE rowid = (SELECT max(rowid) FROM _bqpull_runs)
            """)
    }

    /// Whether each run is acknowledged, in their order.
    func acknowledged() async throws -> [Bool] {
        try await DatabaseQueue(path: file).read { db in
            try Bool.fetchAll(db, sql: "SELECT acknowledged FROM _bqpull_runs ORDER BY rowid")
        }
    }

    /// The number of rows after the command has published this many times.
    func rowCount(afterRuns runs: Int) -> Int {
        mode == .append ? Self.oldRows + runs * Self.rows : Self.rows
    }

    /// Checks that the table has this many rows, and every row of the command.
    func expectRows(_ count: Int, _ comment: Comment? = nil) async throws {
        _ = try await StagingRemains.examine(file, comment) { db, _ in
            let rows = try Int.fetchOne(db, sql: "SELECT count(*) FROM results")
            #expect(rows == count, comment)
            let ids = try Int.fetchOne(
                db, sql: "SELECT count(DISTINCT trip_id) FROM results WHERE trip_id >= 0 AND vendor <> 'old'")
            #expect(ids == Self.rows, comment)
        }
    }
}
