import TextSupport

/// How often and for how long a request is retried, with exponential backoff and jitter.
///
/// ```swift
/// import GoogleHTTP
///
/// var retry = RetryPolicy()
/// retry.budget = .seconds(60)
/// retry.maxAttempts = 5
/// ```
public struct RetryPolicy: Sendable {
    /// The time from the first failure of a request to its last attempt, on the caller's clock. Time before the first
    /// failure does not count: the process may have been stopped, or the machine asleep. Defaults to 600 s.
    public var budget: Duration = .seconds(600)
    /// The maximum number of attempts, including the first. Defaults to `Int.max`: only the budget limits them.
    public var maxAttempts = Int.max
    /// The shortest wait before a retry. Defaults to 1 s.
    public var initialBackoff: Duration = .seconds(1)
    /// The longest wait before a retry, unless the server requests a longer one. Defaults to 32 s.
    public var maxBackoff: Duration = .seconds(32)

    /// Creates a policy with the defaults.
    public init() {}

    /// The wait before the k-th retry: uniform between `initialBackoff` and 2^k times that, at most `maxBackoff`. A
    /// longer wait that the server requests takes precedence.
    func delay<Generator: RandomNumberGenerator>(
        beforeRetry k: Int, atLeast minimum: Duration?, using generator: inout Generator
    ) -> Duration {
        let bound = min(maxBackoff, initialBackoff * (1 << min(k, 20)))
        let delay = initialBackoff + (bound - initialBackoff) * Double.random(in: 0...1, using: &generator)
        return max(delay, minimum ?? .zero)
    }
}

/// What to do after a failed attempt.
package enum RetryVerdict: Sendable, Equatable {
    /// Throws the error. The request would fail again.
    case fail
    /// Throws the error with the number of attempts. The request may succeed later, but has been retried often enough.
    case exhausted
    /// Retries after the backoff, and no earlier than after the wait that the server requests.
    case retry(after: Duration? = nil)
    /// Retries immediately, without backoff. Only for operations that cannot loop. Counts as an attempt.
    case retryImmediately
}

/// A retry that is about to start, for reports and logs.
public struct RetryAttempt: Sendable {
    /// The error of the failed attempt.
    public let cause: any Error
    /// The wait before the retry.
    public let delay: Duration
}

/// The attempts of a request that is not retried again.
package struct RetryExhausted: Sendable {
    /// The number of attempts.
    package let attempts: Int
    /// The time since the first attempt began.
    package let elapsed: Duration
    /// The wait that the server requested, if it exceeds the budget; otherwise `nil`.
    package let refusedWait: Duration?

    /// The last error, with the attempts appended to its message if it is a `CodedError`.
    package func noted(on error: any Error, host: String) -> any Error {
        guard var error = error as? any CodedError else { return error }
        let wait = refusedWait.map { ", and \(host) requested a wait of \($0.components.seconds) s" } ?? ""
        let tries = "\(attempts) attempt\(attempts == 1 ? "" : "s") in \(elapsed.components.seconds) s"
        error.message += " (\(host), \(tries)\(wait))"
        return error
    }
}

extension RetryPolicy {
    /// Runs an operation, and retries it as long as `classify` returns a retry and the budget allows it.
    ///
    /// - Parameters:
    ///   - clock: waits, and measures the budget.
    ///   - retryBudget: the budget that this request shares with others. Defaults to none.
    ///   - classify: decides about an error, or throws the error to throw instead. It never receives a cancellation.
    ///   - onRetry: called before each wait.
    ///   - onExhausted: makes the error to throw from the last one when no retry is left.
    ///   - operation: one attempt.
    /// - Returns: The result of the first attempt that succeeds.
    /// - Throws: The last error, or what `classify` throws.
    package func run<Result: Sendable>(
        clock: any Clock<Duration>, retryBudget: RetryBudget? = nil,
        classify: @Sendable (any Error) async throws -> RetryVerdict,
        onRetry: @Sendable (RetryAttempt) -> Void = { _ in },
        onExhausted: @Sendable (any Error, RetryExhausted) -> any Error = { error, _ in error },
        operation: @Sendable () async throws -> Result
    ) async throws -> Result {
        var generator = SystemRandomNumberGenerator()
        let elapsed = stopwatch(clock)
        var sinceFirstFailure: (@Sendable () -> Duration)?
        var attempts = 0
        var waits = 0
        while true {
            try Task.checkCancellation()
            attempts += 1
            do {
                return try await operation()
            } catch {
                let failing = sinceFirstFailure ?? stopwatch(clock)
                sinceFirstFailure = failing
                try Task.checkCancellation()
                func exhausted(refusing wait: Duration? = nil) -> any Error {
                    onExhausted(error, RetryExhausted(attempts: attempts, elapsed: elapsed(), refusedWait: wait))
                }
                var delay = Duration.zero
                switch try await classify(error) {
                case .fail: throw error
                case .exhausted: throw exhausted()
                case .retryImmediately: break
                case .retry(let minimum):
                    waits += 1
                    delay = self.delay(beforeRetry: waits, atLeast: minimum, using: &generator)
                    guard failing() + delay <= budget else {
                        throw exhausted(refusing: delay == minimum ? minimum : nil)
                    }
                    guard retryBudget?.allows(delay) != false else { throw exhausted() }
                }
                guard attempts < maxAttempts else { throw exhausted() }
                onRetry(RetryAttempt(cause: error, delay: delay))
                guard delay > .zero else { continue }
                retryBudget?.beginWait()
                defer { retryBudget?.endWait() }
                try await clock.sleep(for: delay)
            }
        }
    }
}
