import Synchronization

/// Decides whether the transport errors of one request are retried.
package final class RetryClassifier: Sendable {
    private let state = Mutex((hasReplacedConnection: false, failedLookups: 0))

    /// The number of retries of a failed name lookup.
    private static let lookupRetries = 2

    package init() {}

    /// Classifies the error of one attempt.
    ///
    /// A connection that ends before the response starts may have been idle for too long. The request is then sent
    /// again immediately, once.
    package func classify(_ error: HTTPError) -> RetryVerdict {
        guard error.isTransient else { return .fail }
        return state.withLock { state in
            if error.isBeforeResponse, !state.hasReplacedConnection {
                state.hasReplacedConnection = true
                return .retryImmediately
            }
            if error.code == .hostNotFound {
                state.failedLookups += 1
                return state.failedLookups > Self.lookupRetries ? .exhausted : .retry()
            }
            return .retry()
        }
    }
}
