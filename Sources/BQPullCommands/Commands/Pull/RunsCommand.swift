import ArgumentParser
import Foundation
import SQLiteStaging

/// `bqpull runs`: lists the runs of a staging database.
struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List the runs of a staging database, or drop the rows of one.",
        discussion: """
            bqpull resume continues interrupted runs from the rows that they have
            staged; finished runs are a log.

            Examples:
              bqpull runs staging.db
              bqpull runs staging.db --json
              bqpull runs staging.db --discard 3f0c5a52-6d0e-4e39-a1f0-6f4f6f8f2b11
            """
    )

    @Argument(help: ArgumentHelp("The staging database.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("Drop the rows of an unpublished run.", valueName: "id"))
    var discard: String?

    @Flag(help: "Write the runs as one JSON array to standard output.")
    var json = false

    @OptionGroup var lock: LockOptions

    func run() async throws {
        if let discard {
            try await RunLog.discard(discard, path: file, lock.staging)
            Diagnostics.info("dropped the rows of run \(discard)")
        }
        guard discard == nil || json else { return }
        let runs = try await RunLog.read(path: file, lock.staging)
        if json {
            try StandardOutput.writeJSON(runs.map(RunSummary.init))
        } else {
            try StandardOutput.write(runs.map(RunText.text).joined(separator: "\n"))
        }
    }
}
