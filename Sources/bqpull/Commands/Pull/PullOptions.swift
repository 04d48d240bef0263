import ArgumentParser
import BigQuery
import BigQueryPull
import Foundation
import GoogleHTTP
import Synchronization

/// How a pull goes on and what is shown of it: the options of every command that stages rows.
struct PullOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The rows of a page. Default: as many as make about 8 MB.", valueName: "rows"))
    var pageRows: Int?

    @Option(
        help: ArgumentHelp(
            "Fetch so many pages of a query's result at a time. Default: as many as are fastest.", valueName: "pages"))
    var parallel: Int?

    @Option(help: ArgumentHelp("The memory for all pages that are on their way.", valueName: "size"))
    var memory = ByteCount(PullLimits().memory)

    @Flag(help: "Check the whole database for damage first. Done without it only after bqpull was killed.")
    var check = false

    @Flag(help: "Show no progress and no report.")
    var quiet = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard pageRows ?? 1 > 0 else { throw ValidationError("--page-rows must be at least 1") }
        guard (1...PullLimits.mostParallelPages).contains(parallel ?? 1) else {
            throw ValidationError("--parallel must be 1 to \(PullLimits.mostParallelPages)")
        }
    }

    /// Applies to a pull what was asked for.
    func configure(
        _ pull: inout some Pull, startsAnew: Bool, _ onProgress: @escaping @Sendable (PullProgress) -> Void
    ) {
        pull.limits.pageRows = pageRows
        pull.limits.parallelPages = parallel
        pull.limits.memory = memory.bytes
        pull.checksDatabase = check
        pull.startsAnew = startsAnew
        pull.onProgress = onProgress
    }

    /// Stages rows, shows how far that is, and reports it at the end.
    ///
    /// - Parameters:
    ///   - file: the staging database, in which a run that is interrupted can be continued.
    ///   - stage: gets a way to BigQuery and whom to tell how far it is.
    func report(
        file: String,
        _ stage: @escaping @Sendable (Connection, @escaping @Sendable (PullProgress) -> Void) async throws -> PullReport
    ) async throws {
        let staged = StagedRows()
        let (quiet, options) = (quiet, connection)
        let report = try await Interruption.catching(note: { staged.note(file: file, options) }) {
            try await Connection.with(options) { connection in
                var report: PullReport
                if quiet {
                    report = try await stage(connection, staged.update)
                } else {
                    let display = ProgressDisplay()
                    report = try await display.showing {
                        try await stage(connection) { progress in
                            staged.update(progress)
                            display.update(progress)
                        }
                    }
                }
                report.warnings.insert(contentsOf: connection.warnings, at: 0)
                if quiet { connection.showWarnings() }
                return report
            }
        }
        if !quiet { StandardError.write(ReportText.text(report)) }
        if options.json {
            try StandardOutput.writeJSON(report, hint: "the table is staged; only the report is lost")
        }
    }
}

/// How many rows are staged, for what is said when the pull is interrupted.
private final class StagedRows: Sendable {
    private let latest = Mutex<PullProgress?>(nil)

    func update(_ progress: PullProgress) {
        latest.withLock { $0 = progress }
    }

    func note(file: String, _ connection: ConnectionOptions) -> Interruption.Note {
        let again = "run the same command again"
        guard let progress = latest.withLock({ $0 }), progress.rows > 0 else {
            return .init(message: "the table is as it was before", hint: again)
        }
        let total = progress.totalRows.map { " of \(Readable.count($0))" } ?? ""
        let command =
            ["bqpull resume", shellWord(file)] + (progress.runId.map { ["--run", $0] } ?? []) + connection.given
        return .init(
            message: "\(Readable.count(progress.rows))\(total) rows are staged and kept, the table is as it was before",
            hint: "\(again), or \(command.joined(separator: " ")), to go on with the next row")
    }
}
