import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// A user whose table holds an old result, and a command that brings a new one to its place.
struct StagingUser: Sendable {
    let home: EmulatorHome
    /// The folder of the staging database, in which there is nothing else.
    let folder: String
    /// The rows that the command brings.
    private let new: [String]

    static let rows = 2000
    /// Many pages, so that there is much between the first and the last one.
    static let pageRows = 50
    private static let old = ["1|old", "2|old"]

    var file: String { folder + "/staging.db" }
    /// Where what answers is found; by another way in some tests.
    var endpoint: String
    var connection: [String] { ["--endpoint", endpoint, "--credentials", home.credentials] }

    /// The command.
    var command: [String] {
        ["query", "SELECT trip_id, vendor FROM bench.trips_\(Self.rows)", "--page-rows", "\(Self.pageRows)", "--quiet"]
            + ["--into", file] + connection
    }

    /// Makes a user with the old table.
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

    /// What the command brings, as it came once without any fault.
    private static let newRows = Task {
        try await EmulatorHome.with { home in
            let user = StagingUser(
                home: home, folder: home.folder.path, new: [], endpoint: home.emulator.endpoint)
            let outcome = try await home.run(user.command)
            let rows = try await DatabaseQueue(path: user.file).read { try table($0) }
            // No requirement, which would fail the one test that is first, and pass all others.
            guard outcome.exitCode == 0, rows.count == Self.rows else { throw CocoaError(.fileReadUnknown) }
            return rows
        }
    }

    /// Makes the old table anew.
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

    /// Runs the command to its end from a shell that does something before.
    func run(after script: String, _ options: [String] = [], environment: [String: String] = [:]) async throws
        -> Binary.Outcome
    {
        var shell = home.binary(environment)
        shell.program = URL(fileURLWithPath: "/bin/sh")
        return try await shell.run(["-c", "\(script)\nexec \"$0\" \"$@\"", Binary.url.path] + command + options)
    }

    /// An emulator that leaves time between the pages of a command that was started.
    static let slowly = EmulatorConfiguration(pageLatency: .milliseconds(60))

    /// Starts the command with one page at a time from a shell that does something before, and waits until some of its
    /// rows are staged.
    func start(after script: String = ":") async throws -> RunningBinary {
        var shell = home.binary()
        shell.program = URL(fileURLWithPath: "/bin/sh")
        let pull = try shell.start(
            ["-c", "\(script)\nexec \"$0\" \"$@\"", Binary.url.path] + command + ["--parallel", "1"])
        while try stagedRows() == 0 { try await Task.sleep(for: .milliseconds(5)) }
        return pull
    }

    /// The rows of the command that are staged and not published.
    private func stagedRows() throws -> Int64 {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: file, configuration: configuration).read { db in
            let run = try Row.fetchOne(db, sql: "SELECT state, rows FROM _bqpull_runs WHERE rowid > 1")
            try #require(run?["state"] != "published", "too fast to be disturbed")
            return run?["rows"] ?? 0
        }
    }

    /// What is left of the command: the table is the old or the new one, and what is staged is what is counted.
    @discardableResult
    func examine(_ comment: Comment? = nil) async throws -> StagingRemains {
        try await StagingRemains.examine(file, comment) { db, found in
            let isNew = found.runs > 1 && found.isPublished
            let rows = try Self.table(db)
            #expect(rows == (isNew ? new : Self.old), comment)
        }
    }

    /// Checks what is left of a command that could not be finished, and finishes it: by the same command, which goes on
    /// where the other one stopped and runs no other job.
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
        // The first job is that of the old table.
        #expect(home.emulator.counters.jobs == 1 + jobs, comment)
    }
}

extension Binary.Outcome {
    /// Whether it is a failure as users see them: an exit code, what is wrong on one line, and what to do.
    func isFailure(_ exitCode: Int32) -> Bool {
        self.exitCode == exitCode
            && errors.wholeMatch(of: /(?s)(?:warning: [^\n]+\n)*error: [^\n]+\n\nhint: [^\n]+\n/) != nil
    }
}
