public import BigQueryRows
import Synchronization

/// The rows of a query's result or of a table, in order.
///
/// ```swift
/// import BigQuery
/// import BigQueryPull
///
/// func total(of sql: String, with client: BigQueryClient) async throws -> Double {
///     var total = 0.0
///     for try await row in client.rows(sql) { total += try row["amount"] }
///     return total
/// }
/// ```
///
/// Each iteration is a pull of its own: a query runs when the first row is requested. Pages are read ahead within
/// ``PullLimits/memory``; reading pauses while no row is requested. The iteration ends only after as many rows as
/// BigQuery reports, or throws the errors of ``Pull/run(into:)``.
///
/// Cancelling the task ends the iteration at any row with `CancellationError`, after the cancellation of a running job
/// has been requested. Leaving the loop ends the pull, too.
public struct RowSequence: AsyncSequence, Sendable {
    /// A row of the result.
    public typealias Element = BigQueryRow

    private let run: @Sendable (RowChannel) async throws -> Void

    init(_ run: @escaping @Sendable (RowChannel) async throws -> Void) {
        self.run = run
    }

    /// Creates an iterator, whose first row starts the pull.
    public func makeAsyncIterator() -> Iterator {
        Iterator(RowSubscription(run))
    }

    /// Iterates over the rows.
    ///
    /// Copies share a pull: each page goes to the copy that requests it first.
    public struct Iterator: AsyncIteratorProtocol {
        /// The pull; `nil` after the end.
        private var subscription: RowSubscription?
        @usableFromInline var batch: RowBatch?
        @usableFromInline var nextPosition = 0

        fileprivate init(_ subscription: RowSubscription) {
            self.subscription = subscription
        }

        /// The next row; `nil` after the last one.
        ///
        /// - Parameter actor: the actor of the caller.
        /// - Returns: the row.
        /// - Throws: the errors of ``Pull/run(into:)``, or `CancellationError`.
        @inlinable
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> BigQueryRow? {
            if let batch, nextPosition < batch.page.rowCount, !Task.isCancelled {
                defer { nextPosition += 1 }
                return BigQueryRow(batch: batch, position: nextPosition)
            }
            return try await firstOfNextBatch(isolation: actor)
        }

        @usableFromInline
        mutating func firstOfNextBatch(isolation actor: isolated (any Actor)?) async throws -> BigQueryRow? {
            repeat {
                // Released first, so that its memory can be reused.
                batch = nil
                guard let pull = subscription.take(), let next = try await pull.nextBatch() else { return nil }
                subscription = pull
                batch = next
                nextPosition = 0
            } while batch?.rowCount == 0 || Task.isCancelled
            return try await next(isolation: actor)
        }
    }
}

extension Pull {
    /// The rows, as a sequence.
    ///
    /// - Returns: the rows. The pull runs when their iteration begins, and once for each iteration.
    public func rows() -> RowSequence {
        RowSequence { channel in _ = try await run(into: channel) }
    }
}

/// The pull of one iteration. It runs in a task of its own, since pages arrive while the caller handles rows; releasing
/// the subscription ends it.
private final class RowSubscription: Sendable {
    private let channel = RowChannel()
    private let run: @Sendable (RowChannel) async throws -> Void
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(_ run: @escaping @Sendable (RowChannel) async throws -> Void) {
        self.run = run
    }

    deinit { task.withLock { $0 }?.cancel() }

    /// The rows of the next page; `nil` after the last one, or after an error.
    ///
    /// If the task is cancelled, waits until the pull has ended, if it was started.
    func nextBatch() async throws -> RowBatch? {
        let task = try start()
        return try await withTaskCancellationHandler {
            try await channel.next()
        } onCancel: {
            task.cancel()
        }
    }

    private func start() throws -> Task<Void, Never> {
        try task.withLock { task in
            if let task { return task }
            try Task.checkCancellation()
            let (channel, run) = (channel, run)
            let started = Task {
                do {
                    try await run(channel)
                    channel.end(nil)
                } catch {
                    channel.end(error)
                }
            }
            task = started
            return started
        }
    }
}

/// Hands pages from a pull to an iterator, one at a time.
final class RowChannel: RowSink {
    private struct State {
        var columns = RowColumns(TableSchema(fields: []))
        /// The page that the iterator has yet to take.
        var offered: RowBatch?
        /// The pull, waiting until the iterator is done with a page.
        var pull: CheckedContinuation<Void, Never>?
        /// The iterator, waiting for a page. Several only if copies of it are used concurrently.
        var iterators: [CheckedContinuation<RowBatch?, any Error>] = []
        var isCancelled = false
        var end: Result<RowBatch?, any Error>?
    }

    private let state = Mutex(State())

    func begin(_ schema: TableSchema) {
        state.withLock { $0.columns = RowColumns(schema) }
    }

    /// Offers a page, and returns when the iterator requests the next one.
    func append(_ page: RowPage) async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { offer(page, $0)?() }
        } onCancel: {
            let pull = state.withLock { state in
                state.isCancelled = true
                return state.pull.take()
            }
            pull?.resume()
        }
        try Task.checkCancellation()
    }

    func finish() {}

    /// Ends the sequence after the page that is offered, with `error` if there is one.
    func end(_ error: (any Error)?) {
        let end: Result<RowBatch?, any Error> = error.map(Result.failure) ?? .success(nil)
        let iterators = state.withLock { state in
            state.end = end
            defer { state.iterators = [] }
            return state.iterators
        }
        for iterator in iterators { iterator.resume(with: end) }
    }

    /// The next page; `nil`, or the error of the pull, after the last one.
    func next() async throws -> RowBatch? {
        try await withCheckedThrowingContinuation { request($0)() }
    }

    /// Records an offer. Returns the resumption of a waiting task, to be called without the lock.
    private func offer(_ page: RowPage, _ pull: CheckedContinuation<Void, Never>) -> (() -> Void)? {
        state.withLock { state in
            guard !state.isCancelled else { return { pull.resume() } }
            let batch = RowBatch(page: page, columns: state.columns)
            guard !state.iterators.isEmpty else {
                (state.offered, state.pull) = (batch, pull)
                return nil
            }
            let iterator = state.iterators.removeFirst()
            let isNextRequested = !state.iterators.isEmpty
            if !isNextRequested { state.pull = pull }
            return {
                iterator.resume(returning: batch)
                if isNextRequested { pull.resume() }
            }
        }
    }

    /// Records a request. Returns the resumption of a waiting task, to be called without the lock.
    private func request(_ iterator: CheckedContinuation<RowBatch?, any Error>) -> () -> Void {
        state.withLock { state in
            if let batch = state.offered.take() { return { iterator.resume(returning: batch) } }
            if let end = state.end { return { iterator.resume(with: end) } }
            state.iterators.append(iterator)
            let pull = state.pull.take()
            return { pull?.resume() }
        }
    }
}
