import BigQueryRows
import Foundation

@testable import SQLiteStaging

extension StagingIntent {
    /// The intent of a run of an incremental load on the column `n`. Without a lower bound, it reads all rows.
    static func load(
        _ name: String = "results", runID: String = UUID().uuidString, command: String? = nil,
        sql: String = "SELECT 1", parameters: String = "[]", type: FieldType = .int64, since: String? = nil,
        until: String? = nil, includesNulls: Bool? = nil, isReplaced: Bool = false, adoptsRows: Bool = false
    ) -> StagingIntent {
        let range = IncrementalRange(
            column: "n", type: type, lowerBound: since.flatMap { IncrementalValue($0, type: type) },
            upperBound: until.flatMap { IncrementalValue($0, type: type) },
            includesNulls: includesNulls ?? (since == nil),
            isReplaced: isReplaced, adoptsRows: adoptsRows)
        return StagingIntent(
            runID: runID, command: command ?? "\(name) \(sql) \(parameters)", incrementalColumn: "n",
            load: LoadIntent(name: name, parameters: parameters, range: range), project: "demo-project",
            jobID: "bqpull_1", sql: sql, configuration: "{}", toolVersion: "bqpull test",
            startedAt: Date(timeIntervalSince1970: 1_700_000_000.5))
    }
}

extension StagingFolder {
    /// Opens the database and reads what it knows about a load.
    func loadState(of name: String = "results", into table: String = "results") async throws -> LoadState {
        let database = try await StagingDatabase.open(target(table, .append))
        let state = try await database.loadState(of: name)
        try await database.close()
        return state
    }

    /// Publishes a run with these values in the column `n`.
    @discardableResult func publish(
        _ values: [Int64?], _ intent: StagingIntent, into target: StagingTarget? = nil
    ) async throws -> PublicationOutcome? {
        var outcome: PublicationOutcome?
        try await withRun(target ?? self.target("results", .append), intent: intent) { run in
            try await run.begin(.numbers)
            try await run.append(RowPage(firstRow: 0, columns: 1, values.map { [$0.map(CellValue.integer) ?? .null] }))
            try await run.finish()
            outcome = run.outcome
        }
        return outcome
    }

    /// Interrupts a run after one row.
    func interrupt(_ intent: StagingIntent, into target: StagingTarget? = nil) async throws {
        try await withRun(target ?? self.target("results", .append), intent: intent) { run in
            try await run.begin(.numbers)
            try await run.append(RowPage(firstRow: 0, integers: [1000]))
            try await run.stop(error: "enough", canContinue: true)
        }
    }

    /// Continues an interrupted run, and publishes it.
    func resume(_ runID: String, into target: StagingTarget? = nil) async throws {
        let database = try await StagingDatabase.open(target ?? self.target("results", .append))
        do {
            let run = try await database.continueRun(id: runID)
            try await run.begin(.numbers)
            try await run.finish()
        } catch {
            // The first error is the one to report.
            try? await database.close()
            throw error
        }
        try await database.close()
    }

    /// The state of each run, by its ID.
    func states() async throws -> [String: RecordedRun.State] {
        let runs = try await RunLog.read(path: path)
        return Dictionary(runs.map { ($0.intent.runID, $0.state) }) { first, _ in first }
    }
}

/// A plain run with this ID.
func plain(_ runID: String) -> StagingIntent { .test(runID: runID, command: runID) }
