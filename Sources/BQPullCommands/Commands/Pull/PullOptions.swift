import ArgumentParser
import BigQuery
import BigQueryPull
import Foundation
import RowFormats
import SQLiteStaging
import Synchronization
import TextSupport

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

    @OptionGroup var lock: LockOptions

    @Flag(
        help: "Write rows even if the disk seems too small for them. Without it, a script stops before it is full.")
    var ignoreDiskSpace = false

    @Flag(help: "Show no progress and no report.")
    var quiet = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard pageRows ?? 1 > 0 else { throw ValidationError("--page-rows must be at least 1") }
        guard (1...PullLimits.maxParallelPages).contains(parallel ?? 1) else {
            throw ValidationError("--parallel must be 1 to \(PullLimits.maxParallelPages)")
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
    func configure(_ pull: inout some Pull, restarts: Bool, for running: Running) {
        pull.limits.pageRows = pageRows
        pull.limits.parallelPages = parallel
        pull.limits.memory = memory.bytes
        pull.staging = lock.staging
        pull.staging.checksEverything = check
        pull.staging.ignoresDiskSpace = ignoreDiskSpace
        pull.onDiskSpaceShortage = { shortage in
            guard let display = running.display, Confirmation.isPossible else { throw Self.refusal(shortage) }
            guard try await Confirmation.ask("write them all the same?", about: shortage.description, display) else {
                throw Self.refusal(shortage)
            }
        }
        pull.restarts = restarts
        pull.onProgress = running.onProgress
    }

    private static func refusal(_ shortage: DiskSpaceShortage) -> HintedError {
        shortage.error.hinted(
            """
            free some space, choose a file on another disk, have BigQuery write files with bqpull export, or add \
            --ignore-disk-space
            """)
    }

    /// Stages rows, shows how far that is, reports it at the end, and acknowledges that the report was written.
    ///
    /// - Parameter file: the staging database, in which a run that is interrupted can be continued.
    func stage(
        into file: String, _ publish: @escaping @Sendable (Running) async throws -> PublishedPull
    ) async throws {
        let staged = StagedRows()
        let options = connection
        var (published, warnings) = try await running(
            ProgressDisplay(), note: { staged.note(file: file, options) }, onProgress: staged.update, publish)
        published.report.warnings.insert(contentsOf: warnings, at: 0)
        show(published.report)
        if connection.json {
            try StandardOutput.writeJSON(
                published.report,
                hint: "the table is staged; bqpull resume \(shellWord(file)) repeats the report"
            )
        }
        do {
            try await published.acknowledge()
        } catch {
            Diagnostics.warning("the run could not be acknowledged, and the same command may only report it: \(error)")
        }
    }

    /// Writes rows to standard output, until all are written or nobody reads them any more.
    func write(
        as format: RowFormat?, null: String?,
        _ run: @escaping @Sendable (Running, EncodedRowSink) async throws -> PullReport
    ) async throws {
        guard !connection.json else {
            throw ValidationError("--json is for the report of --into; --format jsonl writes rows as JSON")
        }
        let width = TerminalSize.columns
        let format = format ?? (width == nil || null != nil ? .csv : .table)
        let display = ProgressDisplay()
        let output = StandardOutputWriter {
            // Both would write to the same lines of a terminal.
            if width != nil { display.stop() }
        }
        let rows = EncodedRowSink(try format.encoder(width: width, null: null ?? "")) { try await output.write($0) }
        var (report, warnings) = try await running(display, note: { nil }, onProgress: { _ in }) { running in
            try await withThrowingTaskGroup(of: PullReport?.self) { group in
                group.addTask { try await run(running, rows) }
                group.addTask {
                    try await BufferedOutput.readerGone()
                    return nil
                }
                defer { group.cancelAll() }
                while let report = try await group.next() {
                    if let report { return report }
                }
                throw CancellationError()
            }
        }
        report.warnings.insert(contentsOf: warnings, at: 0)
        show(report)
        if !quiet, let omission = (await rows.encoder as? TableEncoder)?.omission { Diagnostics.info(omission) }
    }

    /// Connects, carries out `body` until it ends or is interrupted, and shows how far it is.
    ///
    /// - Returns: what `body` returns, and warnings about the connection.
    private func running<Result: Sendable>(
        _ display: ProgressDisplay, note: @escaping @Sendable () -> Interruption.Note?,
        onProgress: @escaping @Sendable (PullProgress) -> Void,
        _ body: @escaping @Sendable (Running) async throws -> Result
    ) async throws -> (Result, [PullWarning]) {
        try AddressSpaceLimit.require(memory: memory.bytes)
        let (quiet, options) = (quiet, connection)
        return try await Interruption.catching(note: note) {
            try await Connection.with(options) { connection in
                let result: Result
                if quiet {
                    result = try await body(Running(connection: connection, display: nil, onProgress: onProgress))
                } else {
                    let running = Running(connection: connection, display: display) { progress in
                        onProgress(progress)
                        display.update(progress)
                    }
                    result = try await display.showing { try await body(running) }
                }
                return (result, connection.warnings)
            }
        }
    }

    private func show(_ report: PullReport) {
        if !quiet { Diagnostics.info(ReportText.text(report), report) }
        report.warnings.forEach { Diagnostics.warning($0.message) }
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
            ["bqpull resume", shellWord(file)] + (progress.runID.map { ["--run", $0] } ?? []) + connection.given
        return .init(
            message: "\(Readable.count(progress.rows))\(total) rows are staged and kept, the table is as it was before",
            hint: "\(again), or \(command.joined(separator: " ")), to go on with the next row")
    }
}
