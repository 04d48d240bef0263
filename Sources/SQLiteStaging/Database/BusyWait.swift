import Foundation
import Synchronization

/// Decides how long to wait for a lock that another process holds.
///
/// SQLite calls it on the thread of the connection, which may sleep.
final class BusyWait: Sendable {
    private let usualLimit: Duration
    private let limit: Mutex<Duration>
    private let isOver = Atomic(false)
    private let onLongWait: @Sendable () -> Void

    /// The wait after which it is reported.
    private static let longWait = Duration.seconds(1)

    /// - Parameters:
    ///   - limit: how long every lock is waited for, unless ``reset(limit:)`` shortens it.
    ///   - onLongWait: called once in every wait that takes longer than a second.
    init(limit: Duration, onLongWait: @escaping @Sendable () -> Void) {
        usualLimit = limit
        self.limit = Mutex(limit)
        self.onLongWait = onLongWait
    }

    /// Makes waiting possible again after ``giveUp()``, up to a limit if that is less than the usual one.
    func reset(limit: Duration? = nil) {
        isOver.store(false, ordering: .relaxed)
        self.limit.withLock { $0 = min(limit ?? usualLimit, usualLimit) }
    }

    /// Ends the current wait within its next step of at most 100 ms, and refuses others.
    func giveUp() {
        isOver.store(true, ordering: .relaxed)
    }

    /// Sleeps before the next try; `false` if there should be none.
    ///
    /// The time waited follows from the number of tries, so that no clock is needed.
    func sleep(beforeTry number: Int) -> Bool {
        let (waited, next) = (Self.waited(beforeTry: number), Self.waited(beforeTry: number + 1))
        let limit = limit.withLock { $0 }
        let rest = limit - waited
        guard rest > .zero, !isOver.load(ordering: .relaxed) else { return false }
        if limit > Self.longWait, waited < Self.longWait, next >= Self.longWait { onLongWait() }
        Thread.sleep(forTimeInterval: min(rest, next - waited) / .seconds(1))
        return true
    }

    /// Steps of 1, 2, 4 … 64 ms, then of 100 ms.
    private static func waited(beforeTry number: Int) -> Duration {
        .milliseconds(number < 8 ? (1 << number) - 1 : 127 + (number - 7) * 100)
    }
}
