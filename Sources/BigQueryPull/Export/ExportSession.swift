import BigQuery
import GoogleHTTP
import TextSupport

/// One run of an export: its job, and the report that grows with it.
///
/// It belongs to the task that runs the export.
final class ExportSession {
    /// The client of the export, whose repetitions are counted.
    let client: BigQueryClient
    /// The report so far, without what is known at the end only.
    var report: ExportReport
    private let runner: JobRunner
    private let elapsed: @Sendable () -> Duration
    private let onProgress: @Sendable (ExportProgress) -> Void
    private let repetitions: RetryCount
    /// Those of tokens before this export.
    private let earlierTokenRepetitions: Int64

    init(
        to destination: ExportDestination, client: BigQueryClient, clock: any Clock<Duration>,
        onProgress: @escaping @Sendable (ExportProgress) -> Void,
        onInterruptedJob: @escaping @Sendable (InterruptedJob) -> Void
    ) {
        let repetitions = RetryCount()
        let client = client.forRun { repetitions.add($0.cause) }
        self.repetitions = repetitions
        self.client = client
        earlierTokenRepetitions = client.tokenRetryCount
        runner = JobRunner(client: client, clock: clock, onInterruptedJob: onInterruptedJob)
        elapsed = stopwatch(clock)
        self.onProgress = onProgress
        report = ExportReport(destination, project: client.configuration.project)
    }

    /// Tells what the export does now.
    func notify(_ phase: ExportProgress.Phase) {
        onProgress(ExportProgress(phase: phase, elapsed: elapsed()))
    }

    /// Runs the job to its end; if the task is cancelled meanwhile, so is the job.
    ///
    /// - Parameters:
    ///   - location: where it runs.
    ///   - repetitions: how often another job is tried if the service fails to run it.
    ///   - insert: inserts the job of this name.
    func run(
        in location: String?, repetitions: Int, insert: (JobReference) async throws -> Job
    ) async throws -> ExportReport {
        try await BigQueryError.explainingExport {
            try await runner.repeatingFailedJobs(
                atMost: repetitions, onRetry: noteRetry
            ) { reference in
                var reference = reference
                reference.location = location
                notify(.waiting)
                let inserted = try await runner.stoppingJob(reference) { try await insert(reference) }
                report.jobID = reference.jobID
                report.location = inserted.reference.location
                let job = try await runner.stoppingJob(inserted.reference, always: true) {
                    try await client.waitForJob(inserted.reference) {
                        notify($0.state == .running ? .running : .waiting)
                    }
                }
                note(job)
                if let failure = job.failure { throw failure }
            }
        }
        report.retries = self.repetitions.value + client.tokenRetryCount - earlierTokenRepetitions
        report.copyDuration = elapsed() / .seconds(1)
        return report
    }

    private func noteRetry() {
        repetitions.add(nil)
        guard report.warnings.allSatisfy({ $0.code != .repeatedExport }) else { return }
        report.warnings.append(
            PullWarning(
                code: .repeatedExport,
                message:
                    "BigQuery failed to run the job, and another one was run; files of the first one that the other has not replaced may be left"
            ))
    }

    private func note(_ job: Job) {
        report.filesWritten = job.exported?.files
        report.rowsCopied = job.exported?.rows
        report.dataExported = job.exported?.bytes
        if report.sourceTable == nil {
            report.bytesProcessed = job.bytesProcessed ?? report.bytesProcessed
            report.bytesBilled = job.bytesBilled
        }
    }
}
