import BigQuery
import TextSupport

/// Names jobs, cancels those whose task is cancelled, and retries those that the service failed to run.
struct JobRunner {
    let client: BigQueryClient
    let clock: any Clock<Duration>
    /// Called after an attempt to cancel a job whose task was cancelled.
    let onInterruptedJob: @Sendable (InterruptedJob) -> Void

    /// Calls `body` with a new job ID, and retries with another one if the service failed to run the job.
    func retryingFailedJobs<Value>(
        maxRetries: Int, onRetry: () -> Void, _ body: (JobReference) async throws -> Value
    ) async throws -> Value {
        var retries = 0
        while true {
            do {
                return try await body(
                    JobReference(projectID: client.configuration.project, jobID: JobReference.newID()))
            } catch let error as BigQueryError where error.code == .jobFailedTemporarily && retries < maxRetries {
                retries += 1
                onRetry()
            }
        }
    }

    /// Calls `body`, and cancels the job if the task is cancelled meanwhile or, with `onAnyError`, if `body` throws:
    /// for a job that no later run continues.
    func cancellingJob<Value>(
        _ job: JobReference?, onAnyError: Bool = false, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch {
            if let job, onAnyError || Task.isCancelled { await cancel(job) }
            throw error
        }
    }

    /// The time limit for cancelling a job, since the user is waiting for the interrupted task to end.
    private static let cancelTimeout: Duration = .seconds(2)

    /// The retries for a job that BigQuery does not know, and the pause between them: the interrupted insertion may
    /// still be under way.
    private static let (cancelRetries, cancelPause) = (5, Duration.milliseconds(200))

    /// Cancels a job and reports whether BigQuery accepted that. A job that was never inserted is not reported.
    private func cancel(_ job: JobReference) async {
        let (client, clock) = (client, clock)
        let outcome = await withTimeout(Self.cancelTimeout, clock: clock) { () async -> Result<Void, any Error> in
            var retries = 0
            while true {
                do {
                    return .success(try await client.cancelJob(job, budget: .zero))
                } catch let error as BigQueryError where error.code == .notFound && retries < Self.cancelRetries {
                    retries += 1
                    // If the timeout cancels the pause, the next request throws.
                    try? await clock.sleep(for: Self.cancelPause)
                } catch {
                    return .failure(error)
                }
            }
        }
        switch outcome {
        case .success: onInterruptedJob(InterruptedJob(reference: job, isCancelled: true))
        case .failure(let error as BigQueryError) where error.code == .notFound: break
        case .failure, nil: onInterruptedJob(InterruptedJob(reference: job, isCancelled: false))
        }
    }
}
