public import Foundation
public import GoogleHTTP

/// Exchanges a refresh token for access tokens, each of which is kept and renewed as ``RenewingTokenProvider`` does.
///
/// A token endpoint may send another refresh token in the place of the one it got. For a credential of bqpull's own
/// store the new one is stored before it is used, under a lock that other processes share; for any other it lives
/// in memory only, with a warning.
public final class RefreshTokenProvider: TokenProvider {
    private let tokens: RenewingTokenProvider

    /// Makes a provider.
    ///
    /// - Parameters:
    ///   - store: bqpull's own store, if the credential was read from it.
    ///   - retry: how failed exchanges are repeated. Defaults to `RetryPolicy.tokenEndpoint`.
    ///   - clock: measures lifetimes and waits; monotonic, so that a changed wall clock has no effect.
    ///   - now: tells the time that is noted in the store; nothing is measured by it.
    ///   - onRetry: told about each repetition.
    ///   - onWarning: told what the user should know although nothing failed.
    public convenience init(
        credential: AuthorizedUserCredential, store: CredentialStore? = nil, transport: any HTTPTransport,
        retry: RetryPolicy = .tokenEndpoint, clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Date = { Date() },
        onRetry: @escaping @Sendable (RetryAttempt) -> Void = { _ in },
        onWarning: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.init(
            credential: credential, store: store,
            context: TokenContext(
                transport: transport, retry: retry, clock: clock, now: now, onRetry: onRetry,
                onWarning: onWarning))
    }

    /// Makes a provider.
    ///
    /// - Parameter store: bqpull's own store, if the credential was read from it.
    public init(credential: AuthorizedUserCredential, store: CredentialStore? = nil, context: TokenContext) {
        let repetitions = RetryCounter()
        let exchange = RefreshTokenExchange(
            credential: credential, store: store, context: repetitions.counting(context))
        // With a store an exchange goes on, since the service may have replaced the refresh token already.
        tokens = RenewingTokenProvider(
            clock: context.clock, finishesUnawaited: store != nil, awaitsRenewals: true, repetitions: repetitions
        ) { try await exchange.answer() }
    }

    /// The answer that brought the token in use; `nil` before the first one.
    public var latestAnswer: TokenResponse? {
        get async { await tokens.latestAnswer }
    }

    /// How often an exchange has been repeated so far.
    public var retryCount: Int64 { tokens.retryCount }

    /// A token that is valid now; throws ``OAuthError``, `HTTPError` or `CancellationError`.
    public func accessToken() async throws -> AccessToken { try await tokens.accessToken() }

    /// Forgets a token that the service rejected, unless it has been replaced already.
    public func reject(_ token: AccessToken) async { await tokens.reject(token) }

    /// Waits until no exchange is in flight.
    ///
    /// Every program does so before it ends, for some seconds: an exchange that nobody waits for may have brought a new
    /// refresh token, and the old one may have ended with it.
    public func settle() async { await tokens.settle() }
}

/// The exchanges of one refresh token, or of those that replace it.
private actor RefreshTokenExchange {
    private var credential: AuthorizedUserCredential
    private let store: CredentialStore?
    private let endpoint: TokenEndpoint
    private let context: TokenContext

    init(credential: AuthorizedUserCredential, store: CredentialStore?, context: TokenContext) {
        self.credential = credential
        self.store = store
        self.context = context
        endpoint = TokenEndpoint(address: credential.tokenEndpoint, context: context)
    }

    func answer() async throws -> TokenResponse {
        guard let store else {
            let answer = try await fetchToken()
            if let rotated = answer.refreshToken {
                credential.refreshToken = rotated
                context.onWarning(
                    "\(endpoint.address.host) replaced the refresh token; the new one was not written back to where the old one is from, and the old one may work no longer"
                )
            }
            return answer
        }
        // Held until the new token is stored: two processes that exchange the same one would each end the other's.
        let lock = try await store.lock(clock: context.clock)
        defer { lock?.release() }
        // Another process may have got another token; another login may have put another credential there.
        let stored = (try? store.read()).flatMap { $0?.credential.clientID == credential.clientID ? $0 : nil }
        if let stored { credential = stored.credential }
        do {
            let answer = try await fetchToken()
            keep(answer, of: stored, in: store)
            return answer
        } catch let error as OAuthError {
            throw stored.map { error.explained(by: $0, at: context.now()) } ?? error
        }
    }

    private func keep(_ answer: TokenResponse, of stored: StoredCredential?, in store: CredentialStore) {
        if let rotated = answer.refreshToken {
            do throws(OAuthError) {
                try store.replaceRefreshToken(credential.refreshToken, by: rotated)
            } catch {
                context.onWarning(
                    "\(endpoint.address.host) replaced the refresh token, and the new one could not be stored: \(error.message); log in again when the old one has stopped working"
                )
            }
            credential.refreshToken = rotated
        }
        // Only explains later what happened to the token, so that it need not succeed.
        if let stored { try? store.noteUse(of: stored, lifetime: answer.refreshTokenLifetime, at: context.now()) }
    }

    private func fetchToken() async throws -> TokenResponse {
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
