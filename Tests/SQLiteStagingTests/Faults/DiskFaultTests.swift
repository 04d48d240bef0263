import GRDB
import GRDBSQLite
import SQLiteStaging
import TestSupport
import Testing

/// Every file operation of SQLite fails once, or from that one on.
@Suite struct DiskFaultTests {
    /// The step between tested positions.
    private static let step = Sweep.whole(1, orPart: 41, orShort: 127)

    static let scenarios = [
        StagingScenario(testDescription: "replace, with key and index", key: ["n"], indexes: [["s", "n"]]),
        StagingScenario(testDescription: "append, in WAL mode", ifExists: .append, journal: .wal, ending: .stops),
        StagingScenario(
            testDescription: "upsert, continued", ifExists: .upsert, key: ["n"], ending: .stops, isContinued: true),
        StagingScenario(
            testDescription: "replace, with key and index, without WAL, continued", key: ["n"],
            indexes: [["s", "n"]], journal: .rollback, ending: .stops, isContinued: true),
        StagingScenario(testDescription: "append, without WAL", ifExists: .append, journal: .rollback),
    ]

    private static let noMemory = ResultCode.SQLITE_IOERR_NOMEM.rawValue

    static let faults = [
        DiskFault(operation: .open),
        DiskFault(operation: .read),
        DiskFault(operation: .write, writesHalf: true),
        DiskFault(operation: .write, code: SQLITE_FULL, isLasting: true),
        DiskFault(operation: .sync),
        DiskFault(operation: .sync, isLasting: true),
        DiskFault(operation: .truncate),
        DiskFault(operation: .delete),
        DiskFault(operation: .delete, isLasting: true),
        DiskFault(operation: .access),
        DiskFault(operation: .fileSize),
        DiskFault(operation: .lock),
        DiskFault(operation: .sharedMemory),
        DiskFault(operation: .write, code: noMemory),
        DiskFault(operation: .any, writesHalf: true, isLasting: true),
    ]

    @Test(.faults("L1", "L2", "L3", "L20", "L22"), arguments: scenarios) func leavesOldOrNewAndContinues(
        _ scenario: StagingScenario
    ) async throws {
        try await StagingFolder.with { template in
            try await scenario.prepare(template)
            var injected = 0
            for (offset, fault) in Self.faults.enumerated() {
                let count = try await operations(fault.operation, of: scenario, on: template)
                for number in stride(from: offset % Self.step, to: count, by: Self.step) {
                    try await check(fault, at: number + 1, scenario, on: template)
                    injected += 1
                }
            }
            #expect(injected >= 350 / Self.step)
        }
    }

    /// The number of operations in a command without faults.
    private func operations(
        _ operation: DiskFault.Operation, of scenario: StagingScenario, on template: StagingFolder
    ) async throws -> Int {
        try await StagingFolder.with { folder in
            try template.copyFiles(to: folder)
            return try await FaultyDisk.with(folder, hasSharedMemory: scenario.hasSharedMemory) { disk in
                let outcome = try await scenario.run(in: folder)
                #expect(outcome.error == nil && outcome.isFinished)
                #expect(disk.faultsMet == 0 && disk.openFiles == 0)
                return disk.count(operation)
            }
        }
    }

    private func check(
        _ fault: DiskFault, at number: Int, _ scenario: StagingScenario, on template: StagingFolder
    ) async throws {
        let comment: Comment = "\(fault), number \(number)"
        try await StagingFolder.with { folder in
            try template.copyFiles(to: folder)
            let outcome = try await FaultyDisk.with(folder, hasSharedMemory: scenario.hasSharedMemory) { disk in
                disk.fail(fault, at: number)
                let outcome = try await scenario.run(in: folder)
                #expect(fault.isLasting ? disk.faultsMet >= 1 : disk.faultsMet == 1, comment)
                #expect(disk.openFiles == 0, comment)
                return outcome
            }
            if let error = outcome.error {
                #expect(codes(fault, outcome).contains(error.code), "\(comment): \(error)")
                #expect(!error.message.contains("\n") && error.message.contains(folder.folder), comment)
            }
            try await FaultyDisk.with(folder, hasSharedMemory: scenario.hasSharedMemory) { _ in
                let found = try await StagingFolder.with { copy in
                    try folder.copyFiles(to: copy)
                    return try scenario.checkInvariants(of: copy, comment)
                }
                #expect(found.isPublished || !outcome.isFinished, comment)
                if found.isPublished, !outcome.isFinished { #expect(isUndecided(fault, scenario), comment) }

                let second = try await scenario.run(in: folder)
                #expect(second.error == nil && second.isFinished, comment)
                #expect(second.firstRow == (found.isPublished ? 0 : found.rows), comment)
                if !found.isPublished, let run = found.runID { #expect(second.runID == run, comment) }
                try scenario.checkPublished(in: folder, after: found.isPublished ? 1 : 0, comment)
            }
        }
    }

    /// Whether a failed commit can be visible later: it is in the log, its sync has failed, and no later write has
    /// overwritten it.
    private func isUndecided(_ fault: DiskFault, _ scenario: StagingScenario) -> Bool {
        switch fault.operation {
        case .sync: scenario.hasSharedMemory && scenario.ending == .leaves
        case .any: scenario.hasSharedMemory
        default: false
        }
    }

    /// A file that cannot be opened or locked is unsuitable, until a run has begun in it.
    private func codes(_ fault: DiskFault, _ outcome: StagingScenario.Outcome) -> [StagingError.Code] {
        if fault.code == Self.noMemory { return [.outOfResources] }
        guard outcome.isUnopened else { return [.io] }
        switch fault.operation {
        case .open, .lock: return [.databaseUnusable, .io]
        case .any: return [.io, .databaseUnusable]
        default: return [.io]
        }
    }
}
