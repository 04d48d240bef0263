public import Foundation
public import GoogleHTTP

/// Dependencies of a token request: transport, retry policy, clock.
///
/// ```swift
/// import Foundation
/// import GoogleHTTP
/// import GoogleOAuth
///
/// func context(_ transport: any HTTPTransport) -> TokenContext {
///     TokenContext(transport: transport, environment: ProcessInfo.processInfo.environment) { attempt in
///         print("retrying in \(attempt.delay): \(attempt.cause)")
///     } onWarning: { warning in
///         print("warning:", warning)
///     }
/// }
/// ```
public struct TokenContext: Sendable {
    /// Sends the requests.
    public package(set) var transport: any HTTPTransport
    package var retry: RetryPolicy
    package var clock: any Clock<Duration>
    package var now: @Sendable () -> Date
    package var environment: [String: String]
    package var onRetry: @Sendable (RetryAttempt) -> Void
    package var onWarning: @Sendable (String) -> Void

    /// Creates a context.
    ///
    /// - Parameters:
    ///   - transport: sends the requests.
    ///   - retry: the retry policy of requests. Defaults to `RetryPolicy.tokenEndpoint`.
    ///   - clock: measures lifetimes and waits; monotonic, so that changes of the wall clock have no effect. Defaults to
    ///     the continuous clock.
    ///   - now: the wall-clock time in signed requests and stored files. Defaults to the system's.
    ///   - environment: the environment variables that credentials refer to and that commands inherit. Defaults to none.
    ///   - onRetry: called before each retry. Defaults to nothing.
    ///   - onWarning: called with each warning, for example that a new refresh token was not stored. Defaults to nothing.
    public init(
        transport: any HTTPTransport, retry: RetryPolicy = .tokenEndpoint,
        clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Date = { Date() }, environment: [String: String] = [:],
        onRetry: @escaping @Sendable (RetryAttempt) -> Void = { _ in },
        onWarning: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.transport = transport
        self.retry = retry
        self.clock = clock
        self.now = now
        self.environment = environment
        self.onRetry = onRetry
        self.onWarning = onWarning
    }

    /// The largest accepted response, in bytes.
    private static let maximumResponseSize = 64 * 1024

    /// Posts a form to a token endpoint.
    ///
    /// - Parameters:
    ///   - form: the parameters of the request.
    ///   - endpoint: the token endpoint.
    ///   - exchange: the kind of the request, which determines the meaning of errors.
    ///   - authorization: the client's ID and secret, if they are not in the form.
    /// - Returns: the response with an access token.
    /// - Throws: ``OAuthError``, `HTTPError` or `CancellationError`.
    func post(
        _ form: KeyValuePairs<String, String>, to endpoint: HTTPEndpoint, exchange: OAuthError.Exchange,
        authorization: Secret? = nil
    ) async throws -> TokenResponse {
        var request = HTTPRequest.form(endpoint.description, form)
        request.authorization = authorization
        let host = endpoint.host
        return try await self.exchange(request, host: host) { head, bytes in
            guard head.isSuccess else {
                throw OAuthError(status: head.status, body: bytes, host: host, exchange: exchange)
            }
            return try TokenResponse(body: bytes, host: host)
        }
    }

    /// Sends a request, with retries while its server is unavailable.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - host: the name of the server in errors.
    ///   - read: reads a response of any status.
    /// - Returns: the result of `read`.
    /// - Throws: ``OAuthError``, `HTTPError` or `CancellationError`.
    func exchange<Response: Sendable>(
        _ request: HTTPRequest, host: String,
        _ read: @escaping @Sendable (HTTPResponseHead, [UInt8]) throws -> Response
    ) async throws -> Response {
        let classifier = RetryClassifier()
        return try await retry.run(
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
            operation: { [transport] in
                try await transport.exchange(request) { head, body in
                    let bytes = try await body.collect(limit: Self.maximumResponseSize)
                    do {
                        return try read(head, bytes)
                    } catch var error as OAuthError {
                        error.retryAfter = head.retryAfter
                        throw error
                    }
                }
            })
    }

    /// The value of a variable, `nil` if it is empty.
    func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension RetryPolicy {
    /// The default policy for token endpoints: three retries.
    public static let tokenEndpoint: RetryPolicy = {
        var policy = RetryPolicy()
        policy.maxAttempts = 4
        return policy
    }()
}
