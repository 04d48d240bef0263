import BigQuery
import GoogleHTTP
import Synchronization

/// Counts the retries of one pull or export: those of its requests, from any task, and those of token requests.
final class RetryCount: Sendable {
    private let requests = Atomic<Int64>(0)
    private let isThrottled = Atomic<Bool>(false)
    private let tokenRetries: @Sendable () -> Int64

    private init(tokenRetries: @escaping @Sendable () -> Int64) {
        self.tokenRetries = tokenRetries
    }

    /// A client for one pull or export, and the count of its retries from now on.
    static func counting(_ client: BigQueryClient) -> (client: BigQueryClient, retries: RetryCount) {
        let earlier = client.tokenRetryCount
        let retries = RetryCount { client.tokenRetryCount - earlier }
        return (client.forRun { retries.add($0.cause) }, retries)
    }

    var value: Int64 { requests.load(ordering: .relaxed) + tokenRetries() }

    func add(_ cause: (any Error)? = nil) {
        requests.add(1, ordering: .relaxed)
        if (cause as? BigQueryError)?.isTransient == true { isThrottled.store(true, ordering: .relaxed) }
    }

    /// Whether the service throttled a request, or failed, since the last call.
    func wasThrottled() -> Bool { isThrottled.exchange(false, ordering: .relaxed) }
}
