public import GoogleHTTP

/// Sends forms to a token endpoint, and again while it is in trouble.
struct TokenEndpoint: Sendable {
    let address: HTTPEndpoint
    let context: TokenContext

    /// Exchanges what stands in the form for an access token.
    ///
    /// - Parameter authorization: the client's id and secret, where they do not stand in the form.
    /// - Throws: ``OAuthError``, `HTTPError` or `CancellationError`.
    func post(
        _ form: KeyValuePairs<String, String>, exchange: OAuthError.Exchange, authorization: Secret? = nil
    ) async throws -> TokenResponse {
        var request = HTTPRequest.form(address.description, form)
        request.authorization = authorization
        let host = address.host
        return try await context.exchange(request, host: host) { head, bytes in
            guard head.isSuccess else {
                throw OAuthError(status: head.status, body: bytes, host: host, exchange: exchange)
            }
            return try TokenResponse(body: bytes, host: host)
        }
    }
}

extension RetryPolicy {
    /// How failed exchanges with a token endpoint are repeated by default: three times.
    public static let tokenEndpoint: RetryPolicy = {
        var policy = RetryPolicy()
        policy.maxAttempts = 4
        return policy
    }()

    /// Carries out a request to an OAuth server, and again while it is in trouble.
    func runForOAuth<Result: Sendable>(
        host: String, clock: any Clock<Duration>, onRetry: @Sendable (RetryAttempt) -> Void,
        operation: @Sendable () async throws -> Result
    ) async throws -> Result {
        let classifier = RetryClassifier()
        return try await run(
            clock: clock,
            classify: { error in
                switch error {
                case let error as OAuthError where error.isTransient: .retry(after: error.retryAfter)
                case let error as HTTPError: classifier.classify(error)
                default: .fail
                }
            },
            onRetry: onRetry,
            onExhausted: { error, end in end.noted(on: error, host: host) },
            operation: operation)
    }
}
