/// How often and how long a request is repeated.
public struct RetryPolicy: Sendable {
    /// The time that one request may take with all its repetitions, on the clock of the caller.
    /// Defaults to 600 s.
    public var budget: Duration = .seconds(600)
    /// The number of repetitions. Defaults to no limit but the budget.
    public var maximumRepetitions = Int.max
    /// The shortest wait. Defaults to 1 s.
    public var shortestDelay: Duration = .seconds(1)
    /// The longest wait that is not asked for by the server. Defaults to 32 s.
    public var longestDelay: Duration = .seconds(32)

    /// The defaults.
    public init() {}

    /// The wait before the k-th repetition: uniform between the shortest delay and 2^k times that, at most the
    /// longest delay. A longer wait that the server asked for wins.
    func delay<Generator: RandomNumberGenerator>(
        beforeRepetition k: Int, askedFor: Duration?, using generator: inout Generator
    ) -> Duration {
        let bound = min(longestDelay, shortestDelay * (1 << min(k, 20)))
        let delay = shortestDelay + (bound - shortestDelay) * Double.random(in: 0...1, using: &generator)
        return max(delay, askedFor ?? .zero)
    }
}

/// What to do about a failed request.
public enum RetryVerdict: Sendable, Equatable {
    /// It will fail again: give up.
    case stop
    /// Try again after a while, no sooner than the server asked for.
    case repeatLater(askedFor: Duration? = nil)
    /// Try again at once; counts as a repetition, but does not lengthen the next wait.
    case repeatNow
}

/// One repetition of a request, for reports and logs.
public struct Repetition: Sendable {
    /// Why the request is repeated, in one line.
    public var reason: String
    /// How long the wait before it is.
    public var delay: Duration
}

extension RetryPolicy {
    /// Carries out `operation`, and again while `judge` says so and the budget lasts.
    ///
    /// - Parameters:
    ///   - clock: waits and measures the budget.
    ///   - judge: decides about an error. Cancellation is never asked about.
    ///   - onRepetition: called before each wait.
    /// - Throws: the last error.
    package func run<Result: Sendable>(
        clock: any Clock<Duration>,
        judge: @Sendable (any Error) async -> RetryVerdict,
        onRepetition: @Sendable (Repetition) -> Void = { _ in },
        operation: @Sendable () async throws -> Result
    ) async throws -> Result {
        var generator = SystemRandomNumberGenerator()
        let elapsed = stopwatch(clock)
        var repetitions = 0
        var waits = 0
        while true {
            try Task.checkCancellation()
            do {
                return try await operation()
            } catch {
                try Task.checkCancellation()
                let delay: Duration
                switch await judge(error) {
                case .stop: throw error
                case .repeatNow: delay = .zero
                case .repeatLater(let askedFor):
                    waits += 1
                    delay = self.delay(beforeRepetition: waits, askedFor: askedFor, using: &generator)
                }
                repetitions += 1
                guard repetitions <= maximumRepetitions, elapsed() + delay <= budget else {
                    throw error
                }
                onRepetition(Repetition(reason: "\(error)", delay: delay))
                if delay > .zero { try await clock.sleep(for: delay) }
            }
        }
    }
}
