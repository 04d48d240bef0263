import BigQuery
import Synchronization

/// Holds back the reading of response bodies until the window has space for their rows.
///
/// A response held here uses almost no memory: its rows are still in transit, or compressed in the buffers of the
/// system. So many requests can be in flight, as a slow service requires, while memory bounds the pages being decoded.
final class PageGate: Sendable {
    private struct Waiter {
        let range: RowRange
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        /// The next row to deliver, whose page never waits.
        var nextRow: Int64
        /// The end of the rows that there is space for.
        var end: Int64
        var waiters: [Int: Waiter] = [:]
        var lastID = 0

        func lets(_ range: RowRange) -> Bool {
            range.start <= nextRow || range.start + Int64(range.count) <= end
        }
    }

    private let state: Mutex<State>

    init(nextRow: Int64) {
        state = Mutex(State(nextRow: nextRow, end: nextRow))
    }

    /// Lets pages pass that end at `end` or before, and the page of `nextRow`, the next row to deliver.
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

    /// Suspends until there is space for the rows. Throws `CancellationError` if the task is cancelled meanwhile.
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
