import BigQueryPull
import Foundation
import SQLiteStaging
import Synchronization
import TestSupport
import Testing

/// Stages until `when` returns true, then cancels the task.
func interrupt(
    _ pull: some Pull, into file: String, when: @escaping @Sendable (PullProgress) -> Bool
) async throws {
    var pull = pull
    pull.onProgress = { progress in
        if when(progress) { withUnsafeCurrentTask { $0?.cancel() } }
    }
    let task = Task { [pull] in try await pull.stage(into: StagingTarget(path: file)) }
    await #expect(throws: CancellationError.self) { try await task.value }
}

/// Copies the database when `when` returns true, as the disk would be if the process were killed then. `cancelling` also
/// ends the pull there.
func kill(
    _ pull: some Pull, in folder: TemporaryFolder, cancelling: Bool = true,
    when: @escaping @Sendable (PullProgress) -> Bool
) async throws -> String {
    let (alive, dead) = (folder.file("alive.db"), folder.file("dead.db"))
    let copied = Mutex(false)
    let copy: @Sendable (PullProgress) -> Bool = { progress in
        guard when(progress), !copied.withLock({ swap(&$0, true) }) else { return false }
        for suffix in ["", "-wal"] {
            // Not every moment has a log; the caller finds a missing database.
            try? FileManager.default.copyItem(atPath: alive + suffix, toPath: dead + suffix)
        }
        return true
    }
    if cancelling {
        try await interrupt(pull, into: alive, when: copy)
    } else {
        var pull = pull
        pull.onProgress = { _ = copy($0) }
        _ = try await pull.stage(into: StagingTarget(path: alive))
    }
    return dead
}

/// Sets a flag, and returns its previous value.
private func swap(_ flag: inout Bool, _ value: Bool) -> Bool {
    defer { flag = value }
    return flag
}
