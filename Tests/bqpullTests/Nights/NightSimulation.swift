import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// A nightly load of one or two source tables into one staged table, and a model of that table.
struct NightSimulation {
    /// How many sources the table has.
    enum Sharing: CaseIterable, Sendable {
        /// One, whose load has no explicit name.
        case single
        /// Two, each with a name.
        case shared
        /// A second one after a third of the nights, when the load column is added.
        case growing
    }

    /// A source and its load.
    private struct Load: Sendable {
        /// The table in BigQuery, and the value of `--load`.
        var name: String
        var isNamed: Bool
        var source: SourceTable
        var query: NightlyQuery
        var model = LoadModel()
    }

    private static let loadColumn = "source"
    private static let table = "orders"

    let seed: UInt64
    private let home: EmulatorHome
    private var random: SplitMix64
    private let axis: IncrementalAxis
    private let lookback: Int
    private let sharing: Sharing
    private let hasLoadedAt: Bool
    private var loads: [Load]
    private var model: StagedModel
    /// Whether commands have the load column from now on.
    private var usesLoadColumn = false
    /// Whether a plain append has added rows since the latest run.
    private var hasRowsWithoutLoad = false
    private var (night, nights) = (0, 0)
    /// The latest command, for the failure.
    private var command: [String] = [] {
        didSet { commands += 1 }
    }
    private var (commands, kills, failures) = (0, 0, 0)

    init(seed: UInt64, mode: StagedModel.Mode, home: EmulatorHome) {
        (self.seed, self.home) = (seed, home)
        // Each mode has its own sequence.
        var random = SplitMix64(
            seed: seed &* 1000 &+ UInt64(StagedModel.Mode.allCases.firstIndex(of: mode) ?? 0))
        let axes: [IncrementalAxis] = mode == .deleteInsert ? [.date, .integer] : IncrementalAxis.allCases
        axis = axes[Int.random(in: 0..<axes.count, using: &random)]
        lookback = Int.random(in: 0...2, using: &random) * axis.unitsPerNight
        let choices: [Sharing] = mode == .append ? Sharing.allCases : [.single, .shared]
        sharing = choices[Int.random(in: 0..<choices.count, using: &random)]
        hasLoadedAt = Bool.random(using: &random)
        let placesWatermark = mode != .deleteInsert && Int.random(in: 0..<4, using: &random) == 0
        model = StagedModel(mode)
        let habits = SourceTable.Habits(
            hasDuplicates: mode != .upsert, keepsVersions: mode == .latest, lookback: lookback)
        // Upserts share a table also without a load column, as long as the keys differ.
        usesLoadColumn = sharing == .shared && (mode == .append || mode == .deleteInsert || Bool.random(using: &random))
        loads = []
        for (index, name) in ["eu", "us"].prefix(sharing == .single ? 1 : 2).enumerated() {
            let source = SourceTable(
                axis, habits, firstID: usesLoadColumn || sharing == .growing ? 1 : 1 + index, step: 2, using: &random)
            loads.append(
                Load(
                    name: name, isNamed: sharing == .shared || index == 1, source: source,
                    query: NightlyQuery(placesWatermark: placesWatermark)))
        }
        self.random = random
    }

    /// Simulates a number of nights.
    ///
    /// - Throws: an `ExpectationFailedError` that names the seed, the night, the command and the difference.
    mutating func run(nights: Int) async throws {
        self.nights = nights
        for number in 1...nights {
            night = number
            try await passTime()
            if sharing == .growing, number > nights / 3 { usesLoadColumn = true }
            for index in loads.indices {
                loads[index].source.change(using: &random)
                let event = NightEvent.draw(
                    now: loads[index].source.now, axis: axis, lookback: lookback,
                    placesWatermark: loads[index].query.placesWatermark, using: &random)
                guard index == 0 || sharing != .growing || usesLoadColumn else { continue }
                try await load(loads[index].source, as: loads[index].name)
                try await spend(event, on: index)
            }
        }
        // What earlier nights did not reach.
        for index in loads.indices { try await succeed(index, since: .beginning) }
        print(
            "nights: seed \(seed), \(model.mode.rawValue) by \(axis.rawValue), \(sharing): \(nights) nights, "
                + "\(commands) commands, \(kills) killed, \(failures) failed, \(model.total) rows, 0 lost or doubled")
    }

    // MARK: A night

    private mutating func spend(_ event: NightEvent, on index: Int) async throws {
        switch event {
        case .run: try await succeed(index)
        case .secondRun:
            try await succeed(index)
            try await succeed(index)
        case .kill(let point, let runsAgain):
            let (published, jobs) = (try publishedRuns(), home.emulator.counters.jobs)
            try await kill(index, at: point)
            guard runsAgain else { return }
            try await succeed(index, afterKill: true)
            let more = home.emulator.counters.jobs - jobs
            try #require(try more <= max(1, publishedRuns() - published), "\(place): \(more) jobs")
        case .failure(let failure, let runsAgain):
            try await fail(index, failure)
            if runsAgain { try await succeed(index) }
        case .skip: break
        case .reformatting: try await succeed(index, isReformatted: true)
        case .edit(let query):
            loads[index].query = query
            try await rejectChangedQuery(index)
            try await succeed(index)
        case .backfill(let since, let until, let afterRun):
            if afterRun { try await succeed(index) }
            let range = loads[index].model.range(since: since, until: until, lookback: lookback)
            guard range.lower ?? .min < range.upper ?? .max else { return }
            try await succeed(index, since: since, until: until)
        case .reset(let value): try await reset(index, to: value)
        case .plainAppend:
            try await succeed(index)
            if sharing == .single, model.mode == .append { try await appendPlainly(index) }
        }
    }

    /// Moves all recorded times a day back.
    private func passTime() async throws {
        guard FileManager.default.fileExists(atPath: file) else { return }
        try await DatabaseQueue(path: file).write { db in
            guard try db.tableExists("_bqpull_runs") else { return }
            let times = ["started_at", "updated_at", "finished_at"].map {
                "\($0) = strftime('%Y-%m-%dT%H:%M:%fZ', \($0), '-1 day')"
            }
            try db.execute(sql: "UPDATE _bqpull_runs SET \(times.joined(separator: ", "))")
        }
    }

    private func load(_ source: SourceTable, as name: String) async throws {
        let path = home.folder.file("\(name).jsonl")
        try Data(source.schema.utf8).write(to: URL(filePath: home.folder.file("\(name).schema.json")))
        try Data(source.lines.utf8).write(to: URL(filePath: path))
        try await home.emulator.load(.init(dataset: "shop", table: name, file: path))
    }

    // MARK: Commands

    private var file: String { home.folder.file("staging.db") }
    private var connection: [String] { ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials] }

    private func arguments(
        _ index: Int, since: LoadModel.Since? = nil, until: Int? = nil, isReformatted: Bool = false
    ) -> [String] {
        let load = loads[index]
        var sql = load.query.sql(from: load.name)
        if isReformatted { sql = "/* night \(night) */ \(sql.replacing(" FROM ", with: "\n  FROM /* ; */ "));\n" }
        var arguments = ["query", sql, "--into", file, "--table", Self.table, "--incremental", "changed_at"]
        arguments += load.query.parameters
        switch model.mode {
        case .append: arguments += ["--if-exists", "append"]
        case .upsert: arguments += ["--if-exists", "upsert", "--key", key("id")]
        case .latest: arguments += ["--if-exists", "upsert", "--key", key("id"), "--keep", "latest:changed_at"]
        case .deleteInsert: arguments += ["--if-exists", "delete-insert", "--key", key("changed_at")]
        }
        if lookback > 0 { arguments += ["--lookback", axis.lookback(lookback)] }
        if load.isNamed { arguments += ["--load", load.name] }
        if usesLoadColumn { arguments += ["--load-column", Self.loadColumn] }
        if hasLoadedAt { arguments += ["--loaded-at", "loaded_at"] }
        switch since {
        case nil: break
        case .beginning: arguments += ["--since", "beginning"]
        case .value(let value): arguments += ["--since", axis.staged(value)]
        }
        if let until { arguments += ["--until", axis.staged(until)] }
        if hasChangedQuery(index), !load.isNamed { arguments.append("--same-load") }
        return arguments + ["--page-rows", "20", "--quiet", "--json"] + connection
    }

    private func key(_ column: String) -> String { usesLoadColumn ? "\(column),\(Self.loadColumn)" : column }

    private func hasChangedQuery(_ index: Int) -> Bool {
        loads[index].model.recordedQuery.map { $0 != loads[index].query } ?? false
    }

    /// Runs a command that has to succeed, and compares the table with the model's.
    private mutating func succeed(
        _ index: Int, since: LoadModel.Since? = nil, until: Int? = nil, isReformatted: Bool = false,
        afterKill: Bool = false
    ) async throws {
        var since = since
        if hasRowsWithoutLoad, since == nil {
            try await reject(arguments(index, until: until, isReformatted: isReformatted))
            since = beginning(index)
        }
        let jobs = home.emulator.counters.jobs
        let published = try publishedRuns()
        command = arguments(index, since: since, until: until, isReformatted: isReformatted)
        let outcome = try await home.run(command)
        try #require(outcome.exitCode == 0, "\(place): exit \(outcome.exitCode): \(outcome.errors)")
        let range = loads[index].model.range(since: since, until: until, lookback: lookback)
        let isNew = try publishedRuns() > published
        let hadChangedQuery = hasChangedQuery(index)
        let leavesGap = isNew && publish(index, in: range)
        // Otherwise it reports the run that was killed after its publication.
        try #require(isNew || afterKill, "\(place): no run was published")
        try #require(home.emulator.counters.jobs - jobs <= 1, "\(place): more than one job")
        try compare()
        let report = try Report(outcome.output)
        try #require(report.rowsInTable == model.total, "\(place): \(report.rowsInTable ?? -1) rows reported")
        guard isNew else { return }
        let mark = loads[index].model.mark.map(axis.staged)
        try #require(report.mark == mark, "\(place): mark \(report.mark ?? "nil"), not \(mark ?? "nil")")
        try #require(report.leavesGap == leavesGap, "\(place): leavesGap is \(!leavesGap)")
        try #require(report.queryChanged == hadChangedQuery, "\(place): queryChanged is \(!hadChangedQuery)")
        guard since == nil, until == nil else { return }
        let load = loads[index]
        let lost = model.lostRows(of: load.source, visible: load.query.shows, load: label(index))
        try #require(lost.isEmpty, "\(place): lost \(lost)")
    }

    /// A lower bound that reads the same rows as none.
    private func beginning(_ index: Int) -> LoadModel.Since {
        loads[index].model.range(since: nil, until: nil, lookback: lookback).lower.map { .value($0) } ?? .beginning
    }

    /// Runs a command that has to be rejected before anything is billed.
    private mutating func reject(_ arguments: [String]) async throws {
        command = arguments
        let jobs = home.emulator.counters.jobs
        let outcome = try await home.run(command)
        try #require(outcome.exitCode == 64, "\(place): exit \(outcome.exitCode), not 64: \(outcome.errors)")
        try #require(home.emulator.counters.jobs == jobs, "\(place): a job was run")
        try compare()
    }

    private mutating func rejectChangedQuery(_ index: Int) async throws {
        guard hasChangedQuery(index), !loads[index].isNamed, !hasRowsWithoutLoad else { return }
        try await reject(arguments(index).filter { $0 != "--same-load" })
    }

    private mutating func kill(_ index: Int, at point: NightEvent.KillPoint) async throws {
        guard !hasRowsWithoutLoad else { return }
        let published = try publishedRuns()
        let range = loads[index].model.range(since: nil, until: nil, lookback: lookback)
        let counters = home.emulator.counters
        let rows = Self.rows(of: loads[index], in: range).count
        command = arguments(index)
        let outcome = try await disturb { emulator in
            try await emulator.waitForCounters { point.isReached($0, since: counters, rows: rows) }
            // The sweep is over the time of the signal.
            try await Task.sleep(for: point.delay)
        } by: {
            $0.send(signal: SIGKILL)
        }
        try #require([0, 137].contains(outcome.exitCode), "\(place): exit \(outcome.exitCode): \(outcome.errors)")
        if outcome.exitCode != 0 { kills += 1 }
        try settle(index, published: published)
        let jobs = home.emulator.counters.jobs - counters.jobs
        try #require(jobs <= 1, "\(place): \(jobs) jobs")
    }

    /// Runs the command, and disturbs it at an event of the emulator, unless it ends before.
    private func disturb(
        at event: @escaping @Sendable (RunningEmulator) async throws -> Void, by action: (RunningBinary) -> Void
    ) async throws -> Binary.Outcome {
        let pull = try await home.binary().start(command)
        let emulator = home.emulator
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await pull.outcome() }
            group.addTask { try await event(emulator) }
            defer { group.cancelAll() }
            try await group.next()
            action(pull)
            return try await pull.outcome()
        }
    }

    private mutating func fail(_ index: Int, _ failure: NightEvent.Failure) async throws {
        guard !hasRowsWithoutLoad else { return }
        let published = try publishedRuns()
        command = arguments(index)
        let pages = "bigquery.jobs.getQueryResults"
        var outcome: Binary.Outcome
        switch failure {
        case .expiredGrant:
            try home.inject("oauth2.token", [#"{"status": 400, "body": {"error": "invalid_grant"}} always"#])
            outcome = try await home.run(command)
        case .refusedJob:
            try home.inject("bigquery.jobs.insert", ["return-403-accessDenied always"])
            outcome = try await home.run(command)
        case .refusedPage:
            try home.inject(pages, ["pass", "return-403-accessDenied always"])
            outcome = try await home.run(command)
        case .unavailable:
            try home.inject(pages, ["return-503 always"])
            let ledger = try #require(home.emulator.faults)
            outcome = try await disturb { _ in
                try await ledger.waitUntilAllConsumed()
            } by: {
                $0.send(signal: SIGTERM)
            }
        case .unavailableOnce:
            try home.inject(pages, ["return-503"])
            outcome = try await home.run(command)
        case .expiredToken:
            let jobs = home.emulator.counters.jobs
            outcome = try await disturb { emulator in
                try await emulator.waitForCounters { $0.jobs > jobs }
            } by: { _ in
                home.emulator.expireAccessTokens()
            }
        }
        try home.endFaults()
        if outcome.exitCode != 0 { failures += 1 }
        if failure == .expiredToken || failure == .unavailableOnce {
            try #require(outcome.exitCode == 0, "\(place): \(failure): \(outcome.errors)")
        }
        try settle(index, published: published)
    }

    /// Applies what an interrupted or failed command has published to the model, and compares the table.
    /// `published` is the number of published runs before.
    private mutating func settle(_ index: Int, published: Int) throws {
        for _ in published..<max(published, try publishedRuns()) {
            _ = publish(index, in: loads[index].model.range(since: nil, until: nil, lookback: lookback))
        }
        try compare()
    }

    private mutating func reset(_ index: Int, to value: Int?) async throws {
        guard loads[index].model.recordedQuery != nil else { return }
        let name = loads[index].isNamed ? loads[index].name : Self.table
        command = ["loads", file, "--reset", name] + (value.map { ["--to", axis.staged($0)] } ?? [])
        let outcome = try await home.run(command)
        try #require(outcome.exitCode == 0, "\(place): \(outcome.errors)")
        loads[index].model.mark = value
        loads[index].model.isStarted = value != nil
        if let value {
            loads[index].source.giveUp { [lookback] in $0.value.map { $0 < value - lookback } ?? true }
        }
        try await succeed(index)
    }

    /// Appends rows of the source without a load.
    private mutating func appendPlainly(_ index: Int) async throws {
        guard let id = loads[index].source.entries.randomElement(using: &random)?.row.id else { return }
        command =
            ["query", "SELECT id, changed_at, amount, note FROM shop.\(loads[index].name) WHERE id = \(id)"]
            + ["--into", file, "--table", Self.table, "--if-exists", "append", "--quiet"]
            + (hasLoadedAt ? ["--loaded-at", "loaded_at"] : []) + connection
        let outcome = try await home.run(command)
        try #require(outcome.exitCode == 0, "\(place): \(outcome.errors)")
        model.append(loads[index].source.entries.map(\.row).filter { $0.id == id })
        hasRowsWithoutLoad = true
        try compare()
    }

    // MARK: The model

    private static func rows(of load: Load, in range: ModelRange) -> [SourceRow] {
        load.source.entries.map(\.row).filter { load.query.shows($0) && range.contains($0) }
    }

    /// The value of the load column.
    private func label(_ index: Int) -> String? {
        guard model.hasLoadColumn else { return nil }
        return loads[index].isNamed ? loads[index].name : Self.table
    }

    /// Publishes the rows of a run in the model.
    ///
    /// - Returns: whether a gap remains.
    private mutating func publish(_ index: Int, in range: ModelRange) -> Bool {
        if usesLoadColumn, !model.hasLoadColumn { model.addLoadColumn(for: Self.table) }
        let rows = Self.rows(of: loads[index], in: range)
        model.publish(rows, of: label(index), in: range)
        let mark = loads[index].model.mark
        let query = loads[index].query
        let leavesGap = loads[index].model.publish(rows, in: range, of: query)
        loads[index].source.giveUp { !query.shows($0) || !range.includesNulls && $0.value == nil }
        if let lower = range.lower, range.isGiven, loads[index].model.mark != mark {
            loads[index].source.giveUp { $0.value ?? .min < lower }
        }
        hasRowsWithoutLoad = false
        return leavesGap
    }

    // MARK: The database

    /// The number of published runs. A continued run counts when it is published.
    private func publishedRuns() throws -> Int {
        try read { db in
            guard try db.tableExists("_bqpull_runs") else { return 0 }
            return try Int.fetchOne(db, sql: "SELECT count(*) FROM _bqpull_runs WHERE state = 'published'") ?? 0
        } ?? 0
    }

    private func read<Value>(_ body: (Database) throws -> Value) throws -> Value? {
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        return try DatabaseQueue(path: file).read(body)
    }

    /// Compares the table with the model's.
    private func compare() throws {
        let hasLoadColumn = model.hasLoadColumn
        let staged = try read { db -> [String: Int] in
            guard try db.tableExists(Self.table) else { return [:] }
            let columns = ["id", "changed_at", "amount", "note"] + (hasLoadColumn ? [Self.loadColumn] : [])
            let texts = columns.map { "coalesce('=' || \($0), 'NULL')" }.joined(separator: " || ' ' || ")
            let rows = try Row.fetchAll(db, sql: "SELECT \(texts), count(*) FROM \(Self.table) GROUP BY 1")
            return Dictionary(uniqueKeysWithValues: rows.map { ($0[0] as String, $0[1] as Int) })
        }
        let expected = Dictionary(
            model.counts.map { (text($0.key, hasLoadColumn: hasLoadColumn), $0.value) }, uniquingKeysWith: +)
        let difference = Set(expected.keys).union((staged ?? [:]).keys).sorted().compactMap { row -> String? in
            let (wanted, found) = (expected[row, default: 0], staged?[row] ?? 0)
            return wanted == found ? nil : "\(row): \(found) instead of \(wanted)"
        }
        try #require(
            difference.isEmpty, "\(place): \(difference.count) rows differ:\n\(difference.joined(separator: "\n"))")
    }

    private func text(_ row: StagedModel.Row, hasLoadColumn: Bool) -> String {
        let cells = [
            "\(row.row.id)", row.row.value.map(axis.staged), "\(row.row.amount)", row.row.note,
        ]
        return (cells + (hasLoadColumn ? [row.load] : [])).map { $0.map { "=\($0)" } ?? "NULL" }.joined(separator: " ")
    }

    /// The place of a failure.
    private var place: String {
        """
        NIGHTS=\(nights) SEEDS=\(seed), \(model.mode.rawValue), night \(night): bqpull \
        \(command.map { "'\($0.replacing("'", with: #"'\''"#))'" }.joined(separator: " "))
        """
    }
}

extension NightEvent.KillPoint {
    /// The time from the event to the signal.
    fileprivate var delay: Duration {
        switch self {
        case .job, .page: .zero
        case .dryRun(let milliseconds), .lastPage(let milliseconds): .milliseconds(milliseconds)
        }
    }

    /// Whether the event has occurred.
    fileprivate func isReached(_ counters: EmulatorCounters, since start: EmulatorCounters, rows: Int) -> Bool {
        switch self {
        case .dryRun: counters.requests["jobs.insert", default: 0] > start.requests["jobs.insert", default: 0]
        case .job: counters.jobs > start.jobs
        case .page(let number): counters.firstRows.count >= start.firstRows.count + number
        case .lastPage: counters.firstRows.count > start.firstRows.count && counters.rows >= start.rows + rows
        }
    }
}

/// The members of a report that are compared with the model.
private struct Report {
    var rowsInTable: Int?
    var mark: String?
    var leavesGap: Bool?
    var queryChanged: Bool?

    init(_ output: String) throws {
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any], "\(output)")
        rowsInTable = report["rowsInTable"] as? Int
        let load = report["load"] as? [String: Any]
        mark = load?["mark"] as? String
        leavesGap = load?["leavesGap"] as? Bool
        queryChanged = load?["queryChanged"] as? Bool
    }
}
