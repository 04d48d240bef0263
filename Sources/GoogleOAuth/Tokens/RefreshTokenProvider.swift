public import GoogleHTTP

/// Exchanges a refresh token for access tokens.
///
/// However many callers ask, one exchange is in flight. A token is renewed ahead of its end by a tenth of its
/// lifetime, at most 225 s; until it ends, a failing renewal does not stop work. A failure is not remembered: the
/// next caller tries again. An odd or missing `expires_in` never leads to a loop, since a token that was just
/// made is used at least once.
public actor RefreshTokenProvider: TokenProvider {
    private struct Held {
        var token: AccessToken
        /// When to renew, and when to stop using it, on the provider's stopwatch; `nil` without a known lifetime.
        var renewal: Duration
        var end: Duration
    }

    private struct Exchange {
        let id: Int
        let task: Task<AccessToken, any Error>
        var waiters = 0
    }

    private var credential: AuthorizedUserCredential
    private let transport: any HTTPTransport
    private let retry: RetryPolicy
    private let clock: any Clock<Duration>
    private let elapsed: @Sendable () -> Duration
    private let onRepetition: @Sendable (Repetition) -> Void
    private var held: Held?
    private var inFlight: Exchange?
    private var lastExchangeID = 0

    /// The size that an answer may have, in bytes.
    private static let maximumAnswerSize = 64 * 1024

    /// How long a token is used whose lifetime the answer does not tell; Google's usual one.
    private static let assumedLifetime: Duration = .seconds(3600)

    /// How often a failed exchange is repeated by default.
    public static let defaultRetry: RetryPolicy = {
        var policy = RetryPolicy()
        policy.maximumRepetitions = 3
        return policy
    }()

    /// Makes a provider.
    ///
    /// - Parameters:
    ///   - retry: how failed exchanges are repeated. Defaults to ``defaultRetry``.
    ///   - clock: measures lifetimes and waits; monotonic, so that a changed wall clock has no effect.
    ///   - onRepetition: told about each repetition.
    public init(
        credential: AuthorizedUserCredential, transport: any HTTPTransport,
        retry: RetryPolicy = RefreshTokenProvider.defaultRetry, clock: any Clock<Duration> = ContinuousClock(),
        onRepetition: @escaping @Sendable (Repetition) -> Void = { _ in }
    ) {
        self.credential = credential
        self.transport = transport
        self.retry = retry
        self.clock = clock
        self.elapsed = stopwatch(clock)
        self.onRepetition = onRepetition
    }

    /// A token that is valid now; throws ``OAuthError``, `HTTPError` or `CancellationError`.
    public func accessToken() async throws -> AccessToken {
        guard let held else { return try await exchanged() }
        let now = elapsed()
        if now < held.renewal { return held.token }
        do {
            return try await exchanged()
        } catch  where elapsed() < held.end && !(error is CancellationError) {
            return held.token
        }
    }

    /// Forgets a token that the service rejected, unless it has been replaced already.
    public func reject(_ token: AccessToken) {
        if held?.token == token { held = nil }
    }

    /// Waits for the exchange in flight, or starts one.
    ///
    /// The exchange is a task of its own because it belongs to all who wait for it: one caller's cancellation
    /// must not fail the others. It is cancelled when the last of them is.
    private func exchanged() async throws -> AccessToken {
        let exchange = inFlight ?? newExchange()
        inFlight = exchange
        inFlight?.waiters += 1
        return try await withTaskCancellationHandler {
            try await exchange.task.value
        } onCancel: {
            Task { await self.leave(exchange.id) }
        }
    }

    private func newExchange() -> Exchange {
        lastExchangeID += 1
        let id = lastExchangeID
        return Exchange(id: id, task: Task { try await self.exchange(id) })
    }

    private func exchange(_ id: Int) async throws -> AccessToken {
        defer { if inFlight?.id == id { inFlight = nil } }
        let answer = try await fetchToken()
        if let rotated = answer.refreshToken { credential.refreshToken = rotated }
        let lifetime = answer.lifetime ?? Self.assumedLifetime
        let now = elapsed()
        held = Held(
            token: answer.accessToken,
            renewal: now + lifetime - min(.seconds(225), lifetime / 10),
            end: now + lifetime
        )
        return answer.accessToken
    }

    /// Notes that a caller no longer waits. Whoever comes after the last one starts a new exchange.
    private func leave(_ id: Int) {
        guard var exchange = inFlight, exchange.id == id else { return }
        exchange.waiters -= 1
        inFlight = exchange.waiters > 0 ? exchange : nil
        if exchange.waiters == 0 { exchange.task.cancel() }
    }

    private func fetchToken() async throws -> TokenAnswer {
        let request = HTTPRequest.form(
            credential.tokenEndpoint.description,
            [
                "grant_type": "refresh_token",
                "client_id": credential.clientID,
                "client_secret": credential.clientSecret.reveal(),
                "refresh_token": credential.refreshToken.reveal(),
            ]
        )
        let host = credential.tokenEndpoint.host
        let transport = transport
        return try await retry.run(clock: clock, judge: Self.judge, onRepetition: onRepetition) {
            try await transport.exchange(request) { head, body in
                let bytes = try await body.collect(limit: Self.maximumAnswerSize)
                guard head.isSuccess else {
                    var error = OAuthError(status: head.status, body: bytes, host: host)
                    error.retryAfter = head.retryAfter
                    throw error
                }
                return try TokenAnswer(body: bytes, host: host)
            }
        }
    }

    @Sendable private static func judge(_ error: any Error) -> RetryVerdict {
        switch error {
        case let error as OAuthError where error.isTransient: .repeatLater(askedFor: error.retryAfter)
        case let error as HTTPError where error.isTransient: .repeatLater()
        default: .stop
        }
    }
}
