import Dispatch
import Synchronization

/// Runs what a task does between two suspensions, one after another, and cancels the task before a certain one of them.
///
/// Every resumption of the task and of its children comes by here, so that a sweep over the numbers cancels at every
/// `await` that suspends.
package final class CountingExecutor: TaskExecutor {
    private struct State {
        var count = 0
        var cancel: (@Sendable () -> Void)?
        var isDue = false
    }

    private let number: Int?
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "CountingExecutor")

    /// - Parameter number: before which part the task is cancelled, counted from 1; `nil` for none.
    package init(cancellingBefore number: Int? = nil) {
        self.number = number
    }

    /// The parts so far.
    package var count: Int { state.withLock { $0.count } }

    /// Runs a task here to its end.
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
