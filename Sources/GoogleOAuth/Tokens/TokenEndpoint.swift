public import GoogleHTTP

/// Sends forms to a token endpoint, and again while it is in trouble.
struct TokenEndpoint: Sendable {
    let address: HTTPEndpoint
    let transport: any HTTPTransport
    let retry: RetryPolicy
    let clock: any Clock<Duration>
    let onRepetition: @Sendable (Repetition) -> Void

    /// The size that an answer may have, in bytes.
    private static let maximumAnswerSize = 64 * 1024

    /// Exchanges what stands in the form for an access token.
    ///
    /// - Throws: ``OAuthError``, `HTTPError` or `CancellationError`.
    func post(_ form: KeyValuePairs<String, String>, exchange: OAuthError.Exchange) async throws -> TokenAnswer {
        let request = HTTPRequest.form(address.description, form)
        let host = address.host
        let transport = transport
        return try await retry.runForOAuth(host: host, clock: clock, onRepetition: onRepetition) {
            try await transport.exchange(request) { head, body in
                let bytes = try await body.collect(limit: Self.maximumAnswerSize)
                guard head.isSuccess else {
                    var error = OAuthError(status: head.status, body: bytes, host: host, exchange: exchange)
                    error.retryAfter = head.retryAfter
                    throw error
                }
                return try TokenAnswer(body: bytes, host: host)
            }
        }
    }
}

extension RetryPolicy {
    /// How failed exchanges with a token endpoint are repeated by default: three times.
    public static let tokenEndpoint: RetryPolicy = {
        var policy = RetryPolicy()
        policy.maximumRepetitions = 3
        return policy
    }()

    /// Carries out a request to an OAuth server, and again while it is in trouble.
    func runForOAuth<Result: Sendable>(
        host: String, clock: any Clock<Duration>, onRepetition: @Sendable (Repetition) -> Void,
        operation: @Sendable () async throws -> Result
    ) async throws -> Result {
        let transportJudge = TransportJudge()
        return try await run(
            clock: clock,
            judge: { error in
                switch error {
                case let error as OAuthError where error.isTransient: .repeatLater(askedFor: error.retryAfter)
                case let error as HTTPError: transportJudge.judge(error)
                default: .stop
                }
            },
            onRepetition: onRepetition,
            onExhaustion: { error, end in end.noted(on: error, host: host) },
            operation: operation)
    }
}

extension OAuthError: AnnotatableError {}
