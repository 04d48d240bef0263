import Synchronization
import TextSupport

/// Caches the access token of any source and renews it.
///
/// At most one fetch is in flight, regardless of the number of callers. A token is renewed when a tenth of its lifetime,
/// at most 225 s, is left; until it expires, callers keep using it, and a failed renewal is retried after 10 s. Without a
/// usable token, failures are not cached: the next caller fetches again. A new token is used at least once, so that an
/// odd or missing lifetime cannot cause a loop.
///
/// ```swift
/// import GoogleHTTP
/// import GoogleOAuth
///
/// let tokens = RenewingTokenProvider {
///     TokenResponse(accessToken: AccessToken(Secret("a token of an internal service")), lifetime: .seconds(3600))
/// }
/// ```
public actor RenewingTokenProvider: TokenProvider {
    private struct Held {
        var response: TokenResponse
        /// When to renew, and when to stop using it, on the provider's stopwatch.
        var renewal: Duration
        var end: Duration
    }

    private struct Fetch {
        let id: Int
        var task: Task<Void, Never>?
        var waiters: [Int: CheckedContinuation<AccessToken, any Error>] = [:]
    }

    private let fetch: @Sendable (_ onRetry: @escaping @Sendable () -> Void) async throws -> TokenResponse
    private let finishesUnawaited: Bool
    private let awaitsRenewals: Bool
    /// The providers that the fetch itself gets tokens from.
    private let sources: [any TokenProvider]
    private let elapsed: @Sendable () -> Duration
    private let retries = Atomic<Int64>(0)
    private var held: Held?
    private var inFlight: Fetch?
    /// Cancelled fetches that have not returned yet.
    private var ending: [Int: Task<Void, Never>] = [:]
    private var lastID = 0

    /// The assumed lifetime if the response has none: Google's usual one.
    private static let assumedLifetime: Duration = .seconds(3600)
    /// The pause after a failed renewal of a token that is still usable.
    private static let renewalPause: Duration = .seconds(10)

    /// Creates a provider.
    ///
    /// - Parameters:
    ///   - clock: measures lifetimes; monotonic, so that changes of the wall clock have no effect. Defaults to the
    ///     continuous clock.
    ///   - fetch: fetches a new token. It is cancelled when no caller waits for it any more.
    public init(
        clock: any Clock<Duration> = ContinuousClock(), fetch: @escaping @Sendable () async throws -> TokenResponse
    ) {
        self.fetch = { _ in try await fetch() }
        finishesUnawaited = false
        awaitsRenewals = false
        sources = []
        elapsed = stopwatch(clock)
    }

    /// Creates a provider that counts the retries of its fetches.
    ///
    /// - Parameters:
    ///   - context: the dependencies of `fetch`.
    ///   - finishesUnawaited: whether a fetch completes although no caller waits for it, since it can change the
    ///     credential.
    ///   - awaitsRenewals: whether ``settle()`` waits for a renewal instead of cancelling it.
    ///   - sources: the providers that `fetch` gets tokens from.
    ///   - fetch: fetches a new token.
    package init(
        _ context: TokenContext, finishesUnawaited: Bool = false, awaitsRenewals: Bool = false,
        sources: [any TokenProvider] = [], fetch: @escaping @Sendable (TokenContext) async throws -> TokenResponse
    ) {
        self.fetch = { onRetry in
            var counted = context
            counted.onRetry = { attempt in
                onRetry()
                context.onRetry(attempt)
            }
            return try await fetch(counted)
        }
        self.finishesUnawaited = finishesUnawaited
        self.awaitsRenewals = awaitsRenewals
        self.sources = sources
        elapsed = stopwatch(context.clock)
    }

    /// The response that contained the current token; `nil` before the first one.
    public var latestResponse: TokenResponse? { held?.response }

    /// The number of retries of token requests so far, including those of its sources.
    public nonisolated var retryCount: Int64 {
        sources.reduce(retries.load(ordering: .relaxed)) { $0 + $1.retryCount }
    }

    /// Returns a valid token.
    ///
    /// - Throws: the error of the fetch, or `CancellationError`.
    public func accessToken() async throws -> AccessToken {
        let now = elapsed()
        guard let held, now < held.end else { return try await fetched() }
        if now >= held.renewal, inFlight == nil { startFetch() }
        return held.response.accessToken
    }

    /// Drops a token that the service rejected. Has no effect if the token has already been replaced.
    public func reject(_ token: AccessToken) {
        if held?.response.accessToken == token { held = nil }
    }

    /// Waits until no fetch is in flight, including cancelled fetches that still have to end a command. Cancels a
    /// renewal first, unless it has to complete.
    public func settle() async {
        if !awaitsRenewals { endIfUnawaited() }
        for task in ending.values { await task.value }
        await inFlight?.task?.value
        for source in sources { await source.settle() }
    }

    /// Waits for the fetch in flight, or starts one.
    ///
    /// The fetch is an unstructured task because it belongs to all waiters: cancellation of one caller must not fail the
    /// others.
    private func fetched() async throws -> AccessToken {
        let waiter = newID()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                if inFlight == nil { startFetch() }
                inFlight?.waiters[waiter] = continuation
            }
        } onCancel: {
            Task { await self.leave(waiter) }
        }
    }

    private func newID() -> Int {
        lastID += 1
        return lastID
    }

    private func startFetch() {
        let id = newID()
        inFlight = Fetch(id: id)
        inFlight?.task = Task {
            let result: Result<AccessToken, any Error>
            do {
                result = .success(self.hold(try await self.fetch { self.retries.add(1, ordering: .relaxed) }))
            } catch {
                result = .failure(error)
                if self.inFlight?.id == id { self.held?.renewal = self.elapsed() + Self.renewalPause }
            }
            self.finish(id, with: result)
        }
    }

    private func hold(_ response: TokenResponse) -> AccessToken {
        let lifetime = response.lifetime ?? Self.assumedLifetime
        let now = elapsed()
        held = Held(
            response: response,
            renewal: now + lifetime - min(.seconds(225), lifetime / 10),
            end: now + lifetime
        )
        return response.accessToken
    }

    private func finish(_ id: Int, with result: Result<AccessToken, any Error>) {
        ending[id] = nil
        guard let fetch = inFlight, fetch.id == id else { return }
        inFlight = nil
        for waiter in fetch.waiters.values { waiter.resume(with: result) }
    }

    /// Removes a cancelled waiter. The last one cancels the fetch, unless it has to complete.
    private func leave(_ waiter: Int) {
        guard let continuation = inFlight?.waiters.removeValue(forKey: waiter) else { return }
        continuation.resume(throwing: CancellationError())
        endIfUnawaited()
    }

    private func endIfUnawaited() {
        guard !finishesUnawaited, let fetch = inFlight, fetch.waiters.isEmpty else { return }
        fetch.task?.cancel()
        ending[fetch.id] = fetch.task
        inFlight = nil
    }
}
