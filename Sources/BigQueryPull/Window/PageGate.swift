import BigQuery
import Synchronization

/// Where pages that have been answered wait until they may be read.
///
/// A page that waits here takes next to no memory: its rows are still on their way, or compressed in the system's buffers.
/// So many pages may be asked for at a time, which is what a slow service needs, while only so many are decoded as the
/// memory allows.
final class PageGate: Sendable {
    private struct Waiter {
        let range: RowRange
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        /// The row that is delivered next: its page never waits.
        var nextRow: Int64
        /// Pages may be read that end here or before.
        var end: Int64
        var waiters: [Int: Waiter] = [:]
        var lastID = 0

        func lets(_ range: RowRange) -> Bool {
            range.start <= nextRow || range.start + Int64(range.count) <= end
        }
    }

    private let state: Mutex<State>

    /// - Parameter nextRow: the row that is delivered first.
    init(nextRow: Int64) {
        state = Mutex(State(nextRow: nextRow, end: nextRow))
    }

    /// From now on lets pages be read that end at `end` or before, and the one with the row that is delivered next.
    func open(nextRow: Int64, end: Int64) {
        let free = state.withLock { state in
            state.nextRow = nextRow
            state.end = end
            let free = state.waiters.filter { state.lets($0.value.range) }
            for id in free.keys { state.waiters[id] = nil }
            return free.values
        }
        for waiter in free { waiter.continuation.resume() }
    }

    /// Waits until the rows may be read. Throws `CancellationError` if the task is cancelled meanwhile.
    func pass(_ range: RowRange) async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let isFree = state.withLock { state in
                    guard !Task.isCancelled, !state.lets(range) else { return true }
                    state.waiters[id] = Waiter(range: range, continuation: continuation)
                    return false
                }
                if isFree { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.continuation.resume(throwing: CancellationError())
        }
        try Task.checkCancellation()
    }
}
