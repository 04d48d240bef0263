import Synchronization

/// Wakes the tasks that wait for a state, after each change.
final class StateChanges: Sendable {
    private let state = Mutex((nextID: 0, waiters: [Int: AsyncStream<Void>.Continuation]()))

    func announce() {
        for waiter in state.withLock({ Array($0.waiters.values) }) { waiter.yield() }
    }

    /// Returns the first value that satisfies `condition`: the current one, or one after a later change.
    func first<Value: Sendable>(
        _ value: () -> Value, where condition: (Value) -> Bool
    ) async throws(CancellationError) -> Value {
        let (changes, waiter) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.nextID += 1
            state.waiters[state.nextID] = waiter
            return state.nextID
        }
        defer { state.withLock { $0.waiters[id] = nil } }
        waiter.yield()
        for await _ in changes {
            let value = value()
            if condition(value) { return value }
        }
        throw CancellationError()
    }
}
