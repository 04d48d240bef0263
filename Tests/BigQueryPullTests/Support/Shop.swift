import BigQuery
import BigQueryEmulator
import BigQueryPull
import Foundation
import GRDB
import SQLiteStaging
import TestSupport
import Testing

/// A table of the emulator that the test changes, and a staging database for it.
struct Shop: Sendable {
    static let sql = "SELECT * FROM shop.orders"

    let fixture: EmulatorFixture

    var file: String { fixture.folder.file("staging.db") }
    var target: StagingTarget { StagingTarget(path: file, ifExists: .append) }
    /// The number of jobs so far, without dry runs.
    var jobs: Int { fixture.emulator.counters.jobs }

    static func with(_ rows: [String], _ test: @Sendable (Shop) async throws -> Void) async throws {
        try await EmulatorFixture.with { fixture in
            let shop = Shop(fixture: fixture)
            try await shop.load(rows)
            try await test(shop)
        }
    }

    /// Replaces the rows of a table with these lines of JSON.
    func load(_ rows: [String], into table: String = "orders") async throws {
        let path = fixture.folder.file("\(table).jsonl")
        try Data(rows.joined(separator: "\n").utf8).write(to: URL(filePath: path))
        let schema = """
            [{"name":"id","type":"INTEGER"},{"name":"day","type":"DATE"},{"name":"at","type":"DATETIME"},
            {"name":"stamp","type":"TIMESTAMP"},{"name":"note","type":"STRING"},
            {"name":"list","type":"INTEGER","mode":"REPEATED"}]
            """
        try Data(schema.utf8).write(to: URL(filePath: fixture.folder.file("\(table).schema.json")))
        try await fixture.emulator.load(.init(dataset: "shop", table: table, file: path))
    }

    /// A row of a table, as JSON. Its times are on a day of January.
    static func row(_ id: Int?, _ note: String = "x", day: Int = 0) -> String {
        let day = day == 0 ? id ?? 1 : day
        let date = "2024-01-\(day < 10 ? "0" : "")\(day)"
        return """
            {"id":\(id.map(String.init) ?? "null"),"day":"\(date)","at":"\(date)T10:00:00.25",\
            "stamp":"\(date)T10:00:00.000001Z","note":"\(note)","list":[1]}
            """
    }

    /// An incremental pull.
    func incremental(
        _ column: String, sql: String = Shop.sql, _ change: (inout QueryPull) -> Void = { _ in }
    ) -> QueryPull {
        var pull = QueryPull(QueryRequest(sql), client: fixture.client)
        pull.incrementalColumn = column
        change(&pull)
        return pull
    }

    @discardableResult
    func pull(
        _ column: String, _ ifExists: StagingTarget.ExistingTable? = .append, key: [String] = [],
        loadColumn: String? = nil, sql: String = Shop.sql, _ change: (inout QueryPull) -> Void = { _ in }
    ) async throws -> PullReport {
        try await incremental(column, sql: sql, change).stage(
            into: StagingTarget(path: file, ifExists: ifExists, key: key, loadColumn: loadColumn))
    }

    /// Pulls the rows of a query without a load.
    @discardableResult
    func pullPlainly(_ ifExists: StagingTarget.ExistingTable?, sql: String = Shop.sql) async throws -> PullReport {
        try await QueryPull(QueryRequest(sql), client: fixture.client).stage(
            into: StagingTarget(path: file, ifExists: ifExists))
    }

    /// Stages in pages of two rows, and stops after the second page.
    func interrupt(_ pull: QueryPull, loadColumn: String? = nil) async throws {
        var interrupted = pull
        interrupted.limits.pageRows = 2
        interrupted.onProgress = { if $0.rows >= 4 { withUnsafeCurrentTask { $0?.cancel() } } }
        var target = target
        target.loadColumn = loadColumn
        let task = Task { [interrupted, target] in try await interrupted.stage(into: target) }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    func read(_ sql: String) throws -> [String] {
        try DatabaseQueue(path: file).read { try String.fetchAll($0, sql: sql) }
    }

    func execute(_ sql: String) async throws {
        try await DatabaseQueue(path: file).write { try $0.execute(sql: sql) }
    }
}
