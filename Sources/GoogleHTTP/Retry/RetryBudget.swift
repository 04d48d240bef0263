import Synchronization
import TextSupport

/// The time that the requests of one run may wait for repetitions, all together; where several wait at the same time, it
/// is counted once.
///
/// A request has a budget of its own, which ends an outage. This one ends a run that would go on failing every now and
/// then without an end.
package final class RetryBudget: Sendable {
    private struct State {
        var waiting = 0
        /// When the first of those that wait began.
        var start = Duration.zero
        var used = Duration.zero
    }

    private let total: Duration
    private let elapsed: @Sendable () -> Duration
    private let state = Mutex(State())

    /// - Parameter total: the time that may be used. Defaults to 3,600 s.
    package init(_ total: Duration = .seconds(3600), clock: any Clock<Duration>) {
        self.total = total
        elapsed = stopwatch(clock)
    }

    /// Whether there is time for a wait that begins now.
    func allows(_ delay: Duration) -> Bool {
        let now = elapsed()
        return state.withLock { $0.used + ($0.waiting > 0 ? now - $0.start : .zero) + delay <= total }
    }

    func beginWait() {
        let now = elapsed()
        state.withLock { state in
            if state.waiting == 0 { state.start = now }
            state.waiting += 1
        }
    }

    func endWait() {
        let now = elapsed()
        state.withLock { state in
            state.waiting -= 1
            if state.waiting == 0 { state.used += now - state.start }
        }
    }
}
