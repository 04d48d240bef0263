import BigQuery
import BigQueryRows
import Synchronization
import TextSupport

/// Counts the rows without a value in the incremental column, which a run with a lower bound does not pull.
///
/// The count runs while the rows of the run are transferred. The rows are published without waiting for it.
struct NullCount: Sendable {
    /// The number of rows and the cost of the count.
    struct Result: Sendable {
        var rows: Int64
        var bytesProcessed: Int64?
        var bytesBilled: Int64?
    }

    /// The time that the count spends on retries.
    private static let retryBudget: Duration = .seconds(20)
    /// How long a published run waits for the count.
    private static let patience: Duration = .seconds(300)

    private let task: Task<Swift.Result<Result, any Error>, Never>
    private let clock: any Clock<Duration>

    /// Starts the count with a new job, which is not retried.
    ///
    /// `limit` is the maximum number of billed bytes.
    init(_ planned: PlannedQuery, limit: Int64?, of pull: QueryPull) {
        var planned = planned
        planned.query.maximumBytesBilled = limit ?? planned.query.maximumBytesBilled
        var count = QueryPull(planned.query, client: pull.client.retrying(atMost: Self.retryBudget), clock: pull.clock)
        count.jobRetries = 0
        clock = pull.clock
        task = Task { [planned, count] in
            do {
                return .success(try await Self.run(planned, count))
            } catch {
                return .failure(error)
            }
        }
    }

    private static func run(_ planned: PlannedQuery, _ pull: QueryPull) async throws -> Result {
        let session = QuerySession(pull)
        let value = SingleValue()
        let result = try await session.retryingFailedJobs { job in try await session.start(planned, as: job) }
        try await session.transfer(result, to: value)
        guard let rows = value.value else {
            throw PullError(code: .inconsistentResult, message: "the result of a count is not one number")
        }
        let report = session.reporter.report
        return Result(rows: rows, bytesProcessed: report.bytesProcessed, bytesBilled: report.bytesBilled)
    }

    /// Cancels the count and its job, because its run failed.
    func cancel() async {
        task.cancel()
        _ = await task.value
    }

    /// The result; `nil` if the count took too long and was cancelled. It is also cancelled with this task.
    func result() async -> Swift.Result<Result, any Error>? {
        let task = task
        let counted = await withTaskCancellationHandler {
            await withTimeout(Self.patience, clock: clock) { await task.value }
        } onCancel: {
            task.cancel()
        }
        if counted == nil { task.cancel() }
        return counted
    }
}

/// Takes the value of a result with one row and one column.
private final class SingleValue: RowSink {
    private let found = Mutex<Int64?>(nil)

    var value: Int64? { found.withLock { $0 } }

    func begin(_ schema: TableSchema) {}

    func append(_ page: RowPage) {
        guard page.rowCount == 1, page.columnCount == 1, case .integer(let value) = page[0, 0] else { return }
        found.withLock { $0 = value }
    }

    func finish() {}
}
