import ArgumentParser
import BigQuery
import BigQueryPull
import Foundation
import RowFormats
import SQLiteStaging
import Synchronization
import TextSupport

/// How a pull transfers rows and what it shows: the options of every command that pulls rows.
struct PullOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The number of rows per page. Default: pages of about 8 MB.", valueName: "rows"))
    var pageRows: Int?

    @Option(
        help: ArgumentHelp(
            "The number of pages of a query result to fetch at a time. Default: adjusted for throughput.",
            valueName: "pages"))
    var parallel: Int?

    @Option(help: ArgumentHelp("The memory limit for pages in flight.", valueName: "size"))
    var memory = ByteCount(PullLimits().memory)

    @Flag(help: "Check the whole database for corruption first. Default: only after bqpull was killed.")
    var check = false

    @OptionGroup var lock: LockOptions

    @Flag(
        help:
            "Write rows even if the disk seems too small for them. Without it, a script stops before the disk is full.")
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

    /// A running pull: its connection and its progress display.
    struct Running: Sendable {
        let connection: Connection
        /// `nil` with `--quiet`.
        let display: ProgressDisplay?
        fileprivate let onProgress: @Sendable (PullProgress) -> Void
    }

    /// Applies the options to a pull.
    func configure(_ pull: inout some Pull, restarts: Bool, for running: Running) {
        pull.limits.pageRows = pageRows
        pull.limits.parallelPages = parallel
        pull.limits.memory = memory.bytes
        pull.staging = lock.staging
        pull.staging.checksEverything = check
        pull.staging.ignoresDiskSpace = ignoreDiskSpace
        pull.onDiskSpaceShortage = { shortage in
            guard let display = running.display, Confirmation.isPossible else { throw Self.refusal(shortage) }
            guard try await Confirmation.ask("write them anyway?", about: shortage.description, display) else {
                throw Self.refusal(shortage)
            }
        }
        pull.restarts = restarts
        pull.onProgress = running.onProgress
    }

    private static func refusal(_ shortage: DiskSpaceShortage) -> HintedError {
        shortage.error.hinted(
            """
            free some space, choose a file on another disk, export to Cloud Storage with bqpull export, or add \
            --ignore-disk-space
            """)
    }

    /// Stages rows, shows progress and the report, and acknowledges the run once the report is written.
    ///
    /// - Parameters:
    ///   - file: The staging database.
    ///   - publish: The pull.
    /// - Throws: The error of the pull, or ``Interruption``.
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
                hint: "the table is published; bqpull resume \(shellWord(file)) repeats the report"
            )
        }
        do {
            try await published.acknowledge()
        } catch {
            Diagnostics.warning(
                "could not acknowledge the run, so that the same command can report it again instead of pulling: \(error)"
            )
        }
    }

    /// Writes rows to standard output, until all are written or the reader closes the pipe.
    func write(
        as format: RowFormat?, null: String?,
        _ run: @escaping @Sendable (Running, EncodedRowSink) async throws -> PullReport
    ) async throws {
        guard !connection.json else {
            throw ValidationError("--json writes the report of --into; to write rows as JSON, use --format jsonl")
        }
        let width = StandardOutput.columns
        let format = format ?? (width == nil || null != nil ? .csv : .table)
        let display = ProgressDisplay()
        let output = BufferedOutput {
            // Rows and progress would mix on a terminal.
            if width != nil { display.stop() }
        }
        let rows = EncodedRowSink(try format.encoder(width: width, null: null ?? "")) { try await output.write($0) }
        var (report, warnings) = try await running(display) { running in
            try await withThrowingTaskGroup { group in
                group.addTask { try await run(running, rows) }
                group.addTask { try await output.watchForBrokenPipe() }
                defer { group.cancelAll() }
                guard let report = try await group.next() else { throw CancellationError() }
                return report
            }
        }
        report.warnings.insert(contentsOf: warnings, at: 0)
        show(report)
        if !quiet, let omission = (await rows.encoder as? TableEncoder)?.omission { Diagnostics.info(omission) }
    }

    /// Connects, runs `body` until it ends or is interrupted, and shows its progress.
    ///
    /// - Returns: The result of `body`, and the warnings of the connection.
    private func running<Result: Sendable>(
        _ display: ProgressDisplay, note: @escaping @Sendable () -> Interruption.Note? = { nil },
        onProgress: @escaping @Sendable (PullProgress) -> Void = { _ in },
        _ body: @escaping @Sendable (Running) async throws -> Result
    ) async throws -> (Result, [PullWarning]) {
        try SystemLimits.requireAddressSpace(memory: memory.bytes)
        let (shown, options) = (quiet ? nil : display, connection)
        return try await Interruption.catching(note: note()) {
            try await Connection.with(options) { connection in
                let running = Running(connection: connection, display: shown) { progress in
                    onProgress(progress)
                    shown?.update(progress)
                }
                guard let shown else { return (try await body(running), connection.warnings) }
                return (try await shown.showing { try await body(running) }, connection.warnings)
            }
        }
    }

    private func show(_ report: PullReport) {
        if !quiet { Diagnostics.info(ReportText.text(report), report) }
        for warning in report.warnings { WarningText.show(warning, file: report.file) }
    }
}

/// The progress of a pull, for the note of an interruption.
private final class StagedRows: Sendable {
    private let latest = Mutex<PullProgress?>(nil)

    func update(_ progress: PullProgress) {
        latest.withLock { $0 = progress }
    }

    func note(file: String, _ connection: ConnectionOptions) -> Interruption.Note {
        guard let progress = latest.withLock({ $0 }), progress.rows > 0 else {
            return .init(message: "the table is unchanged")
        }
        let total = progress.totalRows.map { " of \(Readable.count($0))" } ?? ""
        let command =
            ["bqpull resume", shellWord(file)] + (progress.runID.map { ["--run", $0] } ?? []) + connection.given
        return .init(
            message: "\(Readable.count(progress.rows))\(total) rows are staged, and the table is unchanged",
            hint: "run the same command again, or \(command.joined(separator: " ")), to continue with the next row")
    }
}
