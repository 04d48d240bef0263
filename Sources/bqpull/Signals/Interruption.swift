import Dispatch
import Foundation

/// The end of a command by SIGINT or SIGTERM.
struct Interruption: Error {
    /// The signal's number.
    var signal: Int32
    /// What it left behind, in a few words.
    var note: String?

    private enum Event<Result: Sendable>: Sendable {
        case finished(Result)
        case signal(Int32)
    }

    /// Runs `body`, which is cancelled by the first SIGINT or SIGTERM and may then clean up; the second one ends
    /// the process at once.
    ///
    /// - Parameter note: what an interruption leaves behind, in a few words.
    /// - Throws: ``Interruption`` when `body` has ended after a signal, or what `body` throws without one.
    static func catching<Result: Sendable>(
        note: String? = nil, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let (signals, continuation) = AsyncStream<Int32>.makeStream()
        let sources = [SIGINT, SIGTERM].map { number in
            Foundation.signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                for other in [SIGINT, SIGTERM] { Foundation.signal(other, SIG_DFL) }
                continuation.yield(number)
            }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        return try await withThrowingTaskGroup(of: Event<Result>.self) { group in
            group.addTask { .finished(try await body()) }
            group.addTask {
                for await signal in signals { return .signal(signal) }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            switch try await group.next() {
            case .finished(let result): return result
            case .signal(let signal):
                group.cancelAll()
                // It may have finished all the same.
                if case .finished(let result)? = try? await group.next() { return result }
                throw Interruption(signal: signal, note: note)
            case nil: throw CancellationError()
            }
        }
    }
}
