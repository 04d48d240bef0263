import BigQuery
import BigQueryRows
import GoogleHTTP
import SQLiteStaging
import TextSupport

/// The report of a pull and its progress, as they grow.
///
/// It belongs to the task that runs the pull.
final class PullReporter {
    /// The client of the pull, whose repetitions are counted.
    let client: BigQueryClient
    /// The report so far, without durations.
    var report: PullReport
    /// Whether the caller goes on although the disk seems too small.
    var acceptsDiskSpaceShortage = false
    private let elapsed: @Sendable () -> Duration
    private let onProgress: @Sendable (PullProgress) -> Void
    private let onWarning: @Sendable (PullWarning) -> Void
    private let repetitions: RetryCount
    /// Those of tokens before this pull.
    private let earlierTokenRepetitions: Int64
    private var progress = PullProgress(phase: .planning, elapsed: .zero)
    private var transferStart: Duration?
    /// When pages arrived that have not been delivered, by their first row.
    private var arrivals: [Int64: Duration] = [:]
    /// Since when nothing is being delivered.
    private var idleSince: Duration?
    /// The bytes that were read before this process, compressed and inflated.
    private var earlierData: (read: Int64, inflated: Int64) = (0, 0)

    /// - Parameter project: the one that the report names.
    init(_ pull: some Pull, project: String, client: BigQueryClient, clock: any Clock<Duration>) {
        let repetitions = RetryCount()
        self.repetitions = repetitions
        earlierTokenRepetitions = client.tokenRetryCount
        self.client = client.forRun { repetitions.add($0.cause) }
        elapsed = stopwatch(clock)
        onProgress = pull.onProgress
        onWarning = pull.onWarning
        report = PullReport(project: project)
    }

    /// Begins with the figures of a run that is continued.
    func resume(_ run: RecordedRun) {
        report.rowsContinued = run.rows
        report.identify(run)
        count(rows: run.rows, run.statistics)
    }

    /// Begins to count rows anew, because those so far are dropped.
    func startOver() {
        report.rowsContinued = nil
        count(rows: 0, StagingStatistics())
    }

    private func count(rows: Int64, _ statistics: StagingStatistics) {
        report.count(rows: rows, statistics)
        progress.rowsContinued = rows
        earlierData = (statistics.wireBytes, statistics.inflatedBytes)
    }

    private var retries: Int64 { repetitions.value + client.tokenRetryCount - earlierTokenRepetitions }

    /// Adds a repetition that is not one of a request.
    func addRetry() { repetitions.add(nil) }

    /// Whether the service asked to be spared, or failed, since this was asked last.
    func wasThrottled() -> Bool { repetitions.wasThrottled() }

    /// Notes that rows are about to be delivered.
    func beginTransfer(totalRows: Int64?) {
        let now = elapsed()
        if transferStart == nil { transferStart = now }
        idleSince = now
        progress.totalRows = totalRows
        notify(.transferring)
    }

    /// Notes that a page has arrived.
    func arrived(_ page: ResultPage) {
        arrivals[page.rows.firstRow] = elapsed()
        report.detailedDurations.add(page.timing)
    }

    /// Adds a page that is about to be delivered.
    func note(_ page: ResultPage, of schema: TableSchema) {
        let now = elapsed()
        if let arrival = arrivals.removeValue(forKey: page.rows.firstRow) {
            report.detailedDurations.waitForWriter += (now - arrival) / .seconds(1)
        }
        if let start = idleSince { report.detailedDurations.waitForPages += (now - start) / .seconds(1) }
        idleSince = nil
        report.pages += 1
        report.rowsRead += Int64(page.rows.rowCount)
        report.dataRead += Int64(page.wireByteCount)
        report.dataInflated += Int64(page.inflatedByteCount)
        for column in page.nullsInRequired {
            warn(.nullInRequired, "the column \(schema.fields[column].name) is REQUIRED, but has NULLs")
        }
    }

    /// Adds rows that have been delivered.
    ///
    /// - Parameter pagesInFlight: the pages that are being fetched now.
    func delivered(rowCount: Int, pagesInFlight: Int) {
        report.rowsCopied += Int64(rowCount)
        progress.pagesInFlight = pagesInFlight
        idleSince = elapsed()
        notify(.transferring)
    }

    /// Tells of rows that were staged when the pull was stopped, before that was noticed.
    func staged(rowCount: Int64) {
        guard rowCount > report.rowsCopied else { return }
        report.rowsCopied = rowCount
        notify(progress.phase)
    }

    /// Adds a warning, once.
    func warn(_ code: PullWarning.Code, _ message: String) {
        add(PullWarning(code: code, message: message))
    }

    private func add(_ warning: PullWarning) {
        guard !report.warnings.contains(warning) else { return }
        report.warnings.append(warning)
        onWarning(warning)
    }

    /// Tells how far the pull is.
    func notify(_ phase: PullProgress.Phase) {
        progress.phase = phase
        progress.rows = report.rowsCopied
        progress.runID = report.runID
        progress.dataRead = report.dataRead - earlierData.read
        progress.dataInflated = report.dataInflated - earlierData.inflated
        progress.retries = retries
        progress.elapsed = elapsed()
        progress.transferElapsed = transferStart.map { progress.elapsed - $0 } ?? .zero
        onProgress(progress)
    }

    /// Tells from any task that the query still runs.
    var notifyRunning: @Sendable () -> Void {
        { [onProgress, elapsed] in onProgress(PullProgress(phase: .running, elapsed: elapsed())) }
    }

    /// The report with all durations, and what the run counted and measured that the rows were delivered to.
    func finishedReport(of run: StagingRun) -> PullReport {
        var report = finishedReport()
        report.dataWritten = run.dataWritten
        report.detailedDurations.add(run.durations)
        return report
    }

    /// The report with all durations.
    func finishedReport() -> PullReport {
        let end = elapsed()
        let start = transferStart ?? end
        var report = report
        report.retries = retries
        report.copyDuration = end / .seconds(1)
        report.queryDuration = start / .seconds(1)
        report.throughput = Double(report.dataRead - earlierData.read) / 1000 / max(0.001, (end - start) / .seconds(1))
        return report
    }
}
