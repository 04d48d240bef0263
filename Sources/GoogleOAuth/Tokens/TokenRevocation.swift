public import GoogleHTTP

extension AuthorizedUserCredential {
    /// Takes the refresh token back, and with it all access tokens that were made of it.
    ///
    /// - Returns: `false` if the token had ended already.
    /// - Throws: ``OAuthError``, `HTTPError` or `CancellationError`.
    public func revoke(
        transport: any HTTPTransport, retry: RetryPolicy = .tokenEndpoint,
        clock: any Clock<Duration> = ContinuousClock(),
        onRetry: @escaping @Sendable (RetryAttempt) -> Void = { _ in }
    ) async throws -> Bool {
        let request = HTTPRequest.form(
            GoogleAddress.service("revoke", beside: tokenEndpoint), ["token": refreshToken.reveal()]
        )
        let host = tokenEndpoint.host
        return try await retry.runForOAuth(host: host, clock: clock, onRetry: onRetry) {
            try await transport.exchange(request) { head, body in
                let bytes = try await body.collect(limit: 64 * 1024)
                if head.isSuccess { return true }
                let error = OAuthError(status: head.status, body: bytes, host: host)
                if [.expiredOrRevoked, .damagedToken].contains(error.code) { return false }
                throw error
            }
        }
    }
}
