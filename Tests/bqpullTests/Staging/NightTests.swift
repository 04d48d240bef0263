import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// A nightly command whose process was killed: the next night publishes its own rows.
@Suite(.timeLimit(.minutes(20))) struct NightTests {
    /// How a night ended.
    enum Ending: String, CaseIterable, Sendable {
        case killBeforeInsertion, killDuringJob, killBetweenPages, killBeforePublication, interruption
    }

    /// When the next night begins.
    struct Morning: Sendable {
        /// The time from now to the start of the lost run, as a SQLite modifier.
        var start: String
        var isExpired: Bool
    }

    private static let mornings = [
        Morning(start: "-13 hours", isExpired: false), Morning(start: "-25 hours", isExpired: true),
        Morning(start: "-13 hours", isExpired: true), Morning(start: "-25 hours", isExpired: false),
    ]

    @Test(.faults("B22"), arguments: Ending.allCases, Array(mornings.prefix(Sweep.whole(4, orPart: 2, orShort: 1))))
    func theNextNightPublishesItsOwnRows(ending: Ending, morning: Morning) async throws {
        try await Night.with { night in
            try await night.lose(ending)
            let jobs = ending == .killBeforeInsertion ? 0 : 1
            try #require(night.jobs == jobs)
            try await night.begin(morning)
            let outcome = try await night.run()
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(night.jobs == jobs + 1)
            if jobs > 0 { #expect(outcome.errors.contains(/dropped[^\n]*billed/), "\(outcome.errors)") }
            try await night.expectPublished(Night.today, runs: 2)
        }
    }

    /// The missing rows are no longer available, even within the limit.
    @Test(.faults("B12"), arguments: [Ending.killDuringJob, .killBetweenPages, .interruption])
    func anExpiredResultIsPulledAgain(ending: Ending) async throws {
        try await Night.with { night in
            try await night.lose(ending)
            try await night.begin(Morning(start: "-1 hour", isExpired: true))
            let outcome = try await night.run()
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains(/dropped[^\n]*billed/), "\(outcome.errors)")
            #expect(night.jobs == 2)
            try await night.expectPublished(Night.today, runs: 2)
        }
    }

    /// A clock that went backwards counts as outside.
    @Test(
        .faults("B22", "L25"),
        arguments: Sweep.few(
            4,
            of: [
                ("-11 hours", [], true), ("-25 hours", ["--continue-within", "30h"], true),
                ("-20 minutes", ["--continue-within", "30m"], true),
                ("-13 hours", ["--continue-within", "12h"], false),
                ("-2 hours", ["--continue-within", "90m"], false), ("-1 minute", ["--continue-within", "0"], false),
                ("+1 hour", [], false), ("+1 day", ["--continue-within", "48h"], false),
            ] as [(String, [String], Bool)]))
    func theLimitIsAnOption(start: String, options: [String], isInside: Bool) async throws {
        try await Night.with { night in
            try await night.lose(.killBetweenPages)
            try await night.begin(Morning(start: start, isExpired: false))
            let outcome = try await night.run(options)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(night.jobs == (isInside ? 1 : 2))
            try await night.expectPublished(isInside ? Night.yesterday : Night.today, runs: isInside ? 1 : 2)
        }
    }

    @Test(.faults("B22"), arguments: [Ending.killBetweenPages, .killBeforePublication, .interruption])
    func theSameNightContinues(ending: Ending) async throws {
        try await Night.with { night in
            try await night.lose(ending)
            try await night.begin(Morning(start: "-11 hours", isExpired: false))
            let outcome = try await night.run()
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(!outcome.errors.contains(/dropped[^\n]*billed/), "\(outcome.errors)")
            #expect(night.jobs == 1)
            try await night.expectPublished(Night.yesterday, runs: 1)
        }
    }

    @Test(.faults("B22"), arguments: ["-25 hours", "-30 days", "+1 day"])
    func resumeContinuesARunOfAnyAge(start: String) async throws {
        try await Night.with { night in
            try await night.lose(.killBetweenPages)
            try await night.begin(Morning(start: start, isExpired: false))
            let outcome = try await night.home.run(["resume", night.file] + night.connection)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(night.jobs == 1)
            try await night.expectPublished(Night.yesterday, runs: 1)
        }
    }

    @Test(
        .faults("B12", "B22"),
        arguments: [
            Morning(start: "-1 hour", isExpired: true), Morning(start: "-25 hours", isExpired: true),
            Morning(start: "-13 hours", isExpired: false),
        ])
    func rowsAreKeptWhereTheNewRunMustBeConfirmed(morning: Morning) async throws {
        try await Night.with { night in
            try await night.lose(.killBetweenPages)
            let lost = try await StagingRemains.examine(night.file)
            try await night.begin(morning)
            let rejected = try await night.run(["--confirm-above", "1B", "--log-format", "json"])
            #expect(rejected.exitCode == 75, "\(rejected.errors)")
            #expect(rejected.errors.contains(#""identifier":"resultExpired""#), "\(rejected.errors)")
            #expect(night.jobs == 1)
            let kept = try await StagingRemains.examine(night.file)
            #expect(kept.runs == 1 && kept.runID == lost.runID && kept.rows == lost.rows && kept.rows > 0)
            // The record of the killed process can still state that it runs, until the new run starts.
            #expect(["running", "interrupted"].contains(kept.state))

            let confirmed = try await night.run(["--confirm-above", "1B", "--yes"])
            #expect(confirmed.exitCode == 0, "\(confirmed.errors)")
            #expect(night.jobs == 2)
            try await night.expectPublished(Night.today, runs: 2)
        }
    }
}

/// A nightly command, and the table that it reads.
private struct Night: Sendable {
    let home: EmulatorHome

    static let (yesterday, today) = ("yesterday", "today")
    private static let rows = 300

    static func with(_ test: @Sendable (Night) async throws -> Void) async throws {
        try await EmulatorHome.with(EmulatorConfiguration(faults: FaultPlan([:]))) { home in
            let night = Night(home: home)
            try await night.load(yesterday)
            try await test(night)
        }
    }

    var file: String { home.folder.file("staging.db") }
    var connection: [String] { ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials] }
    var jobs: Int { home.emulator.counters.jobs }
    private var command: [String] {
        ["query", "SELECT id, day FROM shop.orders", "--page-rows", "20", "--parallel", "1", "--into", file]
            + connection
    }

    func run(_ options: [String] = []) async throws -> Binary.Outcome { try await home.run(command + options) }

    /// Fills the source table with the rows of a day.
    private func load(_ day: String) async throws {
        let csv = home.folder.file("orders.csv")
        let lines = ["id,day"] + (0..<Self.rows).map { "\($0),\(day)" }
        try (lines.joined(separator: "\n") + "\n").write(toFile: csv, atomically: true, encoding: .utf8)
        try await home.emulator.load(.init(dataset: "shop", table: "orders", file: csv))
    }

    /// Runs the command, and ends it before it publishes.
    func lose(_ ending: NightTests.Ending) async throws {
        let pages = "bigquery.jobs.getQueryResults"
        switch ending {
        case .killBeforeInsertion:
            try await end(at: "bigquery.jobs.insert", ["return-503 always"], SIGKILL)
        case .killDuringJob:
            try await end(at: pages, [#"{"status": 200, "body": {"jobComplete": false}} always"#], SIGKILL)
        case .killBetweenPages:
            try await end(at: pages, Array(repeating: "pass", count: 6) + ["stall-for-600s"], SIGKILL, staged: true)
        case .killBeforePublication:
            try await refusePublication()
        case .interruption:
            try await end(at: pages, Array(repeating: "pass", count: 6) + ["stall-for-600s"], SIGINT, staged: true)
        }
        try home.endFaults()
    }

    private func end(at method: String, _ instructions: [String], _ signal: Int32, staged: Bool = false) async throws {
        try home.inject(method, instructions)
        let pull = try await home.binary().start(command)
        try await home.allApplied()
        if staged { try await eventually("rows are staged") { try await stagedRows() > 0 } }
        pull.send(signal: signal)
        let outcome = try await pull.outcome()
        try #require(outcome.exitCode == 128 + signal, "\(outcome.errors)")
    }

    /// Lets all rows arrive while a foreign table has the target's name, and makes the run look like a killed one.
    private func refusePublication() async throws {
        try home.inject("bigquery.jobs.getQueryResults", Array(repeating: "pass", count: 6) + ["stall-for-2s"])
        let pull = try await home.binary().start(command)
        try await home.allApplied()
        try await edit("CREATE TABLE results (mine)")
        let outcome = try await pull.outcome()
        try #require(outcome.exitCode == 73, "\(outcome.errors)")
        try await edit("DROP TABLE results; UPDATE _bqpull_runs SET state = 'running', error = NULL")
        let found = try await StagingRemains.examine(file)
        try #require(found.rows == Self.rows)
    }

    /// Moves the start of the lost run into the past, and loads today's rows.
    func begin(_ morning: NightTests.Morning) async throws {
        try await edit("UPDATE _bqpull_runs SET started_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '\(morning.start)')")
        if morning.isExpired { home.emulator.expireResults() }
        try await load(Self.today)
    }

    private func connect() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(300)
        return try DatabaseQueue(path: file, configuration: configuration)
    }

    private func edit(_ sql: String) async throws {
        try await connect().write { try $0.execute(sql: sql) }
    }

    private func stagedRows() async throws -> Int {
        try await connect().read { try Int.fetchOne($0, sql: "SELECT max(rows) FROM _bqpull_runs") ?? 0 }
    }

    /// Checks that the table has exactly the rows of a day.
    func expectPublished(_ day: String, runs: Int) async throws {
        let found = try await StagingRemains.examine(file) { db, _ in
            let days = try String.fetchAll(db, sql: "SELECT day || ' ' || count(DISTINCT id) FROM results GROUP BY day")
            #expect(days == ["\(day) \(Self.rows)"])
            let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM results")
            #expect(count == Self.rows)
        }
        #expect(found.isPublished)
        #expect(found.runs == runs)
    }
}
