import BigQueryRows
import SQLiteStaging
import TestSupport
import Testing

/// Power failures, after which only a part of the unsynced changes is on the disk, out of order.
@Suite struct PowerLossTests {
    /// The step between tested positions.
    private static let step = Sweep.whole(1, orPart: 41, orShort: 127)

    static let scenarios = [
        StagingScenario(testDescription: "replace, with key and index", key: ["n"], indexes: [["s", "n"]]),
        StagingScenario(testDescription: "append", ifExists: .append, ending: .stops),
        StagingScenario(testDescription: "upsert, in WAL mode", ifExists: .upsert, key: ["n"], journal: .wal),
        StagingScenario(testDescription: "replace, without WAL", journal: .rollback),
        StagingScenario(
            testDescription: "upsert, without WAL", ifExists: .upsert, key: ["n"], journal: .rollback),
    ]

    /// Enough pages for a checkpoint during the run, after which SQLite restarts the WAL.
    static let large = StagingScenario(
        testDescription: "many pages", pageSize: 512, pages: 3, rowsPerPage: 45, textLength: 6000)

    /// After every change except for writes, and after every `step`th change.
    ///
    /// If all changes survive, the files are those of a killed process, and another one continues.
    @Test(.faults("L4", "L6"), arguments: scenarios.map { ($0, 1) } + [(large, 499)])
    func leavesOldOrNew(_ scenario: StagingScenario, step: Int) async throws {
        try await StagingFolder.with { folder in
            var recording = try await record(scenario, in: folder)
            #expect(recording.outcome.error == nil)
            for (number, change) in recording.changes.enumerated() {
                recording.image.apply(change)
                if case .write = change.kind, !number.isMultiple(of: step) { continue }
                let (seed, isLast) = (UInt64(number), number == recording.changes.count - 1)
                guard isLast || number.isMultiple(of: Self.step) else { continue }
                for survivors in [DiskImage.Survivors.none, .all, .some(seed: seed), .some(seed: ~seed)] {
                    let comment: Comment = "\(survivors) after change \(number)"
                    let isPublished = try await check(recording.image, survivors, scenario, comment)
                    if isLast { #expect(isPublished, comment) }
                }
            }
        }
    }

    /// The record of a run before its job is inserted is on the disk, as are its publication and acknowledgement.
    @Test(.faults("L32"), arguments: scenarios) func keepsWhatMustNotBeLost(_ scenario: StagingScenario) async throws {
        try await StagingFolder.with { folder in
            try await scenario.prepare(folder)
            var image = try DiskImage(folder)
            let target = folder.target("results", scenario.ifExists, key: scenario.key, indexes: scenario.indexes)
            try await FaultyDisk.with(
                folder, hasSharedMemory: scenario.hasSharedMemory, isRecording: true
            ) { disk in
                var applied = 0
                func expectState(_ state: RecordedRun.State, isAcknowledged: Bool, _ comment: Comment) async throws {
                    let changes = disk.changes
                    for change in changes.dropFirst(applied) { image.apply(change) }
                    applied = changes.count
                    try await StagingFolder.with { other in
                        try image.write(to: other, .none)
                        let runs = try await RunLog.read(path: other.path)
                        #expect(runs.map(\.state) == [state] && runs[0].isAcknowledged == isAcknowledged, comment)
                    }
                }
                var database = try await StagingDatabase.open(target)
                let run = try await database.begin(.test(runID: "r"))
                try await expectState(.interrupted, isAcknowledged: true, "begun")
                try await run.stop(error: "", canContinue: true)
                try await database.close()

                database = try await StagingDatabase.open(target)
                let continued = try await database.continueRun(id: "r")
                try await expectState(.interrupted, isAcknowledged: true, "continued")
                try await continued.begin(.pairs)
                try await continued.append(RowPage(firstRow: 0, columns: 2, [[.integer(100), .text("x")]]))
                try await continued.finish()
                try await expectState(.published, isAcknowledged: false, "published")
                try await database.settle()
                try await database.acknowledge("r")
                try await expectState(.published, isAcknowledged: true, "acknowledged")
                try await database.close()
            }
        }
    }

    /// The data of a failed sync can be lost although later syncs succeed. Even then the file is intact, and no run that
    /// was reported as published is lost.
    @Test(.faults("L3"), arguments: scenarios.map { ($0, 1) } + [(large, 199)], [false, true])
    func survivesAFailedSync(_ step: (StagingScenario, Int), isLasting: Bool) async throws {
        let (scenario, step) = step
        let fault = DiskFault(operation: .sync, isLasting: isLasting)
        var (number, failed) = (0, true)
        while failed {
            number += 1
            failed = try await StagingFolder.with { folder in
                var recording = try await record(scenario, in: folder, failing: fault, at: number)
                var hasFailed = false
                for (index, change) in recording.changes.enumerated() {
                    recording.image.apply(change)
                    if case .failedSync = change.kind { hasFailed = true }
                    let isLast = index == recording.changes.count - 1
                    if !isLast {
                        guard hasFailed, index.isMultiple(of: Self.step) else { continue }
                        if case .write = change.kind, !index.isMultiple(of: step) { continue }
                    }
                    for survivors in [DiskImage.Survivors.none, .some(seed: UInt64(index))] {
                        let comment: Comment = "\(survivors) after change \(index), \(fault), number \(number)"
                        let isPublished = try await check(recording.image, survivors, scenario, comment)
                        if isLast { #expect(isPublished || recording.outcome.error != nil, comment) }
                    }
                }
                return recording.faultsMet > 0
            }
        }
        #expect(number > 5)
    }

    /// The changes of a run to a disk.
    private struct Recording {
        /// The disk before the run.
        var image: DiskImage
        let changes: [DiskChange]
        let outcome: StagingScenario.Outcome
        let faultsMet: Int
    }

    private func record(
        _ scenario: StagingScenario, in folder: StagingFolder, failing fault: DiskFault? = nil, at number: Int = 0
    ) async throws -> Recording {
        try await scenario.prepare(folder)
        let image = try DiskImage(folder)
        return try await FaultyDisk.with(
            folder, hasSharedMemory: scenario.hasSharedMemory, isRecording: true
        ) { disk in
            if let fault { disk.fail(fault, at: number) }
            let outcome = try await scenario.run(in: folder)
            return Recording(image: image, changes: disk.changes, outcome: outcome, faultsMet: disk.faultsMet)
        }
    }

    /// Checks the files after a power failure, and returns whether the new rows are published.
    private func check(
        _ image: DiskImage, _ survivors: DiskImage.Survivors, _ scenario: StagingScenario, _ comment: Comment
    ) async throws -> Bool {
        try await StagingFolder.with { folder in
            try image.write(to: folder, survivors)
            return try await FaultyDisk.with(folder, hasSharedMemory: scenario.hasSharedMemory) { _ in
                do {
                    let found = try scenario.checkInvariants(of: folder, comment)
                    if case .all = survivors, !found.isPublished {
                        let outcome = try await scenario.run(in: folder)
                        #expect(outcome.error == nil && outcome.firstRow == found.rows, comment)
                        try scenario.checkPublished(in: folder, after: 0, comment)
                    }
                    return found.isPublished
                } catch {
                    Issue.record(error, comment)
                    return false
                }
            }
        }
    }
}
