import Synchronization
import TextSupport

/// The total time that the requests of one run spend waiting for retries. Simultaneous waits count once.
///
/// A request has its own budget, which ends an outage. This one ends a run that keeps failing every now and then.
package final class RetryBudget: Sendable {
    private struct State {
        var waiting = 0
        /// When the first of the present waits began.
        var start = Duration.zero
        var used = Duration.zero
    }

    private let total: Duration
    private let elapsed: @Sendable () -> Duration
    private let state = Mutex(State())

    /// Creates a budget. The total defaults to 3,600 s.
    package init(_ total: Duration = .seconds(3600), clock: any Clock<Duration>) {
        self.total = total
        elapsed = stopwatch(clock)
    }

    /// Whether a wait that begins now fits.
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
