import Dispatch
import Foundation

/// The end of a command by SIGINT, SIGTERM or SIGHUP.
struct Interruption: Error {
    /// The state that an interruption left behind, and what to do next.
    struct Note: Sendable {
        var message: String
        var hint: String?
    }

    let signal: Int32
    let note: Note?

    /// The error that the command reports.
    var reported: CommandError {
        let code: CommandError.Code =
            switch signal {
            case SIGHUP: .hungUp
            case SIGTERM: .terminated
            default: .interrupted
            }
        return CommandError(code, note.map { "interrupted; \($0.message)" } ?? "interrupted", hint: note?.hint)
    }

    private enum Event<Result: Sendable>: Sendable {
        case finished(Result)
        case signal(Int32)
    }

    /// The signals that were not ignored when the process started; `nohup` and `&` in scripts ignore some.
    private static func heeded(_ signals: [Int32]) -> [Int32] {
        signals.filter { number in
            var action = sigaction()
            guard sigaction(number, nil, &action) == 0 else { return true }
            return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
                != unsafeBitCast(SIG_IGN, to: Int.self)
        }
    }

    /// Runs `body`. The first signal cancels it, so that it can clean up; the second one ends the process.
    ///
    /// - Parameters:
    ///   - signals: The signals that interrupt. Defaults to SIGINT, SIGTERM and SIGHUP.
    ///   - note: What `body` left behind; evaluated after it has cleaned up.
    ///   - body: The work to interrupt.
    /// - Returns: The result of `body`.
    /// - Throws: ``Interruption`` after a signal, or the error of `body`.
    static func catching<Result: Sendable>(
        signals: [Int32] = [SIGINT, SIGTERM, SIGHUP], note: @autoclosure @Sendable () -> Note? = nil,
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
            // A signal ends the process while it writes its report.
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
                // `body` can finish despite the cancellation; its error is a consequence of the signal.
                if case .finished(let result)? = try? await group.next() { return result }
                throw Interruption(signal: signal, note: note())
            case nil: throw CancellationError()
            }
        }
    }
}
