public import Foundation
public import GoogleHTTP
import Synchronization

/// Exchanges a refresh token for access tokens.
///
/// However many callers ask, one exchange is in flight. A token is renewed ahead of its end by a tenth of its
/// lifetime, at most 225 s. Until it ends, nobody waits for the renewal, and one that fails is tried again after 10 s.
/// Without a token that can be used, a failure is not remembered: the next caller tries again. An odd or missing `expires_in` never leads to a loop, since a token that was just
/// made is used at least once.
///
/// A token endpoint may send another refresh token in the place of the one it got. For a credential of bqpull's own
/// store the new one is stored before it is used, under a lock that other processes share; for any other it lives
/// in memory only, with a warning.
public actor RefreshTokenProvider: TokenProvider {
    private struct Held {
        var answer: TokenAnswer
        /// When to renew, and when to stop using it, on the provider's stopwatch; `nil` without a known lifetime.
        var renewal: Duration
        var end: Duration
    }

    private struct Exchange {
        let id: Int
        var task: Task<Void, Never>?
        var waiters: [Int: CheckedContinuation<AccessToken, any Error>] = [:]
    }

    private final class Repetitions: Sendable {
        let count = Atomic<Int64>(0)
    }

    private var credential: AuthorizedUserCredential
    private let repetitions: Repetitions
    private let store: CredentialStore?
    private let endpoint: TokenEndpoint
    private let clock: any Clock<Duration>
    private let elapsed: @Sendable () -> Duration
    private let now: @Sendable () -> Date
    private let onWarning: @Sendable (String) -> Void
    private var held: Held?
    private var inFlight: Exchange?
    private var lastID = 0

    /// How long a token is used whose lifetime the answer does not tell; Google's usual one.
    private static let assumedLifetime: Duration = .seconds(3600)
    /// How long a token that can be used is not renewed after that failed.
    private static let renewalPause: Duration = .seconds(10)

    /// Makes a provider.
    ///
    /// - Parameters:
    ///   - store: bqpull's own store, if the credential was read from it.
    ///   - retry: how failed exchanges are repeated. Defaults to `RetryPolicy.tokenEndpoint`.
    ///   - clock: measures lifetimes and waits; monotonic, so that a changed wall clock has no effect.
    ///   - now: tells the time that is noted in the store; nothing is measured by it.
    ///   - onRepetition: told about each repetition.
    ///   - onWarning: told what the user should know although nothing failed.
    public init(
        credential: AuthorizedUserCredential, store: CredentialStore? = nil, transport: any HTTPTransport,
        retry: RetryPolicy = .tokenEndpoint, clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Date = { Date() },
        onRepetition: @escaping @Sendable (Repetition) -> Void = { _ in },
        onWarning: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        let repetitions = Repetitions()
        self.repetitions = repetitions
        self.credential = credential
        self.store = store
        endpoint = TokenEndpoint(
            address: credential.tokenEndpoint, transport: transport, retry: retry, clock: clock,
            onRepetition: { repetition in
                repetitions.count.add(1, ordering: .relaxed)
                onRepetition(repetition)
            }
        )
        self.clock = clock
        self.elapsed = stopwatch(clock)
        self.now = now
        self.onWarning = onWarning
    }

    /// The answer that brought the token in use; `nil` before the first one.
    public var latestAnswer: TokenAnswer? { held?.answer }

    /// How often an exchange has been repeated so far.
    public nonisolated var repetitionCount: Int64 { repetitions.count.load(ordering: .relaxed) }

    /// A token that is valid now; throws ``OAuthError``, `HTTPError` or `CancellationError`.
    public func accessToken() async throws -> AccessToken {
        let now = elapsed()
        guard let held, now < held.end else { return try await exchanged() }
        if now >= held.renewal, inFlight == nil { startExchange() }
        return held.answer.accessToken
    }

    /// Forgets a token that the service rejected, unless it has been replaced already.
    public func reject(_ token: AccessToken) {
        if held?.answer.accessToken == token { held = nil }
    }

    /// Waits until no exchange is in flight.
    ///
    /// Every program does so before it ends, for some seconds: an exchange that nobody waits for may have brought a new
    /// refresh token, and the old one may have ended with it.
    public func settle() async {
        await inFlight?.task?.value
    }

    /// Waits for the exchange in flight, or starts one.
    ///
    /// The exchange is a task of its own because it belongs to all who wait for it: one caller's cancellation
    /// must not fail the others.
    private func exchanged() async throws -> AccessToken {
        let waiter = newID()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                if inFlight == nil { startExchange() }
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

    private func startExchange() {
        let id = newID()
        inFlight = Exchange(id: id)
        inFlight?.task = Task {
            let result: Result<AccessToken, any Error>
            do {
                result = .success(try await self.exchange())
            } catch {
                result = .failure(error)
                if self.inFlight?.id == id { self.held?.renewal = self.elapsed() + Self.renewalPause }
            }
            self.finish(id, with: result)
        }
    }

    private func finish(_ id: Int, with result: Result<AccessToken, any Error>) {
        guard let exchange = inFlight, exchange.id == id else { return }
        inFlight = nil
        for waiter in exchange.waiters.values { waiter.resume(with: result) }
    }

    /// Notes that a caller no longer waits. Without a store, the last one ends the exchange; with one it goes on,
    /// since the service may have replaced the refresh token already.
    private func leave(_ waiter: Int) {
        guard let continuation = inFlight?.waiters.removeValue(forKey: waiter) else { return }
        continuation.resume(throwing: CancellationError())
        guard store == nil, inFlight?.waiters.isEmpty == true else { return }
        inFlight?.task?.cancel()
        inFlight = nil
    }

    private func exchange() async throws -> AccessToken {
        let answer = try await exchangeRefreshToken()
        let lifetime = answer.lifetime ?? Self.assumedLifetime
        let now = elapsed()
        held = Held(
            answer: answer,
            renewal: now + lifetime - min(.seconds(225), lifetime / 10),
            end: now + lifetime
        )
        return answer.accessToken
    }

    private func exchangeRefreshToken() async throws -> TokenAnswer {
        guard let store else {
            let answer = try await fetchToken()
            if let rotated = answer.refreshToken {
                credential.refreshToken = rotated
                onWarning(
                    "\(endpoint.address.host) replaced the refresh token; the new one was not written back to where the old one is from, and the old one may work no longer"
                )
            }
            return answer
        }
        // Held until the new token is stored: two processes that exchange the same one would each end the other's.
        let lock = try await store.lock(clock: clock)
        defer { lock?.release() }
        // Another process may have got another token; another login may have put another credential there.
        let stored = (try? store.read()).flatMap { $0?.credential.clientID == credential.clientID ? $0 : nil }
        if let stored { credential = stored.credential }
        do {
            let answer = try await fetchToken()
            keep(answer, of: stored, in: store)
            return answer
        } catch let error as OAuthError {
            throw stored.map { error.explained(by: $0, at: now()) } ?? error
        }
    }

    private func keep(_ answer: TokenAnswer, of stored: StoredCredential?, in store: CredentialStore) {
        if let rotated = answer.refreshToken {
            do throws(OAuthError) {
                try store.replaceRefreshToken(credential.refreshToken, by: rotated)
            } catch {
                onWarning(
                    "\(endpoint.address.host) replaced the refresh token, and the new one could not be stored: \(error.message); log in again when the old one has stopped working"
                )
            }
            credential.refreshToken = rotated
        }
        // Only explains later what happened to the token, so that it need not succeed.
        if let stored { try? store.noteUse(of: stored, lifetime: answer.refreshTokenLifetime, at: now()) }
    }

    private func fetchToken() async throws -> TokenAnswer {
        try await endpoint.post(
            [
                "grant_type": "refresh_token",
                "client_id": credential.clientID,
                "client_secret": credential.clientSecret.reveal(),
                "refresh_token": credential.refreshToken.reveal(),
            ], exchange: .refreshToken
        )
    }
}
