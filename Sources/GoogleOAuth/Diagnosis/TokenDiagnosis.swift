import TextSupport

/// A test of a credential, step by step, that stops at the first failure.
///
/// The steps here go as far as the token; `BigQuery` adds those of its API.
public struct TokenDiagnosis: Sendable {
    /// One step.
    public struct Step: Sendable {
        /// The step's name, which does not change between versions.
        public let name: String
        /// How long it took.
        public let duration: Duration
        /// What was found, in one line, or why it failed.
        public let result: Result<String, any Error>
    }

    /// The steps so far.
    public private(set) var steps: [Step] = []
    private let elapsed: @Sendable () -> Duration
    private let onStep: @Sendable (Step) -> Void

    /// Makes a test without steps.
    ///
    /// - Parameters:
    ///   - clock: measures the steps.
    ///   - onStep: told about each step when it is over.
    public init(clock: any Clock<Duration> = ContinuousClock(), onStep: @escaping @Sendable (Step) -> Void = { _ in }) {
        elapsed = stopwatch(clock)
        self.onStep = onStep
    }

    /// The error of the step that failed.
    public var failure: (any Error)? {
        if case .failure(let error)? = steps.last?.result { error } else { nil }
    }

    /// Notes a failure that came before a step could be carried out.
    package mutating func fail(_ name: String, _ error: any Error) {
        note(Step(name: name, duration: .zero, result: .failure(error)))
    }

    private mutating func note(_ step: Step) {
        steps.append(step)
        onStep(step)
    }

    /// Carries out a step, unless one before it failed.
    ///
    /// - Parameter body: returns what later steps need, and what was found, in one line.
    /// - Returns: `nil` if the step failed or was not carried out.
    /// - Throws: `CancellationError`; every other error is the step's result.
    package mutating func step<Value>(
        _ name: String, _ body: () async throws -> (value: Value, detail: String)
    ) async throws -> Value? {
        guard failure == nil else { return nil }
        let start = elapsed()
        let result: Result<(value: Value, detail: String), any Error>
        do {
            result = .success(try await body())
        } catch {
            try Task.checkCancellation()
            result = .failure(error)
        }
        note(Step(name: name, duration: elapsed() - start, result: result.map(\.detail)))
        return try? result.get().value
    }
}
