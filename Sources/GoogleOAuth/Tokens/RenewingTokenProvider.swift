import Synchronization
import TextSupport

/// Keeps an access token and renews it, wherever it comes from.
///
/// However many callers ask, one fetch is in flight. A token is renewed ahead of its end by a tenth of its lifetime, at
/// most 225 s. Until it ends, nobody waits for the renewal, and one that fails is tried again after 10 s. Without a token
/// that can be used, a failure is not remembered: the next caller tries again. An odd or missing lifetime never leads to
/// a loop, since a token that was just made is used at least once.
public actor RenewingTokenProvider: TokenProvider {
    private struct Held {
        var answer: TokenResponse
        /// When to renew, and when to stop using it, on the provider's stopwatch.
        var renewal: Duration
        var end: Duration
    }

    private struct Fetch {
        let id: Int
        var task: Task<Void, Never>?
        var waiters: [Int: CheckedContinuation<AccessToken, any Error>] = [:]
    }

    private let fetch: @Sendable () async throws -> TokenResponse
    private let finishesUnawaited: Bool
    private let awaitsRenewals: Bool
    private let repetitions: RetryCounter
    /// What the fetches get tokens of their own from.
    private let sources: [any TokenProvider]
    private let elapsed: @Sendable () -> Duration
    private var held: Held?
    private var inFlight: Fetch?
    /// Fetches that were cancelled and have not ended yet.
    private var ending: [Int: Task<Void, Never>] = [:]
    private var lastID = 0

    /// How long a token is used whose lifetime the answer does not tell; Google's usual one.
    private static let assumedLifetime: Duration = .seconds(3600)
    /// How long a token that can be used is not renewed after that failed.
    private static let renewalPause: Duration = .seconds(10)

    /// Makes a provider.
    ///
    /// - Parameters:
    ///   - clock: measures lifetimes; monotonic, so that a changed wall clock has no effect.
    ///   - fetch: brings a new token. It is cancelled when nobody waits for it any more.
    public init(
        clock: any Clock<Duration> = ContinuousClock(), fetch: @escaping @Sendable () async throws -> TokenResponse
    ) {
        self.init(clock: clock, finishesUnawaited: false, repetitions: RetryCounter(), fetch: fetch)
    }

    /// - Parameters:
    ///   - finishesUnawaited: whether a fetch goes on that nobody waits for, since it may change what the next one needs.
    ///   - awaitsRenewals: whether ``settle()`` waits for a renewal that nobody waits for, instead of cancelling it.
    ///   - repetitions: counts those of the fetches.
    ///   - sources: what the fetches get tokens of their own from.
    init(
        clock: any Clock<Duration>, finishesUnawaited: Bool = false, awaitsRenewals: Bool = false,
        repetitions: RetryCounter,
        sources: [any TokenProvider] = [], fetch: @escaping @Sendable () async throws -> TokenResponse
    ) {
        self.fetch = fetch
        self.finishesUnawaited = finishesUnawaited
        self.awaitsRenewals = awaitsRenewals
        self.repetitions = repetitions
        self.sources = sources
        elapsed = stopwatch(clock)
    }

    /// The answer that brought the token in use; `nil` before the first one.
    public var latestAnswer: TokenResponse? { held?.answer }

    /// How often a request for a token has been repeated so far.
    public nonisolated var retryCount: Int64 { repetitions.count }

    /// A token that is valid now; throws what the fetch throws, or `CancellationError`.
    public func accessToken() async throws -> AccessToken {
        let now = elapsed()
        guard let held, now < held.end else { return try await fetched() }
        if now >= held.renewal, inFlight == nil { startFetch() }
        return held.answer.accessToken
    }

    /// Forgets a token that the service rejected, unless it has been replaced already.
    public func reject(_ token: AccessToken) {
        if held?.answer.accessToken == token { held = nil }
    }

    /// Waits until no fetch is in flight; one that was cancelled may still be ending a command. A renewal that nobody
    /// waits for is cancelled before, unless it is to finish.
    public func settle() async {
        if !awaitsRenewals { endIfUnawaited() }
        for task in ending.values { await task.value }
        await inFlight?.task?.value
        for source in sources { await source.settle() }
    }

    /// Waits for the fetch in flight, or starts one.
    ///
    /// The fetch is a task of its own because it belongs to all who wait for it: one caller's cancellation must not
    /// fail the others.
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
                result = .success(self.hold(try await self.fetch()))
            } catch {
                result = .failure(error)
                if self.inFlight?.id == id { self.held?.renewal = self.elapsed() + Self.renewalPause }
            }
            self.finish(id, with: result)
        }
    }

    private func hold(_ answer: TokenResponse) -> AccessToken {
        let lifetime = answer.lifetime ?? Self.assumedLifetime
        let now = elapsed()
        held = Held(
            answer: answer,
            renewal: now + lifetime - min(.seconds(225), lifetime / 10),
            end: now + lifetime
        )
        return answer.accessToken
    }

    private func finish(_ id: Int, with result: Result<AccessToken, any Error>) {
        ending[id] = nil
        guard let fetch = inFlight, fetch.id == id else { return }
        inFlight = nil
        for waiter in fetch.waiters.values { waiter.resume(with: result) }
    }

    /// Notes that a caller no longer waits. The last one ends the fetch, unless that is to finish.
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

/// How often requests for tokens were repeated.
final class RetryCounter: Sendable {
    private let value = Atomic<Int64>(0)

    var count: Int64 { value.load(ordering: .relaxed) }

    /// The context with its repetitions counted here.
    func counting(_ context: TokenContext) -> TokenContext {
        var counted = context
        counted.onRetry = { [self] repetition in
            value.add(1, ordering: .relaxed)
            context.onRetry(repetition)
        }
        return counted
    }
}
