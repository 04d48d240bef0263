import BigQueryRows
import Foundation
import SQLiteStaging
import Testing

@Suite struct RunLogTests {
    private func interrupt(_ folder: StagingFolder, _ runID: String, table: String = "results") async throws {
        try await folder.withRun(folder.target(table), intent: .test(runID: runID, command: runID)) { run in
            try await run.begin(.numbers)
            try await run.append(RowPage(firstRow: 0, integers: [1]))
            try await run.stop(error: "enough", canContinue: true)
        }
    }

    @Test func reportsTheStateOfEachRun() async throws {
        try await StagingFolder.with { folder in
            try await folder.stage([[.integer(1)]], schema: .numbers)
            try await interrupt(folder, "partial", table: "other")
            try await folder.withRun(folder.target("live", .append, key: ["n"], indexes: [["n"]])) { _ in
                let runs = try await RunLog.read(path: folder.path)
                #expect(runs.map(\.state) == [.published, .interrupted, .running])
                #expect(runs.map(\.target.table) == ["results", "other", "live"])
                #expect(runs.map(\.rows) == [1, 1, 0])
                #expect(runs.map(\.process) == [nil, nil, getpid()])
                #expect(runs.map(\.hasTable) == [false, true, false])
                #expect(runs[1].error == "enough")
                #expect(runs[2].target == folder.target("live", .append, key: ["n"], indexes: [["n"]]))
                #expect(runs[2].intent.startedAt == Date(timeIntervalSince1970: 1_700_000_000.5))
                #expect((runs[0].finishedAt != nil, runs[1].finishedAt != nil) == (true, false))
            }
            // A run whose process exited unexpectedly can be continued.
            #expect(try await RunLog.read(path: folder.path).map(\.state) == [.published, .interrupted, .interrupted])
        }
    }

    @Test func dropsTheRowsOfAPartialRun() async throws {
        try await StagingFolder.with { folder in
            try await interrupt(folder, "a")
            try await interrupt(folder, "b")
            try await RunLog.discard("a", path: folder.path)
            #expect(try await RunLog.read(path: folder.path).map(\.state) == [.discarded, .interrupted])
            #expect(
                try folder.read("SELECT name FROM sqlite_master WHERE name LIKE '%rows%'") == ["\"_bqpull_rows_b\""])
            try await expectCode(.noRun) { try await RunLog.discard("a", path: folder.path) }
            try await expectCode(.noRun) { try await RunLog.discard("unknown", path: folder.path) }
        }
    }

    @Test func keepsPublishedAndRunningRuns() async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target(), intent: .test(runID: "r")) { run in
                try await run.begin(.numbers)
                try await expectCode(.targetInUse) { try await RunLog.discard("r", path: folder.path) }
                try await run.finish()
            }
            try await expectCode(.noRun) { try await RunLog.discard("r", path: folder.path) }
            #expect(try folder.read("SELECT count(*) FROM results") == ["0"])
        }
    }

    @Test func doesNotTouchFilesWithoutRuns() async throws {
        try await StagingFolder.with { folder in
            try await expectCode(.noDatabase) { _ = try await RunLog.read(path: folder.path) }
            #expect(try folder.files == [])
            try folder.execute("CREATE TABLE mine (n)")
            try await expectCode(.noRun) { _ = try await RunLog.read(path: folder.path) }
            try await expectCode(.noRun) { try await RunLog.discard("r", path: folder.path) }
            #expect(try folder.read("SELECT name FROM sqlite_master") == ["\"mine\""])
        }
    }

    /// The key is compared as text.
    @Test func writesEqualTextsForEqualKeys() async throws {
        try await StagingFolder.with { folder in
            let field = TableSchema.Field(name: "a/b", type: .int64, description: "either/or")
            try await folder.withRun(folder.target(key: ["a/b"]), intent: .test(schema: TableSchema(fields: [field]))) {
                _ in
            }
            let schema = #"{"fields":[{"description":"either/or","mode":"NULLABLE","name":"a/b","type":"INT64"}]}"#
            #expect(
                try folder.read("SELECT key_columns = '[\"a/b\"]', schema = '\(schema)' FROM _bqpull_runs") == ["1|1"])
        }
    }
}
