import BigQueryRows
import Foundation
import SQLiteStaging
import TestSupport
import Testing

@Suite struct ContinuedRunTests {
    private static let hiddenTables = "SELECT name FROM sqlite_master WHERE name LIKE '\\_bqpull\\_rows%' ESCAPE '\\'"
    private static let states = "SELECT state FROM _bqpull_runs ORDER BY rowid"

    /// Stops a run after two of three rows.
    private func interrupt(
        _ folder: StagingFolder, _ intent: StagingIntent = .test(), target: StagingTarget? = nil,
        canContinue: Bool = true
    ) async throws {
        try await folder.withRun(target ?? folder.target(), intent: intent) { run in
            try await run.begin(.numbers)
            run.record(StagingStatistics(location: "EU", totalRows: 3, pages: 1, wireBytes: 7))
            try await run.append(RowPage(firstRow: 0, integers: [1, 2]))
            try await run.stop(error: "the service is away", canContinue: canContinue)
        }
    }

    /// Opens the target and calls `body` with the unfinished run of the command.
    private func continuing(
        _ target: StagingTarget, command: String = "test", _ body: (StagingRun?) async throws -> Void
    ) async throws {
        let database = try await StagingDatabase.open(target)
        do {
            try await body(try await database.continueRun(of: command))
        } catch {
            try await database.close()
            throw error
        }
        try await database.close()
    }

    @Test func continuesWithTheNextRow() async throws {
        try await StagingFolder.with { folder in
            try await interrupt(folder)
            #expect(
                try folder.read("SELECT state, error, rows, finished_at FROM _bqpull_runs")
                    == [#""interrupted"|"the service is away"|2|NULL"#])
            try await continuing(folder.target()) { run in
                let run = try #require(run)
                #expect((run.rowsWritten, run.dataWritten) == (2, 16))
                #expect(run.recorded.statistics.totalRows == 3)
                #expect(run.recorded.statistics.wireBytes == 7)
                #expect(run.recorded.intent.schema == .numbers)
                #expect(try folder.read("SELECT state, error FROM _bqpull_runs") == [#""running"|NULL"#])
                try await run.begin(.numbers)
                try await expectCode(.unexpected) { try await run.append(RowPage(firstRow: 0, integers: [1])) }
                try await run.append(RowPage(firstRow: 2, integers: [3]))
                try await run.finish()
            }
            #expect(try folder.read("SELECT n FROM results") == ["1", "2", "3"])
            #expect(try folder.read(Self.states) == ["\"published\""])
            #expect(try folder.read(Self.hiddenTables) == [])
        }
    }

    @Test func publishesARunWithAllRowsStaged() async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target()) { run in
                try await run.begin(.numbers)
                run.record(StagingStatistics(totalRows: 1))
                try await run.append(RowPage(firstRow: 0, integers: [5]))
            }
            try await continuing(folder.target()) { run in
                try await run?.begin(.numbers)
                try await run?.finish()
            }
            #expect(try folder.read("SELECT n FROM results") == ["5"])
        }
    }

    @Test func readsTheLastRowUnchanged() async throws {
        let schema = TableSchema(fields: [
            .init(name: "rowid", type: .int64), .init(name: "d", type: .float64), .init(name: "nan", type: .float64),
            .init(name: "s", type: .string), .init(name: "b", type: .bytes), .init(name: "n", type: .string),
        ])
        let last: [CellValue] = [
            .integer(-1), .double(3), .text("NaN"), .text("nul\0inside é"), .blob([0, 255]), .null,
        ]
        let other: [CellValue] = [.integer(9), .double(0), .double(0), .text(""), .blob([]), .text("")]
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target()) { run in
                #expect(try await run.lastRow() == nil)
                try await run.begin(schema)
                #expect(try await run.lastRow() == nil)
                try await run.append(RowPage(firstRow: 0, columns: 6, [other, last]))
                #expect(try await run.lastRow() == last)
            }
        }
    }

    @Test func discardedRunsHaveNoRowsAndAreNotContinued() async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target()) { run in
                try await run.begin(.numbers)
                try await run.append(RowPage(firstRow: 0, integers: [1, 2]))
                try await run.discard(error: "the table changed")
                try await expectCode(.unexpected) { try await run.append(RowPage(firstRow: 2, integers: [3])) }
                // Has no effect on a discarded run.
                try await run.stop(error: "other", canContinue: true)
            }
            #expect(
                try folder.read("SELECT state, error, finished_at IS NULL FROM _bqpull_runs")
                    == [#""failed"|"the table changed"|0"#])
            #expect(try folder.read(Self.hiddenTables) == [])
            try await continuing(folder.target()) { #expect($0 == nil) }
        }
    }

    struct Difference: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var command = "test"
        var table = "results"
        var ifExists: StagingTarget.ExistingTable? = .replace
        var key: [String] = []
        var isSame = false
    }

    static let differences = [
        Difference(testDescription: "none", isSame: true),
        Difference(testDescription: "the case of the table", table: "RESULTS", isSame: true),
        Difference(testDescription: "the command", command: "other"),
        Difference(testDescription: "the table", table: "other"),
        Difference(testDescription: "the mode", ifExists: nil),
        Difference(testDescription: "the key", key: ["n"]),
    ]

    @Test(arguments: differences) func findsTheRunOfTheCommand(_ difference: Difference) async throws {
        try await StagingFolder.with { folder in
            try await interrupt(folder, target: folder.target("results", .replace))
            let target = folder.target(difference.table, difference.ifExists, key: difference.key)
            try await continuing(target, command: difference.command) { run in
                #expect((run != nil) == difference.isSame)
            }
            #expect(try folder.read(Self.hiddenTables).count == 1)
        }
    }

    /// A partial run of another command is kept until a run is published into the table.
    @Test func leavesTheRowsOfOtherCommandsUntilItPublishes() async throws {
        try await StagingFolder.with { folder in
            try await interrupt(folder, .test(command: "other"))
            try await interrupt(folder, .test(command: "elsewhere"), target: folder.target("other"))
            try await folder.withRun(folder.target()) { run in
                try await run.begin(.numbers)
                #expect(try folder.read(Self.hiddenTables).count == 3)
                try await run.finish()
            }
            #expect(try folder.read(Self.hiddenTables).count == 1)
            #expect(
                try folder.read(Self.states) == ["\"superseded\"", "\"interrupted\"", "\"published\""])
            try await continuing(folder.target(), command: "other") { #expect($0 == nil) }
            try await continuing(folder.target("other"), command: "elsewhere") { #expect($0?.rowsWritten == 2) }
        }
    }

    @Test func startsOverAfterARunThatCannotBeContinued() async throws {
        try await StagingFolder.with { folder in
            try await interrupt(folder, canContinue: false)
            #expect(try folder.read("SELECT state, rows FROM _bqpull_runs") == ["\"failed\"|2"])
            #expect(try folder.read(Self.hiddenTables).count == 1)
            try await continuing(folder.target()) { #expect($0 == nil) }
            try await folder.withRun(folder.target()) { _ in
                let left = try folder.read(Self.hiddenTables)
                #expect(left == [])
            }
            #expect(try folder.read(Self.states) == ["\"failed\"", "\"running\""])
        }
    }

    @Test func dropsTheRowsOfTheCommandWhenItStartsOver() async throws {
        try await StagingFolder.with { folder in
            try await interrupt(folder)
            try await folder.stage([[.integer(9)]], schema: .numbers)
            #expect(try folder.read(Self.states) == ["\"discarded\"", "\"published\""])
            #expect(try folder.read(Self.hiddenTables) == [])
        }
    }

    @Test func rejectsChangedColumns() async throws {
        try await StagingFolder.with { folder in
            try await interrupt(folder)
            try await continuing(folder.target()) { run in
                try await expectCode(.schemaMismatch) { try await run?.begin(.pairs) }
            }
            #expect(try folder.read("SELECT rows FROM _bqpull_runs") == ["2"])
        }
    }

    /// Without file locks, the checkpoint detects a second process.
    @Test func isSupersededByAnotherProcessThatContinuesIt() async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target()) { run in
                try await run.begin(.numbers)
                try folder.execute("UPDATE _bqpull_runs SET rows = 10")
                try await expectCode(.superseded) { try await run.append(RowPage(firstRow: 0, integers: [1])) }
                try folder.execute("UPDATE _bqpull_runs SET rows = 0, state = 'discarded'")
                try await expectCode(.superseded) { try await run.append(RowPage(firstRow: 0, integers: [1])) }
                try await expectCode(.superseded) { try await run.finish() }
            }
        }
    }

    /// Creating indexes takes time, and another process can continue the run between that and the publication.
    @Test func publishesNothingIfItIsSuperseded() async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target()) { run in
                try await run.begin(.numbers)
                try await run.append(RowPage(firstRow: 0, integers: [1]))
                // Runs with the last checkpoint, in the transaction that creates the indexes.
                try folder.execute(
                    """
                    CREATE TRIGGER taken AFTER UPDATE OF rows ON _bqpull_runs
                    BEGIN UPDATE _bqpull_runs SET state = 'discarded'; END
                    """)
                try await expectCode(.superseded) { try await run.finish() }
            }
            #expect(try folder.read("SELECT name FROM sqlite_master WHERE name = 'results'") == [])
        }
    }

    /// A change of the hidden rows by another program is detected, and the run continues at its first row.
    @Test(arguments: ["DROP TABLE \"%\"", "DELETE FROM \"%\" WHERE n = 1"])
    func continuesAtTheFirstRowIfItsRowsAreMissing(_ sql: String) async throws {
        try await StagingFolder.with { folder in
            try await interrupt(folder, .test(runID: "mine"))
            try folder.execute(sql.replacing("%", with: "_bqpull_rows_mine"))
            try await continuing(folder.target()) { run in
                let run = try #require(run)
                #expect((run.rowsWritten, run.dataWritten) == (0, 0))
                #expect(run.recorded.statistics.totalRows == nil)
                try await run.begin(.numbers)
                try await run.append(RowPage(firstRow: 0, integers: [7]))
                try await run.finish()
            }
            #expect(try folder.read("SELECT n FROM results") == ["7"])
        }
    }

    @Test func continuesARunByItsID() async throws {
        try await StagingFolder.with { folder in
            try await interrupt(folder, .test(runID: "mine"))
            let database = try await StagingDatabase.open(folder.target())
            #expect(try await database.continueRun(id: "mine").rowsWritten == 2)
            try await expectCode(.noRun) { _ = try await database.continueRun(id: "other") }
            try await database.close()
            let other = try await StagingDatabase.open(folder.target("other"))
            try await expectCode(.noRun) { _ = try await other.continueRun(id: "mine") }
            try await other.close()
            let otherwise = try await StagingDatabase.open(folder.target("results", .append))
            try await expectCode(.noRun) { _ = try await otherwise.continueRun(id: "mine") }
            try await otherwise.close()
        }
    }

    /// Nothing is committed to a file that was removed or replaced.
    @Test(.faults("L21"), arguments: [true, false]) func detectsThatItsFileIsGone(isReplaced: Bool) async throws {
        try await StagingFolder.with { folder in
            let database = try await StagingDatabase.open(folder.target())
            let run = try await database.begin(.test())
            try await run.begin(.numbers)
            try FileManager.default.moveItem(atPath: folder.path, toPath: folder.path + ".away")
            if isReplaced { try Data().write(to: URL(fileURLWithPath: folder.path)) }
            try await expectCode(.io) { try await run.append(RowPage(firstRow: 0, integers: [1])) }
            #expect(run.rowsWritten == 0)
            try await expectCode(.io) { try await run.finish() }
            // The file is gone: closing can fail, too.
            try? await database.close()
        }
    }
}
