import BigQuery
import Synchronization
import Testing

@testable import BigQueryPull

@Suite struct PageGateTests {
    private final class PassedPages: Sendable {
        let starts = Mutex<[Int64]>([])
    }

    /// The page of the next row passes, and pages that end within the space; others wait.
    @Test func letsPagesThroughInRowOrder() async throws {
        let gate = PageGate(nextRow: 0)
        gate.open(nextRow: 0, end: 30)
        // Exceeds the space, but is next.
        try await gate.pass(RowRange(start: 0, count: 100))
        try await gate.pass(RowRange(start: 20, count: 10))

        let passed = PassedPages()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for start in [Int64(40), 30, 20] {
                group.addTask {
                    try await gate.pass(RowRange(start: start, count: 20))
                    passed.starts.withLock { $0.append(start) }
                }
            }
            gate.open(nextRow: 20, end: 39)
            try await group.next()
            #expect(passed.starts.withLock { $0 } == [20])
            // Less space than before.
            gate.open(nextRow: 20, end: 30)
            gate.open(nextRow: 20, end: 50)
            try await group.next()
            #expect(passed.starts.withLock { $0 } == [20, 30])
            gate.open(nextRow: 40, end: 50)
            try await group.waitForAll()
            #expect(passed.starts.withLock { $0 } == [20, 30, 40])
        }
    }

    @Test func cancellationEndsTheWait() async throws {
        let gate = PageGate(nextRow: 0)
        let waiting = Task { try await gate.pass(RowRange(start: 5, count: 1)) }
        await Task.yield()
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await gate.pass(RowRange(start: 5, count: 1))
        }
        await #expect(throws: CancellationError.self) { try await late.value }
        // Does not resume the continuation again.
        gate.open(nextRow: 5, end: 6)
    }
}
