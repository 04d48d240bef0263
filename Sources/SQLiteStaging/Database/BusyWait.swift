import Foundation
import Synchronization

/// Decides how long to wait for a lock that another process holds.
///
/// SQLite calls it on the thread of the connection, which may sleep.
final class BusyWait: Sendable {
    private let usualLimit: Duration
    private let limit: Mutex<Duration>
    private let isOver = Atomic(false)

    init(limit: Duration) {
        usualLimit = limit
        self.limit = Mutex(limit)
    }

    /// Makes waiting possible again after ``giveUp()``, up to a limit if that is less than the usual one.
    func reset(limit: Duration? = nil) {
        isOver.store(false, ordering: .relaxed)
        self.limit.withLock { $0 = min(limit ?? usualLimit, usualLimit) }
    }

    /// Ends the wait that is on, within its next step of at most 100 ms, and refuses others.
    func giveUp() {
        isOver.store(true, ordering: .relaxed)
    }

    /// Sleeps before the next try; `false` if there should be none.
    ///
    /// The time waited follows from the number of tries, so that no clock is needed.
    func sleep(beforeTry number: Int) -> Bool {
        let rest = limit.withLock { $0 } - Self.waited(beforeTry: number)
        guard rest > .zero, !isOver.load(ordering: .relaxed) else { return false }
        let step = min(rest, Self.waited(beforeTry: number + 1) - Self.waited(beforeTry: number))
        Thread.sleep(forTimeInterval: step / .seconds(1))
        return true
    }

    /// Steps of 1, 2, 4 … 64 ms, then of 100 ms.
    private static func waited(beforeTry number: Int) -> Duration {
        .milliseconds(number < 8 ? (1 << number) - 1 : 127 + (number - 7) * 100)
    }
}
