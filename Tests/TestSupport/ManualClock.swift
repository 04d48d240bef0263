import Synchronization

/// A clock that moves only when somebody sleeps on it: every sleep ends at once, at its end.
///
/// Waits are real in order and length, but take no time; ``slept`` tells them.
package final class ManualClock: Clock {
    /// A point in the clock's time.
    package struct Instant: InstantProtocol {
        var offset: Duration

        package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        package func duration(to other: Instant) -> Duration { other.offset - offset }
        package static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private let state = Mutex((now: Duration.zero, slept: [Duration]()))
    private let longestSleep: Duration

    /// Makes a clock. Sleeps longer than `longestSleep` never end, which keeps watchdogs quiet.
    package init(longestSleep: Duration = .seconds(1_000_000)) {
        self.longestSleep = longestSleep
    }

    /// The time now.
    package var now: Instant { Instant(offset: state.withLock { $0.now }) }

    /// Always zero.
    package var minimumResolution: Duration { .zero }

    /// How long each sleep was, in order.
    package var slept: [Duration] { state.withLock { $0.slept } }

    /// Moves the time on.
    package func advance(by duration: Duration) {
        state.withLock { $0.now += duration }
    }

    /// Ends at once and moves the time to `deadline`.
    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        let duration = now.duration(to: deadline)
        guard duration <= longestSleep else {
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
