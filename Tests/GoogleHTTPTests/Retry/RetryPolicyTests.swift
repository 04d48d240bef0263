import Synchronization
import TestSupport
import Testing

@testable import GoogleHTTP

@Suite struct RetryPolicyTests {
    private struct Failure: Error {}

    @Test(arguments: 1...8)
    func delaysAreUniformUpToTheirBound(k: Int) {
        let policy = RetryPolicy()
        var generator = SystemRandomNumberGenerator()
        let bound = Duration.seconds(min(32, 1 << k))
        let delays = (0..<500).map { _ in policy.delay(beforeRetry: k, atLeast: nil, using: &generator) }
        #expect(delays.allSatisfy { (.seconds(1)...bound).contains($0) })
        // Spread over the whole interval, not at one of its ends.
        #expect(delays.min().map { $0 < .seconds(1) + (bound - .seconds(1)) * 0.1 } == true)
        #expect(delays.max().map { $0 > .seconds(1) + (bound - .seconds(1)) * 0.9 } == true)
    }

    @Test func prefersLongerWaitOfServer() {
        var generator = SystemRandomNumberGenerator()
        let policy = RetryPolicy()
        #expect(policy.delay(beforeRetry: 1, atLeast: .seconds(40), using: &generator) == .seconds(40))
        #expect(policy.delay(beforeRetry: 1, atLeast: .zero, using: &generator) >= .seconds(1))
    }

    @Test func retriesUntilSuccess() async throws {
        let clock = ManualClock()
        let count = Atomic(0)
        let delays = Mutex<[Duration]>([])
        let result = try await RetryPolicy().run(clock: clock) { _ in
            .retry()
        } onRetry: { attempt in
            delays.withLock { $0.append(attempt.delay) }
        } operation: {
            guard count.add(1, ordering: .relaxed).newValue == 4 else { throw Failure() }
            return "done"
        }
        #expect(result == "done")
        #expect(clock.slept.count == 3)
        #expect(delays.withLock { $0 } == clock.slept)
    }

    @Test func failsWhenBudgetIsExhausted() async {
        let clock = ManualClock()
        await #expect(throws: Failure.self) {
            try await RetryPolicy().run(clock: clock) { _ in
                .retry()
            } operation: {
                throw Failure()
            }
        }
        let total = clock.slept.reduce(.zero, +)
        #expect(total <= .seconds(600))
        #expect(total > .seconds(600 - 32))
    }

    /// For example, the machine was asleep.
    @Test func ignoresTimeBeforeFirstFailure() async throws {
        let clock = ManualClock()
        let count = Atomic(0)
        try await RetryPolicy().run(clock: clock) { _ in
            .retry()
        } operation: {
            guard count.add(1, ordering: .relaxed).newValue == 1 else { return }
            clock.advance(by: .seconds(8 * 3600))
            throw Failure()
        }
        #expect(clock.slept.count == 1)
    }

    @Test func failsWhenRequestedWaitExceedsBudget() async {
        let clock = ManualClock()
        await #expect(throws: Failure.self) {
            try await RetryPolicy().run(clock: clock) { _ in
                .retry(after: .seconds(601))
            } operation: {
                throw Failure()
            }
        }
        #expect(clock.slept.isEmpty)
    }

    @Test func doesNotRetryAfterFail() async {
        let clock = ManualClock()
        let count = Atomic(0)
        await #expect(throws: Failure.self) {
            try await RetryPolicy().run(clock: clock) { _ in
                .fail
            } operation: {
                count.add(1, ordering: .relaxed)
                throw Failure()
            }
        }
        #expect(count.load(ordering: .relaxed) == 1)
    }

    @Test func retriesImmediatelyWithoutWaiting() async throws {
        let clock = ManualClock()
        let count = Atomic(0)
        try await RetryPolicy().run(clock: clock) { _ in
            .retryImmediately
        } operation: {
            if count.add(1, ordering: .relaxed).newValue == 1 { throw Failure() }
        }
        #expect(clock.slept.isEmpty)
    }

    @Test func stopsAfterTheMaximumNumberOfAttempts() async {
        var policy = RetryPolicy()
        policy.maxAttempts = 4
        let count = Atomic(0)
        await #expect(throws: Failure.self) {
            try await policy.run(clock: ManualClock()) { _ in
                .retry()
            } operation: {
                count.add(1, ordering: .relaxed)
                throw Failure()
            }
        }
        #expect(count.load(ordering: .relaxed) == 4)
    }
}
