import BigQuery
import BigQueryRows
import GoogleHTTP
import SQLiteStaging
import Synchronization

/// The report of a pull and its progress, as they grow.
///
/// It belongs to the task that runs the pull.
final class PullMeter {
    /// The client of the pull, whose repetitions are counted.
    let client: BigQueryClient
    /// The report so far, without durations.
    var report: PullReport
    private let elapsed: @Sendable () -> Duration
    private let onProgress: @Sendable (PullProgress) -> Void
    private let repetitions: RepetitionCount
    private var progress = PullProgress(phase: .planning, elapsed: .zero)
    private var transferStart: Duration?
    /// The bytes that were read before this process.
    private var earlierData: Int64 = 0

    /// - Parameter project: the one that the report names.
    init(_ pull: some Pull, project: String, client: BigQueryClient, clock: any Clock<Duration>) {
        let repetitions = RepetitionCount()
        self.repetitions = repetitions
        self.client = client.notifying { _ in repetitions.add() }
        elapsed = stopwatch(clock)
        onProgress = pull.onProgress
        report = PullReport(project: project)
    }

    /// Begins with the figures of a run that is continued.
    func resume(_ run: RecordedRun) {
        report.runId = run.intent.runID
        report.jobId = run.intent.jobID
        report.location = run.intent.location
        report.rowsContinued = run.rows
        report.bytesProcessed = run.statistics.bytesProcessed ?? run.intent.estimatedBytes
        report.bytesBilled = run.statistics.bytesBilled
        report.cacheHit = run.statistics.cacheHit
        count(rows: run.rows, run.statistics)
    }

    /// Begins to count rows anew, because those so far are dropped.
    func startOver() {
        report.rowsContinued = nil
        count(rows: 0, StagingStatistics())
    }

    private func count(rows: Int64, _ statistics: StagingStatistics) {
        report.rowsRead = rows
        report.rowsCopied = rows
        report.pages = statistics.pages
        report.dataRead = statistics.wireBytes
        report.dataInflated = statistics.inflatedBytes
        progress.rowsContinued = rows
        earlierData = statistics.wireBytes
    }

    /// Adds a repetition that is not one of a request.
    func addRepetition() { repetitions.add() }

    /// Notes that rows are about to be delivered.
    func beginTransfer(totalRows: Int64?) {
        if transferStart == nil { transferStart = elapsed() }
        progress.totalRows = totalRows
        notify(.transferring)
    }

    /// Adds a page that is about to be delivered.
    func note(_ page: ResultPage, of schema: TableSchema) {
        report.pages += 1
        report.rowsRead += Int64(page.rows.rowCount)
        report.dataRead += Int64(page.wireByteCount)
        report.dataInflated += Int64(page.inflatedByteCount)
        for column in page.nullsInRequired {
            warn("the column \(schema.fields[column].name) is REQUIRED, but has NULLs")
        }
    }

    /// Adds rows that have been delivered.
    func delivered(rowCount: Int) {
        report.rowsCopied += Int64(rowCount)
        notify(.transferring)
    }

    /// Adds a warning, once.
    func warn(_ warning: String) {
        if !report.warnings.contains(warning) { report.warnings.append(warning) }
    }

    /// Tells how far the pull is.
    func notify(_ phase: PullProgress.Phase) {
        progress.phase = phase
        progress.rows = report.rowsCopied
        progress.runId = report.runId
        progress.elapsed = elapsed()
        progress.transferElapsed = transferStart.map { progress.elapsed - $0 } ?? .zero
        onProgress(progress)
    }

    /// Tells from any task that the query still runs.
    var notifyRunning: @Sendable () -> Void {
        { [onProgress, elapsed] in onProgress(PullProgress(phase: .running, elapsed: elapsed())) }
    }

    /// The report with all durations.
    func finishedReport() -> PullReport {
        let end = elapsed()
        let start = transferStart ?? end
        var report = report
        report.retries = repetitions.value
        report.copyDuration = end / .seconds(1)
        report.queryDuration = start / .seconds(1)
        report.throughput = Double(report.dataRead - earlierData) / 1000 / max(0.001, (end - start) / .seconds(1))
        return report
    }
}

/// Counts repetitions, which happen in several tasks.
private final class RepetitionCount: Sendable {
    private let count = Atomic<Int64>(0)

    var value: Int64 { count.load(ordering: .relaxed) }

    func add() {
        count.add(1, ordering: .relaxed)
    }
}
