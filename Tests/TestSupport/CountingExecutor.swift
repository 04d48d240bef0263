import Dispatch
import Synchronization

/// Runs the jobs of a task one after another, and cancels the task before a given one.
///
/// Every resumption of the task and of its children is a job, so that a sweep over the numbers cancels at every `await`
/// that suspends.
package final class CountingExecutor: TaskExecutor {
    private struct State {
        var count = 0
        var cancel: (@Sendable () -> Void)?
        var isDue = false
    }

    private let number: Int?
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "CountingExecutor")

    /// - Parameter number: The job before which the task is cancelled, counted from 1; `nil` to never cancel.
    package init(cancellingBefore number: Int? = nil) {
        self.number = number
    }

    /// The number of jobs so far.
    package var count: Int { state.withLock { $0.count } }

    /// Runs a task on this executor to its end.
    package func run<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async -> Result<Value, any Error> {
        let task = Task(executorPreference: self) { try await body() }
        let isDue = state.withLock { state in
            state.cancel = { task.cancel() }
            return state.isDue
        }
        if isDue { task.cancel() }
        return await task.result
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let cancel = state.withLock { state in
            state.count += 1
            guard state.count == number else { return Optional<@Sendable () -> Void>.none }
            state.isDue = true
            return state.cancel
        }
        cancel?()
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
