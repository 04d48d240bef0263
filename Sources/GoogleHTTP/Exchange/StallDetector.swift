import Synchronization
import TextSupport

/// Detects that an exchange waits too long for its first byte or its next byte, or is too slow.
///
/// One detector serves one exchange. It wakes when a limit can have been reached, so a violation is detected after
/// twice its time at the latest.
final class StallDetector: Sendable {
    /// The limit that an exchange has exceeded.
    enum Violation: Sendable {
        case noResponse(Duration)
        case silence(Duration)
        case slow(byteCount: Int, window: Duration)
    }

    private struct State {
        var hasHead = false
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
            $0.hasHead = true
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

    /// Suspends the limits while the body is held. They start over afterwards.
    func held(_ isHeld: Bool) {
        let now = elapsed()
        state.withLock {
            $0.isHeld = isHeld
            $0.lastByte = now
            $0.windowStart = now
            $0.windowBytes = 0
        }
    }

    /// Waits until a limit is exceeded.
    func firstViolation() async throws -> Violation {
        while true {
            switch inspect() {
            case .violation(let violation): return violation
            case .wait(let duration): try await clock.sleep(for: duration)
            }
        }
    }

    private enum Inspection {
        case violation(Violation)
        case wait(Duration)
    }

    private func inspect() -> Inspection {
        let now = elapsed()
        return state.withLock { state in
            guard state.hasHead else {
                let end = state.lastByte + firstByteTimeout
                // The head can arrive at any moment, and then the other limits apply.
                let wait = min(end - now, limits.idleTimeout, limits.rateWindow)
                return now < end ? .wait(wait) : .violation(.noResponse(firstByteTimeout))
            }
            guard !state.isHeld else { return .wait(min(limits.idleTimeout, limits.rateWindow)) }
            let silentEnd = state.lastByte + limits.idleTimeout
            guard now < silentEnd else { return .violation(.silence(limits.idleTimeout)) }
            var windowEnd = state.windowStart + limits.rateWindow
            if now >= windowEnd {
                guard state.windowBytes >= limits.minimumBytesPerWindow else {
                    return .violation(.slow(byteCount: state.windowBytes, window: limits.rateWindow))
                }
                state.windowBytes = 0
                state.windowStart = now
                windowEnd = now + limits.rateWindow
            }
            return .wait(min(silentEnd, windowEnd) - now)
        }
    }
}

extension HTTPError {
    init(_ violation: StallDetector.Violation, host: String) {
        let message =
            switch violation {
            case .noResponse(let time): "\(host) did not respond for \(time)"
            case .silence(let time): "\(host) sent no data for \(time)"
            case .slow(let byteCount, let window): "\(host) sent only \(byteCount) bytes in \(window)"
            }
        self.init(code: .timeout, message: message)
    }
}
