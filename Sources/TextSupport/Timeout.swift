/// Waits for something at most so long, even in a task that has been cancelled: for what has to be done before a
/// program ends. What takes longer is cancelled, and not waited for.
///
/// - Returns: `nil` if it took longer.
package func withTimeout<Value: Sendable>(
    _ limit: Duration, clock: any Clock<Duration> = ContinuousClock(),
    _ operation: @escaping @Sendable () async -> Value
) async -> Value? {
    let (ends, continuation) = AsyncStream<Value?>.makeStream()
    let work = Task { continuation.yield(await operation()) }
    let timer = Task {
        try? await clock.sleep(for: limit)
        continuation.yield(nil)
    }
    defer {
        work.cancel()
        timer.cancel()
    }
    // A task of its own, since this one's cancellation would end the waiting.
    return await Task {
        for await end in ends { return end }
        return nil
    }.value
}
