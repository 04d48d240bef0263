import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// A user with an old table, and a command that replaces it.
struct StagingUser: Sendable {
    let home: EmulatorHome
    /// The folder of the staging database, without other files.
    let folder: String
    /// The rows of the command.
    private let new: [String]

    static let rows = 2000
    /// Small, so that there are many pages.
    static let pageRows = 50
    private static let old = ["1|old", "2|old"]

    var file: String { folder + "/staging.db" }
    /// The URL of the service; a relay in some tests.
    var endpoint: String
    var connection: [String] { ["--endpoint", endpoint, "--credentials", home.credentials] }

    /// The command.
    var command: [String] {
        ["query", "SELECT trip_id, vendor FROM bench.trips_\(Self.rows)", "--page-rows", "\(Self.pageRows)", "--quiet"]
            + ["--into", file] + connection
    }

    /// Creates a user with the old table.
    static func with<Result: Sendable>(
        _ configuration: EmulatorConfiguration = EmulatorConfiguration(),
        _ test: @Sendable (StagingUser) async throws -> Result
    ) async throws -> Result {
        try await EmulatorHome.with(configuration) { home in
            let folder = home.folder.file("staging")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            let user = StagingUser(
                home: home, folder: folder, new: try await newRows.value, endpoint: home.emulator.endpoint)
            try await user.prepare()
            return try await test(user)
        }
    }

    /// Creates a user with the old table whose connections can be cut. The emulator has a fault plan.
    static func withRelay<Result: Sendable>(
        _ test: @Sendable (StagingUser, Relay) async throws -> Result
    ) async throws -> Result {
        try await with(EmulatorConfiguration(faults: FaultPlan([:]))) { user in
            try await Relay.with(to: user.home.emulator.port) { relay in
                var user = user
                user.endpoint = relay.address
                return try await test(user, relay)
            }
        }
    }

    /// The rows of an undisturbed command.
    private static let newRows = Task {
        try await EmulatorHome.with { home in
            let user = StagingUser(
                home: home, folder: home.folder.path, new: [], endpoint: home.emulator.endpoint)
            let outcome = try await home.run(user.command)
            let rows = try await DatabaseQueue(path: user.file).read { try table($0) }
            // Not #require, which would fail only the first test.
            guard outcome.exitCode == 0, rows.count == Self.rows else { throw CocoaError(.fileReadUnknown) }
            return rows
        }
    }

    /// Recreates the old table.
    func prepare() async throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
        let outcome = try await home.run(
            ["query", "SELECT 1 AS trip_id, 'old' AS vendor UNION ALL SELECT 2, 'old'", "--quiet", "--into", file]
                + connection)
        try #require(outcome.exitCode == 0, "\(outcome.errors)")
    }

    private static func table(_ db: Database) throws -> [String] {
        try String.fetchAll(db, sql: "SELECT trip_id || '|' || vendor FROM results ORDER BY rowid")
    }

    /// Runs the command to its end.
    func run(_ options: [String] = [], environment: [String: String] = [:]) async throws -> Binary.Outcome {
        try await home.run(command + options, environment: environment)
    }

    /// Runs the command to its end, after a script in the same shell.
    func run(after script: String, _ options: [String] = [], environment: [String: String] = [:]) async throws
        -> Binary.Outcome
    {
        var shell = home.binary(environment)
        shell.program = URL(fileURLWithPath: "/bin/sh")
        return try await shell.run(["-c", "\(script)\nexec \"$0\" \"$@\"", Binary.url.path] + command + options)
    }

    /// An emulator with slow pages.
    static let slowly = EmulatorConfiguration(pageLatency: .milliseconds(60))

    /// Starts the command with one page at a time, after a script in the same shell, and waits until rows are staged.
    func start(after script: String = ":", _ options: [String] = []) async throws -> RunningBinary {
        var shell = home.binary()
        shell.program = URL(fileURLWithPath: "/bin/sh")
        let pull = try await shell.start(
            ["-c", "\(script)\nexec \"$0\" \"$@\"", Binary.url.path] + command + ["--parallel", "1"] + options)
        try await eventually("rows are staged") { try stagedRows() > 0 }
        return pull
    }

    /// Starts the command, and waits until rows are staged and a later page is withheld, so that the command cannot end by
    /// itself. If the connection is cut, it requests the page again. The emulator's configuration must have a fault plan.
    func startHeld(after script: String = ":", _ options: [String] = []) async throws -> RunningBinary {
        try home.inject("bigquery.jobs.getQueryResults", Array(repeating: "pass", count: 5) + ["stall-for-3600s"])
        let pull = try await start(after: script, options)
        try await home.allApplied()
        return pull
    }

    /// The staged, unpublished rows of the command.
    private func stagedRows() throws -> Int64 {
        var configuration = Configuration()
        configuration.busyMode = .timeout(300)
        return try DatabaseQueue(path: file, configuration: configuration).read { db in
            let run = try Row.fetchOne(db, sql: "SELECT state, rows FROM _bqpull_runs WHERE rowid > 1")
            try #require(run?["state"] != "published", "too fast to be disturbed")
            return run?["rows"] ?? 0
        }
    }

    /// Examines the database: the table is the old or the new one, and the checkpoint counts the staged rows.
    @discardableResult
    func examine(_ comment: Comment? = nil) async throws -> StagingRemains {
        try await StagingRemains.examine(file, comment) { db, found in
            let isNew = found.runs > 1 && found.isPublished
            let rows = try Self.table(db)
            #expect(rows == (isNew ? new : Self.old), comment)
        }
    }

    /// Examines the database after an interrupted command, and runs the same command, which continues without another job.
    func goOn(_ comment: Comment? = nil, jobs: Int = 1) async throws {
        let found = try await examine(comment)
        let isPublished = found.runs > 1 && found.isPublished
        let asked = home.emulator.counters.firstRows.count
        if !isPublished {
            let outcome = try await run()
            #expect(outcome.exitCode == 0, "\(comment?.rawValue ?? ""): \(outcome.errors)")
            #expect(
                home.emulator.counters.firstRows.dropFirst(asked).allSatisfy {
                    $0 >= (found.runs > 1 ? found.rows : 0)
                },
                comment)
        }
        let end = try await examine(comment)
        #expect(end.isPublished && end.runs > 1, comment)
        if found.runs > 1 { #expect(end.runID == found.runID, comment) }
        // The first job is of the old table.
        #expect(home.emulator.counters.jobs == 1 + jobs, comment)
    }
}

extension Binary.Outcome {
    /// Whether it is a regular failure: an exit code, a one-line error and a hint, which can have commands on lines of
    /// their own.
    func isFailure(_ exitCode: Int32) -> Bool {
        self.exitCode == exitCode
            && errors.wholeMatch(of: /(?s)(?:warning: [^\n]+\n)*error: [^\n]+\n\nhint: [^\n]+\n(?:[^\n]+\n)*/) != nil
    }
}
