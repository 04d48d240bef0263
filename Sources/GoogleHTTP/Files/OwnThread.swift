import Foundation

/// Runs a blocking function on its own thread, so that it does not block other tasks.
///
/// The thread outlives a cancelled caller: it ends when `body` returns, and its result is discarded.
///
/// - Throws: what `body` throws, or `CancellationError` as soon as the task is cancelled.
package func onOwnThread<Success: Sendable>(
    _ body: @escaping @Sendable () throws -> Success
) async throws -> Success {
    let (results, continuation) = AsyncThrowingStream<Success, any Error>.makeStream()
    Thread.detachNewThread {
        do {
            continuation.yield(try body())
            continuation.finish()
        } catch {
            continuation.finish(throwing: error)
        }
    }
    for try await result in results { return result }
    throw CancellationError()
}
