import Synchronization
import Testing

@testable import BigQueryEmulator

@Suite(.timeLimit(.minutes(1))) struct StateChangesTests {
    @Test func returnsTheCurrentValueIfItSatisfiesTheCondition() async throws {
        #expect(try await StateChanges().first({ 7 }, where: { $0 == 7 }) == 7)
    }

    @Test func evaluatesTheConditionAfterEachChange() async throws {
        let (changes, number) = (StateChanges(), Counter())
        let waiters = (0..<20).map { limit in
            Task { try await changes.first({ number.value }, where: { $0 >= limit }) }
        }
        for _ in 0..<20 {
            number.increment()
            changes.announce()
        }
        for (limit, waiter) in waiters.enumerated() { #expect(try await waiter.value >= limit) }
    }

    @Test func throwsWhenCancelled() async {
        let changes = StateChanges()
        let waiter = Task { try await changes.first({ 0 }, where: { $0 > 0 }) }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
    }

    private final class Counter: Sendable {
        private let number = Atomic(0)

        var value: Int { number.load(ordering: .relaxed) }

        func increment() {
            number.add(1, ordering: .relaxed)
        }
    }
}
