import TextSupport

/// A stepwise test of a credential that stops at the first failure.
///
/// The steps of this module test the token; `CredentialStore` adds the search for the credential, and `BigQuery` its API.
package struct TokenDiagnosis: Sendable {
    /// A completed step.
    package struct Step: Sendable {
        /// The step's name, stable between versions.
        package let name: String
        /// The elapsed time.
        package let duration: Duration
        /// The finding in one line, or the error.
        package let result: Result<String, any Error>
    }

    /// The completed steps.
    package private(set) var steps: [Step] = []
    private let elapsed: @Sendable () -> Duration
    private let onStep: @Sendable (Step) -> Void

    /// Creates a diagnosis without steps.
    ///
    /// - Parameters:
    ///   - clock: measures the steps.
    ///   - onStep: called after each step.
    package init(
        clock: any Clock<Duration> = ContinuousClock(), onStep: @escaping @Sendable (Step) -> Void = { _ in }
    ) {
        elapsed = stopwatch(clock)
        self.onStep = onStep
    }

    /// The error of the step that failed.
    package var failure: (any Error)? {
        if case .failure(let error)? = steps.last?.result { error } else { nil }
    }

    /// Records a failure before the first step.
    package mutating func fail(_ name: String, _ error: any Error) {
        record(Step(name: name, duration: .zero, result: .failure(error)))
    }

    private mutating func record(_ step: Step) {
        steps.append(step)
        onStep(step)
    }

    /// Performs a step, unless a previous one failed.
    ///
    /// - Parameters:
    ///   - name: the step's name.
    ///   - body: returns the input of later steps, and the finding in one line.
    /// - Returns: `nil` if the step failed or was skipped.
    /// - Throws: `CancellationError`; any other error is the step's result.
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
        record(Step(name: name, duration: elapsed() - start, result: result.map(\.detail)))
        // The error is the step's.
        return try? result.get().value
    }
}
