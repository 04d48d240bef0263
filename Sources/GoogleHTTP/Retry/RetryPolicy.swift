import TextSupport

/// How often and how long a request is repeated.
public struct RetryPolicy: Sendable {
    /// The time that one request may be repeated for, from its first failure on, on the clock of the caller. What came
    /// before it does not count: the process may have been stopped, or its machine asleep. Defaults to 600 s.
    public var budget: Duration = .seconds(600)
    /// The number of repetitions. Defaults to no limit but the budget.
    public var maxRetries = Int.max
    /// The shortest wait. Defaults to 1 s.
    public var initialBackoff: Duration = .seconds(1)
    /// The longest wait that is not asked for by the server. Defaults to 32 s.
    public var maxBackoff: Duration = .seconds(32)

    /// The defaults.
    public init() {}

    /// The wait before the k-th repetition: uniform between the shortest delay and 2^k times that, at most the
    /// longest delay. A longer wait that the server asked for wins.
    func delay<Generator: RandomNumberGenerator>(
        beforeRetry k: Int, atLeast minimum: Duration?, using generator: inout Generator
    ) -> Duration {
        let bound = min(maxBackoff, initialBackoff * (1 << min(k, 20)))
        let delay = initialBackoff + (bound - initialBackoff) * Double.random(in: 0...1, using: &generator)
        return max(delay, minimum ?? .zero)
    }
}

/// What to do about a failed request.
public enum RetryVerdict: Sendable, Equatable {
    /// It will fail again: stop.
    case fail
    /// It was tried often enough.
    case exhausted
    /// Try again after a while, no sooner than the server asked for.
    case retry(after: Duration? = nil)
    /// Try again at once; counts as a repetition, but takes nothing of the budget and does not lengthen the next wait.
    /// For what is not asked for time and again.
    case retryImmediately
}

/// One repetition of a request, for reports and logs.
public struct RetryAttempt: Sendable {
    /// Why the request is repeated.
    public var cause: any Error
    /// How long the wait before it is.
    public var delay: Duration
}

/// How a request was repeated until there was no point in another time.
public struct RetryExhausted: Sendable {
    /// The number of times that it was tried.
    public var attempts: Int
    /// How long that took.
    public var elapsed: Duration
    /// The wait that the server asked for and that would have been too long; `nil` if it is not why.
    public var refusedWait: Duration?

    /// The last error, with the attempts and their time in its message if it has one.
    package func noted(on error: any Error, host: String) -> any Error {
        guard var error = error as? any CodedError else { return error }
        let wait = refusedWait.map { ", and \(host) asked to wait \($0.components.seconds) s" } ?? ""
        let tries = "\(attempts) attempt\(attempts == 1 ? "" : "s") in \(elapsed.components.seconds) s"
        error.message += " (\(host), \(tries)\(wait))"
        return error
    }
}

extension RetryPolicy {
    /// Carries out `operation`, and again while `judge` says so and the budget lasts.
    ///
    /// - Parameters:
    ///   - clock: waits and measures the budget.
    ///   - retryBudget: what is left for all requests of the same run.
    ///   - judge: decides about an error. Cancellation is never asked about.
    ///   - onRetry: called before each wait.
    ///   - onExhausted: makes the error to throw of the last one when there is no repetition left.
    /// - Throws: the last error.
    package func run<Result: Sendable>(
        clock: any Clock<Duration>, retryBudget: RetryBudget? = nil,
        judge: @Sendable (any Error) async -> RetryVerdict,
        onRetry: @Sendable (RetryAttempt) -> Void = { _ in },
        onExhausted: @Sendable (any Error, RetryExhausted) -> any Error = { error, _ in error },
        operation: @Sendable () async throws -> Result
    ) async throws -> Result {
        var generator = SystemRandomNumberGenerator()
        let elapsed = stopwatch(clock)
        var failing: (@Sendable () -> Duration)?
        var repetitions = 0
        var waits = 0
        while true {
            try Task.checkCancellation()
            do {
                return try await operation()
            } catch {
                let repeating = failing ?? stopwatch(clock)
                failing = repeating
                try Task.checkCancellation()
                func exhausted(refusing wait: Duration? = nil) -> any Error {
                    onExhausted(
                        error, RetryExhausted(attempts: repetitions + 1, elapsed: elapsed(), refusedWait: wait))
                }
                var delay = Duration.zero
                switch await judge(error) {
                case .fail: throw error
                case .exhausted: throw exhausted()
                case .retryImmediately: break
                case .retry(let minimum):
                    waits += 1
                    delay = self.delay(beforeRetry: waits, atLeast: minimum, using: &generator)
                    guard repeating() + delay <= budget else {
                        throw exhausted(refusing: delay == minimum ? minimum : nil)
                    }
                    guard retryBudget?.allows(delay) != false else { throw exhausted() }
                }
                guard repetitions < maxRetries else { throw exhausted() }
                repetitions += 1
                onRetry(RetryAttempt(cause: error, delay: delay))
                guard delay > .zero else { continue }
                retryBudget?.beginWait()
                defer { retryBudget?.endWait() }
                try await clock.sleep(for: delay)
            }
        }
    }
}
