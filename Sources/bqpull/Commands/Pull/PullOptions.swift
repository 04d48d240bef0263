import ArgumentParser
import BigQuery
import BigQueryPull
import Foundation
import GoogleHTTP
import SQLiteStaging
import Synchronization

/// How a pull goes on and what is shown of it: the options of every command that pulls rows.
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

    /// A pull that runs: a way to BigQuery, and what is shown meanwhile.
    struct Running: Sendable {
        let connection: Connection
        /// `nil` if nothing may be shown.
        let display: ProgressDisplay?
        fileprivate let onProgress: @Sendable (PullProgress) -> Void
    }

    /// Applies to a pull what was asked for.
    func configure(_ pull: inout some Pull, startsAnew: Bool, for running: Running) {
        pull.limits.pageRows = pageRows
        pull.limits.parallelPages = parallel
        pull.limits.memory = memory.bytes
        pull.checksDatabase = check
        pull.startsAnew = startsAnew
        pull.onProgress = running.onProgress
    }

    /// Stages rows, shows how far that is, and reports it at the end.
    ///
    /// - Parameter file: the staging database, in which a run that is interrupted can be continued.
    func stage(
        into file: String, _ stage: @escaping @Sendable (Running) async throws -> PullReport
    ) async throws {
        let staged = StagedRows()
        let options = connection
        let report = try await report(
            ProgressDisplay(), note: { staged.note(file: file, options) }, onProgress: staged.update, stage)
        if connection.json {
            try StandardOutput.writeJSON(report, hint: "the table is staged; only the report is lost")
        }
    }

    /// Writes rows to standard output, until all are written or nobody reads them any more.
    func write(
        as format: RowFormat?, null: String?,
        _ run: @escaping @Sendable (Running, StandardOutputRows) async throws -> PullReport
    ) async throws {
        guard !connection.json else {
            throw ValidationError("--json is for the report of --into; --format jsonl writes rows as JSON")
        }
        let width = TerminalSize.columns
        let format = format ?? (width == nil || null != nil ? .csv : .table)
        let display = ProgressDisplay()
        let rows = StandardOutputRows(format.encoder(width: width, null: null ?? "")) {
            // Both would write into the same lines of a terminal.
            if width != nil { display.stop() }
        }
        try await report(display, note: { nil }, onProgress: { _ in }) { running in
            try await withThrowingTaskGroup(of: PullReport?.self) { group in
                group.addTask { try await run(running, rows) }
                group.addTask {
                    try await PatientOutput.readerGone()
                    return nil
                }
                defer { group.cancelAll() }
                while let report = try await group.next() {
                    if let report { return report }
                }
                throw CancellationError()
            }
        }
        if !quiet, let omission = rows.omission { Diagnostics.info(omission) }
    }

    @discardableResult
    private func report(
        _ display: ProgressDisplay, note: @escaping @Sendable () -> Interruption.Note?,
        onProgress: @escaping @Sendable (PullProgress) -> Void,
        _ body: @escaping @Sendable (Running) async throws -> PullReport
    ) async throws -> PullReport {
        let (quiet, options) = (quiet, connection)
        let report = try await Interruption.catching(note: note) {
            try await Connection.with(options) { connection in
                var report: PullReport
                if quiet {
                    report = try await body(Running(connection: connection, display: nil, onProgress: onProgress))
                } else {
                    let running = Running(connection: connection, display: display) { progress in
                        onProgress(progress)
                        display.update(progress)
                    }
                    report = try await display.showing { try await body(running) }
                }
                report.warnings.insert(contentsOf: connection.warnings, at: 0)
                return report
            }
        }
        if !quiet { Diagnostics.info(ReportText.text(report), report) }
        report.warnings.forEach { Diagnostics.warning($0.message) }
        return report
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
