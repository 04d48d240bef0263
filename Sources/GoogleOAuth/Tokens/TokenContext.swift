public import Foundation
public import GoogleHTTP

/// What getting a token takes besides a credential.
public struct TokenContext: Sendable {
    /// Carries the requests.
    public var transport: any HTTPTransport
    /// How failed requests are repeated. Defaults to `RetryPolicy.tokenEndpoint`.
    public var retry: RetryPolicy
    /// Measures lifetimes and waits; monotonic, so that a changed wall clock has no effect.
    public var clock: any Clock<Duration>
    /// Tells the time that stands in signed requests and files; nothing is measured by it.
    public var now: @Sendable () -> Date
    /// The variables of the process, as some credentials refer to them. Commands are started with them. Defaults to
    /// none.
    public var environment: [String: String]
    /// Told about each repetition.
    public var onRetry: @Sendable (RetryAttempt) -> Void
    /// Told what the user should know although nothing failed.
    public var onWarning: @Sendable (String) -> Void

    /// Makes one; only the transport has no default.
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

    /// The size that an answer may have, in bytes.
    private static let maximumAnswerSize = 64 * 1024

    /// Sends a request, and again while its server is in trouble.
    ///
    /// - Parameter read: makes something of an answer of any status.
    /// - Throws: ``OAuthError``, `HTTPError` or `CancellationError`.
    func exchange<Answer: Sendable>(
        _ request: HTTPRequest, host: String,
        _ read: @escaping @Sendable (HTTPResponseHead, [UInt8]) throws -> Answer
    ) async throws -> Answer {
        let transport = transport
        return try await retry.runForOAuth(host: host, clock: clock, onRetry: onRetry) {
            try await transport.exchange(request) { head, body in
                let bytes = try await body.collect(limit: Self.maximumAnswerSize)
                do {
                    return try read(head, bytes)
                } catch var error as OAuthError {
                    error.retryAfter = head.retryAfter
                    throw error
                }
            }
        }
    }

    /// A variable that is set to something.
    func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
