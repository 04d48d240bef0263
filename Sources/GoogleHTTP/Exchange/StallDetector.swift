import Synchronization
import TextSupport

/// Notices that an exchange waits too long for its first byte, falls silent, or trickles.
///
/// One watch accompanies one exchange; it wakes when a limit could have been reached, so a violation is found
/// at the latest after twice its time.
final class StallDetector: Sendable {
    private struct State {
        var head = false
        var lastByte: Duration = .zero
        var windowStart: Duration = .zero
        var windowBytes = 0
        var isHeld = false
    }

    private let clock: any Clock<Duration>
    private let elapsed: @Sendable () -> Duration
    private let limits: HTTPLimits
    private let firstByteTimeout: Duration
    private let state = Mutex(State())

    init(clock: any Clock<Duration>, limits: HTTPLimits, firstByteTimeout: Duration) {
        self.clock = clock
        self.elapsed = stopwatch(clock)
        self.limits = limits
        self.firstByteTimeout = firstByteTimeout
    }

    func receivedHead() {
        let now = elapsed()
        state.withLock {
            $0.head = true
            $0.lastByte = now
            $0.windowStart = now
        }
    }

    func received(byteCount: Int) {
        let now = elapsed()
        state.withLock {
            $0.lastByte = now
            $0.windowBytes += byteCount
        }
    }

    /// Stops judging the sender while its bytes are not taken, and begins anew afterwards.
    func held(_ isHeld: Bool) {
        let now = elapsed()
        state.withLock {
            $0.isHeld = isHeld
            $0.lastByte = now
            $0.windowStart = now
            $0.windowBytes = 0
        }
    }

    /// Sleeps until a limit is exceeded, and then says which.
    func firstViolation() async throws -> String {
        while true {
            switch inspect() {
            case .violation(let what): return what
            case .wait(let duration): try await clock.sleep(for: duration)
            }
        }
    }

    private enum Finding {
        case violation(String)
        case wait(Duration)
    }

    private func inspect() -> Finding {
        let now = elapsed()
        return state.withLock { state in
            guard state.head else {
                let end = state.lastByte + firstByteTimeout
                // No longer than the limits that count once the head is there, which may be at any moment.
                let wait = min(end - now, limits.idleTimeout, limits.rateWindow)
                return now < end ? .wait(wait) : .violation("sent no answer for \(firstByteTimeout)")
            }
            guard !state.isHeld else { return .wait(min(limits.idleTimeout, limits.rateWindow)) }
            let silentEnd = state.lastByte + limits.idleTimeout
            guard now < silentEnd else { return .violation("fell silent for \(limits.idleTimeout)") }
            var windowEnd = state.windowStart + limits.rateWindow
            if now >= windowEnd {
                guard state.windowBytes >= limits.minimumBytesPerWindow else {
                    return .violation("sent only \(state.windowBytes) bytes in \(limits.rateWindow)")
                }
                state.windowBytes = 0
                state.windowStart = now
                windowEnd = now + limits.rateWindow
            }
            return .wait(min(silentEnd, windowEnd) - now)
        }
    }
}
