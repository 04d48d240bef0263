/// Runs an operation with a timeout, even in a cancelled task: for cleanup before a program exits. After the timeout,
/// the operation is cancelled and not awaited.
///
/// - Returns: the result; `nil` after the timeout.
package func withTimeout<Value: Sendable>(
    _ limit: Duration, clock: any Clock<Duration> = ContinuousClock(),
    _ operation: @escaping @Sendable () async -> Value
) async -> Value? {
    let (ends, continuation) = AsyncStream<Value?>.makeStream()
    let work = Task { continuation.yield(await operation()) }
    let timer = Task {
        // Cancelled when the operation has ended. A second value is ignored.
        try? await clock.sleep(for: limit)
        continuation.yield(nil)
    }
    defer {
        work.cancel()
        timer.cancel()
    }
    // A separate task, since the cancellation of this one would end the wait.
    return await Task {
        for await end in ends { return end }
        return nil
    }.value
}
