import Synchronization

/// Something that happens once, and that any number of tasks may wait for.
final class Latch: Sendable {
    /// Those who wait; `nil` once it has happened.
    private let waiters = Mutex<[AsyncStream<Never>.Continuation]?>([])

    func open() {
        let waiters = waiters.withLock { waiters in
            defer { waiters = nil }
            return waiters ?? []
        }
        for waiter in waiters { waiter.finish() }
    }

    /// Returns once it has happened, or when the task is cancelled.
    func wait() async {
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        let isOpen = waiters.withLock { waiters in
            waiters?.append(continuation)
            return waiters == nil
        }
        if isOpen { continuation.finish() }
        for await _ in stream {}
    }

    /// Returns once it has happened, when the time is over, or when the task is cancelled.
    func wait(atMost limit: Duration) async {
        await withTaskGroup { group in
            group.addTask { await self.wait() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}
