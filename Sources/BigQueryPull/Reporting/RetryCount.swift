import BigQuery
import Synchronization

/// Counts repetitions, which happen in several tasks.
final class RetryCount: Sendable {
    private let count = Atomic<Int64>(0)
    private let isThrottled = Atomic<Bool>(false)

    var value: Int64 { count.load(ordering: .relaxed) }

    func add(_ cause: (any Error)?) {
        count.add(1, ordering: .relaxed)
        if (cause as? BigQueryError)?.isTransient == true { isThrottled.store(true, ordering: .relaxed) }
    }

    func wasThrottled() -> Bool { isThrottled.exchange(false, ordering: .relaxed) }
}
