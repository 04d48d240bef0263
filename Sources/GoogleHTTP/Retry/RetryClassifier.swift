import Synchronization

/// What to do about the failures of the transport that one request meets.
package final class RetryClassifier: Sendable {
    private let state = Mutex((hasReplacedConnection: false, failedLookups: 0))

    /// How often a name that was not found is looked up again.
    private static let lookupRepetitions = 2

    package init() {}

    /// A connection that ends before anything of an answer has come may have been idle for too long, which its next use
    /// finds out: the first time, the request is sent again at once.
    package func judge(_ error: HTTPError) -> RetryVerdict {
        guard error.isTransient else { return .fail }
        return state.withLock { state in
            if error.isBeforeAnswer, !state.hasReplacedConnection {
                state.hasReplacedConnection = true
                return .retryImmediately
            }
            if error.code == .hostNotFound {
                state.failedLookups += 1
                return state.failedLookups > Self.lookupRepetitions ? .exhausted : .retry()
            }
            return .retry()
        }
    }
}
