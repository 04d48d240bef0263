import Dispatch
import Foundation

/// The end of a command by SIGINT, SIGTERM or SIGHUP.
struct Interruption: Error {
    /// What an interruption left behind, and what to do then.
    struct Note: Sendable {
        var message: String
        var hint = "run the same command again"
    }

    /// The signal's number.
    var signal: Int32
    var note: Note?

    private enum Event<Result: Sendable>: Sendable {
        case finished(Result)
        case signal(Int32)
    }

    /// Those of the signals that were not ignored when the process began, as `nohup` and `&` in scripts ignore some.
    private static func heeded(_ signals: [Int32]) -> [Int32] {
        signals.filter { number in
            var action = sigaction()
            guard sigaction(number, nil, &action) == 0 else { return true }
            return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
                != unsafeBitCast(SIG_IGN, to: Int.self)
        }
    }

    /// Runs `body`, which is cancelled by the first signal and may then clean up; the second one ends the process at
    /// once.
    ///
    /// - Parameters:
    ///   - signals: those that interrupt. Defaults to SIGINT, SIGTERM and SIGHUP, the end of the terminal.
    ///   - note: asked, when `body` has cleaned up, what it left behind.
    /// - Throws: ``Interruption`` when `body` has ended after a signal, or what `body` throws without one.
    static func catching<Result: Sendable>(
        signals: [Int32] = [SIGINT, SIGTERM, SIGHUP], note: @Sendable () -> Note? = { nil },
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let (received, continuation) = AsyncStream<Int32>.makeStream()
        let numbers = heeded(signals)
        let sources = numbers.map { number in
            Foundation.signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                for other in numbers { Foundation.signal(other, SIG_DFL) }
                continuation.yield(number)
            }
            source.resume()
            return source
        }
        defer {
            for source in sources { source.cancel() }
            // What follows, such as writing a report, ends at once.
            for number in numbers { Foundation.signal(number, SIG_DFL) }
        }
        return try await withThrowingTaskGroup(of: Event<Result>.self) { group in
            group.addTask { .finished(try await body()) }
            group.addTask {
                for await signal in received { return .signal(signal) }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            switch try await group.next() {
            case .finished(let result): return result
            case .signal(let signal):
                group.cancelAll()
                // It may have finished all the same.
                if case .finished(let result)? = try? await group.next() { return result }
                throw Interruption(signal: signal, note: note())
            case nil: throw CancellationError()
            }
        }
    }
}
