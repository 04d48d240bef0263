import BigQuery
import BigQueryRows
import SQLiteStaging
import TextSupport

/// Collects the report of a pull and reports its progress.
///
/// It belongs to the task that runs the pull.
final class PullReporter {
    /// The report so far, without durations.
    var report: PullReport
    /// Whether the caller accepted a disk that seems too small.
    var acceptsDiskSpaceShortage = false
    private let elapsed: @Sendable () -> Duration
    private let onProgress: @Sendable (PullProgress) -> Void
    private let onWarning: @Sendable (PullWarning) -> Void
    private let retries: RetryCount
    private var progress = PullProgress(phase: .planning, elapsed: .zero)
    private var transferStart: Duration?
    /// When pages arrived that have not been delivered, by their first row.
    private var arrivals: [Int64: Duration] = [:]
    /// Since when the writer has been idle; `nil` while it writes.
    private var idleSince: Duration?
    /// The bytes that earlier processes read, compressed and inflated.
    private var earlierData: (read: Int64, inflated: Int64) = (0, 0)

    init(_ pull: some Pull, project: String, retries: RetryCount) {
        elapsed = stopwatch(pull.clock)
        onProgress = pull.onProgress
        onWarning = pull.onWarning
        self.retries = retries
        report = PullReport(project: project)
    }

    /// Starts with the figures of a run that is continued.
    func resume(_ run: RecordedRun) {
        report.rowsContinued = run.rows
        report.identify(run)
        count(rows: run.rows, run.statistics)
    }

    /// Counts rows from zero, because those so far are dropped.
    func startOver() {
        report.rowsContinued = nil
        count(rows: 0, StagingStatistics())
    }

    private func count(rows: Int64, _ statistics: StagingStatistics) {
        report.count(rows: rows, statistics)
        progress.rowsContinued = rows
        earlierData = (statistics.wireBytes, statistics.inflatedBytes)
    }

    /// Counts the retry of a job or of a whole table.
    func addRetry() { retries.add() }

    /// Whether the service throttled a request, or failed, since the last call.
    func wasThrottled() -> Bool { retries.wasThrottled() }

    /// Records that rows are about to be delivered.
    func beginTransfer(totalRows: Int64?) {
        let now = elapsed()
        if transferStart == nil { transferStart = now }
        idleSince = now
        progress.totalRows = totalRows
        notify(.transferring)
    }

    /// Records that a page has arrived.
    func arrived(_ page: ResultPage) {
        arrivals[page.rows.firstRow] = elapsed()
        report.detailedDurations.add(page.timing)
    }

    /// Counts a page that is about to be delivered.
    func note(_ page: ResultPage, of schema: TableSchema) {
        let now = elapsed()
        if let arrival = arrivals.removeValue(forKey: page.rows.firstRow) {
            report.detailedDurations.waitForWriter += now - arrival
        }
        if let start = idleSince { report.detailedDurations.waitForPages += now - start }
        idleSince = nil
        report.pages += 1
        report.rowsRead += Int64(page.rows.rowCount)
        report.dataRead += Int64(page.wireByteCount)
        report.dataInflated += Int64(page.inflatedByteCount)
        for column in page.nullsInRequired {
            warn(.nullInRequired, "the column \(schema.fields[column].name) is REQUIRED, but contains NULL")
        }
    }

    /// Counts rows that have been delivered.
    func delivered(rowCount: Int, pagesInFlight: Int) {
        report.rowsCopied += Int64(rowCount)
        progress.pagesInFlight = pagesInFlight
        idleSince = elapsed()
        notify(.transferring)
    }

    /// Counts rows that were staged, but not yet reported, when the pull stopped.
    func staged(rowCount: Int64) {
        guard rowCount > report.rowsCopied else { return }
        report.rowsCopied = rowCount
        notify(progress.phase)
    }

    /// Adds a warning unless the report already has it.
    func warn(_ code: PullWarning.Code, _ message: String, detail: PullWarning.Detail? = nil) {
        let warning = PullWarning(code: code, message: message, detail: detail)
        guard !report.warnings.contains(warning) else { return }
        report.warnings.append(warning)
        onWarning(warning)
    }

    /// Reports the progress in a phase.
    func notify(_ phase: PullProgress.Phase) {
        progress.phase = phase
        progress.rows = report.rowsCopied
        progress.runID = report.runID
        progress.dataRead = report.dataRead - earlierData.read
        progress.dataInflated = report.dataInflated - earlierData.inflated
        progress.retries = retries.value
        progress.elapsed = elapsed()
        progress.transferElapsed = transferStart.map { progress.elapsed - $0 } ?? .zero
        onProgress(progress)
    }

    /// Reports, from any task, that the query is still running.
    var notifyRunning: @Sendable () -> Void {
        { [onProgress, elapsed] in onProgress(PullProgress(phase: .running, elapsed: elapsed())) }
    }

    /// The report with all durations, and the figures of the run that staged the rows.
    func finishedReport(of run: StagingRun) -> PullReport {
        var report = finishedReport()
        report.dataWritten = run.dataWritten
        report.detailedDurations.insert = run.insertDuration
        report.detailedDurations.commit = run.commitDuration
        return report
    }

    /// The report with all durations.
    func finishedReport() -> PullReport {
        let end = elapsed()
        let start = transferStart ?? end
        var report = report
        report.retries = retries.value
        report.copyDuration = end
        report.queryDuration = start
        report.throughput = Double(report.dataRead - earlierData.read) / 1000 / max(0.001, (end - start) / .seconds(1))
        return report
    }
}
