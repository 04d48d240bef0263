import ArgumentParser
import Foundation
import SQLiteStaging
import TextSupport

/// The lock timeout: the option of every command that opens a staging database.
struct LockOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long to wait while another program has the database locked, for example 30s or 1h.",
            valueName: "duration"))
    var lockTimeout = DurationText(StagingOptions().lockTimeout)

    /// Staging options with the lock timeout, and a message about every long wait.
    var staging: StagingOptions {
        var options = StagingOptions()
        options.lockTimeout = lockTimeout.duration
        options.onLockWait = { Diagnostics.info(Self.text($0)) }
        return options
    }

    private static func text(_ wait: LockWait) -> String {
        let name = printable(URL(filePath: wait.path).lastPathComponent, limit: 200)
        let processes = wait.processes.map(String.init).joined(separator: ", ")
        let owner = wait.processes.isEmpty ? "" : " (process \(processes))"
        return "waiting for a process that has \(name) open\(owner)"
    }
}
