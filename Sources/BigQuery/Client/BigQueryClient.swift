import BigQueryRows
import Foundation
public import GoogleHTTP
public import GoogleOAuth
import Synchronization
import TextSupport

/// Talks to BigQuery's REST API, version 2.
///
/// Every request is repeated as the configuration says, judged by the error's reason before its status before
/// the transport; a rejected token is renewed once. `prettyPrint` and `useLegacySql`, which the service turns on
/// by default, are always sent.
public struct BigQueryClient: Sendable {
    /// Where and how the service is asked.
    public private(set) var configuration: BigQueryConfiguration
    private let tokens: (any TokenProvider)?
    private let transport: any HTTPTransport
    let clock: any Clock<Duration>
    private let onRetry: @Sendable (RetryAttempt) -> Void
    private var retryBudget: RetryBudget?

    /// Makes a client.
    ///
    /// - Parameters:
    ///   - tokens: where access tokens come from; `nil` sends none, for emulators.
    ///   - clock: measures waits.
    ///   - onRetry: told about each repetition of a request.
    public init(
        _ configuration: BigQueryConfiguration, tokens: (any TokenProvider)?, transport: any HTTPTransport,
        clock: any Clock<Duration> = ContinuousClock(),
        onRetry: @escaping @Sendable (RetryAttempt) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.tokens = tokens
        self.transport = transport
        self.clock = clock
        self.onRetry = onRetry
    }

    /// How often requests for access tokens have been repeated so far, by whoever asked for them.
    package var tokenRepetitionCount: Int64 { tokens?.retryCount ?? 0 }

    /// The client of one run: its requests share a budget, and `observer` is told about each repetition too.
    package func forRun(observer: @escaping @Sendable (RetryAttempt) -> Void) -> BigQueryClient {
        let onRetry = onRetry
        var client = BigQueryClient(configuration, tokens: tokens, transport: transport, clock: clock) { repetition in
            onRetry(repetition)
            observer(repetition)
        }
        client.retryBudget = RetryBudget(configuration.runRetryBudget, clock: clock)
        return client
    }

    /// The same client, which asks for pages compressed or not.
    package func compressingPages(_ compressesPages: Bool) -> BigQueryClient {
        var client = self
        client.configuration.compressesPages = compressesPages
        return client
    }

    /// The address of a resource of a project, by default of the one that pays.
    func url(_ path: [String], _ query: KeyValuePairs<String, String?> = [:], project: String? = nil) -> String {
        let project = project ?? configuration.project
        return configuration.endpoint.url(path: ["bigquery", "v2", "projects", project] + path, query: query)
    }

    /// Sends a request and hands a successful answer to `receive`.
    ///
    /// - Parameters:
    ///   - budget: the time that the request may be repeated for, instead of the configuration's.
    ///   - judge: asked first about an error; `nil` leaves it to the usual rules.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    func send<Answer: Sendable>(
        _ request: HTTPRequest, budget: Duration? = nil,
        judge: @escaping @Sendable (BigQueryError) async -> RetryVerdict? = { _ in nil },
        receive: @escaping @Sendable (HTTPResponseHead, inout HTTPBody) async throws -> Answer
    ) async throws -> Answer {
        var policy = configuration.retry
        if let budget { policy.budget = budget }
        let (errorLimits, host) = (configuration.errorLimits, configuration.endpoint.host)
        let attempt = Attempt(damagedBodyRepetitions: configuration.damagedBodyRepetitions)
        return try await policy.run(
            clock: clock, retryBudget: retryBudget,
            judge: { error in
                if let error = error as? BigQueryError, let verdict = await judge(error) { return verdict }
                return await attempt.judge(error, tokens: tokens)
            },
            onRetry: onRetry,
            onExhausted: { error, end in Self.exhausted(error, end, host: host) }
        ) {
            var request = request
            if let token = try await tokens?.accessToken() {
                attempt.used(token)
                request.authorization = token.authorization
            }
            return try await transport.exchange(request) { head, body in
                guard head.status == 200 else { throw try await BigQueryError.read(head, &body, limits: errorLimits) }
                return try await receive(head, &body)
            }
        }
    }

    /// The last error of a request that is not repeated any more, with how it was tried.
    private static func exhausted(_ error: any Error, _ end: RetryExhausted, host: String) -> any Error {
        let noted = end.noted(on: error, host: host)
        guard end.refusedWait != nil, var refused = noted as? BigQueryError else { return noted }
        refused.code = .waitTooLong
        return refused
    }

    /// Sends a request whose answer is a small JSON object.
    func send<Answer: Decodable & Sendable>(
        _ request: HTTPRequest, budget: Duration? = nil, as type: Answer.Type,
        judge: @escaping @Sendable (BigQueryError) async -> RetryVerdict? = { _ in nil }
    ) async throws -> Answer {
        let (host, answerBytes) = (configuration.endpoint.host, configuration.answerBytes)
        return try await send(request, budget: budget, judge: judge) { _, body in
            let bytes = try await body.collect(limit: answerBytes)
            do {
                return try JSONDecoder().decodeUnambiguous(Answer.self, from: bytes)
            } catch let duplicate as DuplicateMember {
                let name = printable(duplicate.name, limit: 100)
                throw RowsError(
                    code: .malformedJSON, message: "\(host) responded with '\(name)' twice in one object")
            } catch {
                throw BigQueryError.notBigQuery(bytes, host: host, cause: error)
            }
        }
    }
}

/// What one request has been through: which token it used, and which second chances it has had.
private final class Attempt: Sendable {
    private struct State {
        var token: AccessToken?
        var renewedToken = false
        var damagedBodies = 0
    }

    private let state = Mutex(State())
    private let damagedBodyRepetitions: Int
    private let transportJudge = RetryClassifier()

    init(damagedBodyRepetitions: Int) {
        self.damagedBodyRepetitions = damagedBodyRepetitions
    }

    func used(_ token: AccessToken) {
        state.withLock { $0.token = token }
    }

    func judge(_ error: any Error, tokens: (any TokenProvider)?) async -> RetryVerdict {
        switch error {
        case let error as BigQueryError where error.code == .unauthenticated:
            let rejected = state.withLock { state in
                defer { state.renewedToken = true }
                return state.renewedToken ? nil : state.token
            }
            guard let rejected else { return .fail }
            await tokens?.reject(rejected)
            return .retryImmediately
        case let error as BigQueryError where error.isTransient: return .retry(after: error.retryAfter)
        case let error as HTTPError where error.code == .protocolViolation: return damagedBody()
        case let error as HTTPError: return transportJudge.judge(error)
        case let error as RowsError where error.isTransient: return damagedBody()
        // Something on the way that answers in the place of the service, perhaps for a moment only.
        case let error as BigQueryError
        where error.code == .unexpectedAnswer && error.status.map((201..<400).contains) == true:
            return damagedBody()
        default: return .fail
        }
    }

    private func damagedBody() -> RetryVerdict {
        let count = state.withLock { state in
            state.damagedBodies += 1
            return state.damagedBodies
        }
        return count <= damagedBodyRepetitions ? .retry() : .exhausted
    }
}
