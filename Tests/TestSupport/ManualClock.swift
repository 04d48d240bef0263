import Synchronization

/// A clock that advances only by sleeps, each of which returns immediately.
///
/// Waits keep their order and length, but take no time; ``slept`` records them.
package final class ManualClock: Clock {
    /// An instant of the clock.
    package struct Instant: InstantProtocol {
        var offset: Duration

        package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        package func duration(to other: Instant) -> Duration { other.offset - offset }
        package static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private let state = Mutex((now: Duration.zero, slept: [Duration]()))
    private let longestSleep: Duration

    /// Creates a clock. Sleeps longer than `longestSleep` never end, so that watchdogs do not fire.
    package init(longestSleep: Duration = .seconds(1_000_000)) {
        self.longestSleep = longestSleep
    }

    /// The current time.
    package var now: Instant { Instant(offset: state.withLock { $0.now }) }

    /// Always zero.
    package var minimumResolution: Duration { .zero }

    /// The duration of each sleep, in order.
    package var slept: [Duration] { state.withLock { $0.slept } }

    /// Advances the time.
    package func advance(by duration: Duration) {
        state.withLock { $0.now += duration }
    }

    /// Returns immediately, and advances the time to `deadline`.
    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        let duration = now.duration(to: deadline)
        guard duration <= longestSleep else {
            // Until the task is cancelled.
            try await Task.sleep(for: .seconds(86_400))
            return
        }
        state.withLock {
            $0.now = max($0.now, deadline.offset)
            $0.slept.append(duration)
        }
        await Task.yield()
    }
}
