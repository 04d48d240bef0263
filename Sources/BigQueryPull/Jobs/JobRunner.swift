import BigQuery
import TextSupport

/// Gives jobs their names, stops those whose task is cancelled, and runs again what the service failed to run.
struct JobRunner {
    let client: BigQueryClient
    let clock: any Clock<Duration>
    /// Told what became of a job that was running when its task was cancelled.
    let onInterruptedJob: @Sendable (InterruptedJob) -> Void

    /// Carries out `body` with the name of a new job, and again with another if the service failed to run it.
    ///
    /// - Parameters:
    ///   - limit: how often it may be carried out again.
    ///   - onRetry: called before each repetition.
    func repeatingFailedJobs<Value>(
        atMost limit: Int, onRetry: () -> Void, _ body: (JobReference) async throws -> Value
    ) async throws -> Value {
        var repetition = 0
        while true {
            do {
                return try await body(
                    JobReference(projectID: client.configuration.project, jobID: JobReference.newID()))
            } catch let error as BigQueryError where error.code == .jobFailedTemporarily && repetition < limit {
                repetition += 1
                onRetry()
            }
        }
    }

    /// Does something for a job, which is stopped if the task is cancelled meanwhile.
    ///
    /// - Parameter always: whether it is also stopped after any other error, for a job that nobody comes back to.
    func stoppingJob<Value>(
        _ job: JobReference?, always: Bool = false, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch {
            if let job, always || Task.isCancelled { await stop(job) }
            throw error
        }
    }

    /// How long an interrupted task may take to stop its job.
    private static let stoppingTime: Duration = .seconds(2)

    /// How often BigQuery is asked to stop a job that it does not know, and the pause between: the insertion that was
    /// interrupted may still be on its way.
    private static let (stoppingAttempts, stoppingPause) = (5, Duration.milliseconds(200))

    /// Asks BigQuery to stop a job, and tells whether that is done. A job that never came to be is none to speak of.
    private func stop(_ job: JobReference) async {
        let (client, clock) = (client, clock)
        let outcome = await withTimeout(Self.stoppingTime, clock: clock) { () async -> Result<Void, any Error> in
            var attempts = 0
            while true {
                do {
                    return .success(try await client.cancelJob(job, budget: .zero))
                } catch let error as BigQueryError where error.code == .notFound && attempts < Self.stoppingAttempts {
                    attempts += 1
                    try? await clock.sleep(for: Self.stoppingPause)
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
