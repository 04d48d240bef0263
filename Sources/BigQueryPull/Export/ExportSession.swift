import BigQuery
import TextSupport

/// One run of an export: runs its job, and collects the report.
///
/// It belongs to the task that runs the export.
final class ExportSession {
    let client: BigQueryClient
    /// The report so far.
    var report: ExportReport
    private let runner: JobRunner
    private let elapsed: @Sendable () -> Duration
    private let onProgress: @Sendable (ExportProgress) -> Void
    private let retries: RetryCount

    init(
        to destination: ExportDestination, client: BigQueryClient, clock: any Clock<Duration>,
        onProgress: @escaping @Sendable (ExportProgress) -> Void,
        onInterruptedJob: @escaping @Sendable (InterruptedJob) -> Void
    ) {
        let (client, retries) = RetryCount.counting(client)
        self.retries = retries
        self.client = client
        runner = JobRunner(client: client, clock: clock, onInterruptedJob: onInterruptedJob)
        elapsed = stopwatch(clock)
        self.onProgress = onProgress
        report = ExportReport(destination, project: client.configuration.project)
    }

    /// Reports the progress in a phase.
    func notify(_ phase: ExportProgress.Phase) {
        onProgress(ExportProgress(phase: phase, elapsed: elapsed()))
    }

    /// Inserts the job and waits until it is done. If the task is cancelled meanwhile, so is the job.
    func run(
        in location: String?, maxRetries: Int, insert: (JobReference) async throws -> Job
    ) async throws -> ExportReport {
        try await BigQueryError.ofExportJob {
            try await runner.retryingFailedJobs(maxRetries: maxRetries, onRetry: noteRetry) { reference in
                var reference = reference
                reference.location = location
                notify(.waiting)
                let inserted = try await runner.cancellingJob(reference) { try await insert(reference) }
                report.jobID = reference.jobID
                report.location = inserted.reference.location
                let job = try await runner.cancellingJob(inserted.reference, onAnyError: true) {
                    try await client.waitForJob(inserted.reference) {
                        notify($0.state == .running ? .running : .waiting)
                    }
                }
                note(job)
                if let failure = job.failure { throw failure }
            }
        }
        report.retries = retries.value
        report.copyDuration = elapsed()
        return report
    }

    private func noteRetry() {
        retries.add()
        guard report.warnings.allSatisfy({ $0.code != .repeatedExport }) else { return }
        report.warnings.append(
            PullWarning(
                code: .repeatedExport,
                message:
                    "BigQuery failed to run the job, and it was retried; files of the failed job that were not replaced may remain"
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

extension BigQueryError {
    /// Marks the errors that `body` throws as those of an export job.
    static func ofExportJob<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch var error as BigQueryError {
            error.detail = error.detail ?? .exportJob
            throw error
        }
    }
}
