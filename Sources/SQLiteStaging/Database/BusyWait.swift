import Dispatch
import Synchronization

/// Waits for a lock that another process holds: the busy handler of a connection, called on its thread.
final class BusyWait: Sendable {
    private let defaultLimit: Duration
    private let limit: Mutex<Duration>
    private let isOver = Atomic(false)
    /// Signalled by ``giveUp()``.
    private let end = DispatchSemaphore(value: 0)
    private let onLongWait: @Sendable () -> Void

    /// The duration after which a wait is reported.
    private static let longWait = Duration.seconds(1)

    /// - Parameters:
    ///   - limit: the longest wait for one lock, unless ``reset(limit:)`` shortens it.
    ///   - onLongWait: called once in every wait of more than a second.
    init(limit: Duration, onLongWait: @escaping @Sendable () -> Void) {
        defaultLimit = limit
        self.limit = Mutex(limit)
        self.onLongWait = onLongWait
    }

    /// Allows waits again after ``giveUp()``, up to a limit if that is below the default.
    func reset(limit: Duration? = nil) {
        isOver.store(false, ordering: .relaxed)
        while end.wait(timeout: .now()) == .success {}
        self.limit.withLock { $0 = min(limit ?? defaultLimit, defaultLimit) }
    }

    /// Ends the current wait, and prevents others.
    func giveUp() {
        isOver.store(true, ordering: .relaxed)
        end.signal()
    }

    /// Waits before the next attempt; returns `false` at the limit or after ``giveUp()``.
    ///
    /// SQLite retries, because no event reports that another process has released its lock. The elapsed time follows from
    /// the number of the attempt, so no clock is needed.
    func wait(beforeAttempt number: Int) -> Bool {
        let (waited, next) = (Self.waited(beforeAttempt: number), Self.waited(beforeAttempt: number + 1))
        let limit = limit.withLock { $0 }
        let rest = limit - waited
        guard rest > .zero, !isOver.load(ordering: .relaxed) else { return false }
        if limit > Self.longWait, waited < Self.longWait, next >= Self.longWait { onLongWait() }
        _ = end.wait(timeout: .now() + min(rest, next - waited) / .seconds(1))
        return !isOver.load(ordering: .relaxed)
    }

    /// Steps of 1, 2, 4 … 64 ms, then of 100 ms.
    private static func waited(beforeAttempt number: Int) -> Duration {
        .milliseconds(number < 8 ? (1 << number) - 1 : 127 + (number - 7) * 100)
    }
}
