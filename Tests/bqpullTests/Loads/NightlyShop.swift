import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// A source table in BigQuery, and the command that loads it every night.
struct NightlyShop: Sendable {
    let home: EmulatorHome

    static let orders = "SELECT id, changed_at FROM shop.orders"

    static let schema = ["id:INTEGER", "changed_at:TIMESTAMP"]
    static let append = ["--incremental", "changed_at", "--if-exists", "append"]

    /// A row of ``schema``, changed on the day of its ID.
    static func row(_ id: Int) -> String { "\(id),2024-01-\(id < 10 ? "0" : "")\(id)T00:00:00Z" }

    static func with(_ test: @Sendable (NightlyShop) async throws -> Void) async throws {
        try await EmulatorHome.with(EmulatorConfiguration(faults: FaultPlan([:]))) { home in
            try await test(NightlyShop(home: home))
        }
    }

    var file: String { home.folder.file("staging.db") }
    var jobs: Int { home.emulator.counters.jobs }

    func query(_ sql: String, _ options: [String] = []) -> [String] {
        ["query", sql, "--into", file, "--endpoint", home.emulator.endpoint, "--credentials", home.credentials]
            + options
    }

    /// Replaces the rows of a table of the dataset `shop` with lines of CSV. Columns have the form `id:INTEGER`.
    func load(_ columns: [String], _ rows: [String], into table: String = "orders") async throws {
        let fields = columns.map { $0.split(separator: ":") }
        let schema = fields.map { #"{"name":"\#($0[0])","type":"\#($0[1])"}"# }.joined(separator: ",")
        let header = fields.map { String($0[0]) }.joined(separator: ",")
        try await load("\(table).csv", schema: "[\(schema)]", lines: [header] + rows, into: table)
    }

    /// Replaces the rows of a table with lines of JSON.
    func load(schema: String, lines: [String], into table: String) async throws {
        try await load("\(table).jsonl", schema: schema, lines: lines, into: table)
    }

    private func load(_ name: String, schema: String, lines: [String], into table: String) async throws {
        let path = home.folder.file(name)
        try Data(schema.utf8).write(to: URL(filePath: home.folder.file("\(table).schema.json")))
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
        try await home.emulator.load(.init(dataset: "shop", table: table, file: path))
    }

    @discardableResult
    func succeed(
        _ sql: String, _ options: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Binary.Outcome {
        let outcome = try await home.run(query(sql, options))
        try #require(outcome.exitCode == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
        return outcome
    }

    /// Runs a command that has to be rejected before anything is billed.
    ///
    /// - Returns: the error and the hint.
    @discardableResult
    func reject(
        _ sql: String, _ options: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let before = jobs
        let outcome = try await home.run(query(sql, options))
        #expect(outcome.exitCode == 64, "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.errors.contains("hint: "), "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(jobs == before, sourceLocation: sourceLocation)
        return outcome.errors
    }

    /// Runs a command, and ends it between two pages of 20 rows. The result has more than 120 rows.
    func interrupt(_ command: [String], _ signal: Int32) async throws {
        let pages = Array(repeating: "pass", count: 6) + ["stall-for-600s"]
        try home.inject("bigquery.jobs.getQueryResults", pages)
        let pull = try await home.binary().start(command)
        try await home.allApplied()
        try await eventually("rows are staged") { try stagedRows() > 0 }
        pull.send(signal: signal)
        let outcome = try await pull.outcome()
        try #require(outcome.exitCode == 128 + signal, "\(outcome.errors)")
        try home.endFaults()
    }

    /// The bytes that a dry run of ``orders`` reports.
    func dryRun(_ options: [String]) async throws -> Int {
        let outcome = try await succeed(Self.orders, options + ["--dry-run", "--json"])
        return try #require(try JSONDocument(outcome.output)["bytesProcessed"].int)
    }

    /// The arguments of the command in a text that has an option, and a value that begins with a prefix.
    func command(in text: String, with option: String, _ value: String = "") throws -> [String] {
        let commands = text.matches(of: /bqpull ((?:query|loads) [^\n]*)/).map { Shell.words(String($0.output.1)) }
        let command = commands.first { words in
            guard let index = words.firstIndex(of: option) else { return false }
            return value.isEmpty || words.dropFirst(index + 1).first?.hasPrefix(value) == true
        }
        return try #require(command, "no command with \(option) \(value) in: \(text)")
    }

    func read(_ sql: String) throws -> [String] {
        try DatabaseQueue(path: file).read { try String.fetchAll($0, sql: sql) }
    }

    func write(_ sql: String) throws {
        try DatabaseQueue(path: file).write { try $0.execute(sql: sql) }
    }

    /// The IDs of all published rows, sorted.
    func ids() throws -> [Int] {
        try DatabaseQueue(path: file).read { try Int.fetchAll($0, sql: "SELECT id FROM results ORDER BY id") }
    }

    /// The staged, unpublished rows.
    func stagedRows() throws -> Int {
        var configuration = Configuration()
        configuration.busyMode = .timeout(300)
        return try DatabaseQueue(path: file, configuration: configuration).read {
            try Int.fetchOne($0, sql: "SELECT max(rows) FROM _bqpull_runs WHERE state <> 'published'") ?? 0
        }
    }
}

/// A value of a JSON document.
struct JSONDocument {
    private let value: Any?

    init(_ text: String) throws {
        value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    }

    private init(value: Any?) { self.value = value }

    subscript(name: String) -> JSONDocument { JSONDocument(value: (value as? [String: Any])?[name]) }
    subscript(index: Int) -> JSONDocument {
        guard let list = value as? [Any], list.indices.contains(index) else { return JSONDocument(value: nil) }
        return JSONDocument(value: list[index])
    }

    var text: String? { value as? String }
    var texts: [String]? { value as? [String] }
    var int: Int? { value as? Int }
    var bool: Bool? { value as? Bool }
}
