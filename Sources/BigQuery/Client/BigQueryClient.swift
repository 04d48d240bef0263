import BigQueryRows
import Foundation
public import GoogleHTTP
public import GoogleOAuth
import Synchronization
import TextSupport

/// A client for the BigQuery REST API, version 2.
///
/// ```swift
/// import BigQuery
/// import BigQueryRows
/// import GoogleHTTP
/// import GoogleOAuth
///
/// func printColumns(of name: String, tokens: any TokenProvider, transport: any HTTPTransport) async throws {
///     let configuration = try BigQueryConfiguration(project: "my-project")
///     let client = BigQueryClient(configuration, tokens: tokens, transport: transport)
///     let table = try await client.fetchTable(TableReference(parsing: name, defaultProject: configuration.project))
///     for column in table.schema.fields { print(column.name, column.type.name) }
/// }
/// ```
///
/// Requests are retried as the configuration says. Errors are classified by their reason, then by the status, then by
/// the transport error. A rejected token is renewed once.
public struct BigQueryClient: Sendable {
    /// Project, endpoint, retries and limits.
    public private(set) var configuration: BigQueryConfiguration
    private let tokens: (any TokenProvider)?
    private let transport: any HTTPTransport
    let clock: any Clock<Duration>
    private let onRetry: @Sendable (RetryAttempt) -> Void
    private var retryBudget: RetryBudget?

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - configuration: project, endpoint, retries and limits.
    ///   - tokens: the source of access tokens; `nil` sends none, for emulators.
    ///   - transport: carries the requests.
    ///   - clock: measures waits. Defaults to `ContinuousClock`.
    ///   - onRetry: called before each retry. Does nothing by default.
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

    /// The number of retries of requests for access tokens, by any client of the token provider.
    package var tokenRetryCount: Int64 { tokens?.retryCount ?? 0 }

    /// The client of one run: its requests share a retry budget, and `observer` is called before each retry, too.
    package func forRun(observer: @escaping @Sendable (RetryAttempt) -> Void) -> BigQueryClient {
        let onRetry = onRetry
        var client = BigQueryClient(configuration, tokens: tokens, transport: transport, clock: clock) { attempt in
            onRetry(attempt)
            observer(attempt)
        }
        client.retryBudget = RetryBudget(configuration.runRetryBudget, clock: clock)
        return client
    }

    /// The same client, with or without compression of pages.
    package func compressingPages(_ compressesPages: Bool) -> BigQueryClient {
        var client = self
        client.configuration.compressesPages = compressesPages
        return client
    }

    /// The same client, whose requests and runs are retried for at most `budget`.
    package func retrying(atMost budget: Duration) -> BigQueryClient {
        var client = self
        client.configuration.retry.budget = min(budget, configuration.retry.budget)
        client.configuration.runRetryBudget = min(budget, configuration.runRetryBudget)
        client.configuration.visibilityBudget = min(budget, configuration.visibilityBudget)
        return client
    }

    /// The URL of a resource of a project; by default of the project billed for queries.
    func url(_ path: [String], _ query: KeyValuePairs<String, String?> = [:], project: String? = nil) -> String {
        let project = project ?? configuration.project
        return configuration.endpoint.url(path: ["bigquery", "v2", "projects", project] + path, query: query)
    }

    /// Sends a request, and passes a successful response to `receive`.
    ///
    /// - Parameters:
    ///   - request: the request, without its authorization.
    ///   - budget: the time for retries; `nil` uses the configuration's.
    ///   - classify: classifies an error first, or throws the error to throw instead; `nil` applies the usual rules.
    ///   - receive: reads the body. Its errors are retried as well.
    /// - Returns: what `receive` returns.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    func send<Response: Sendable>(
        _ request: HTTPRequest, budget: Duration? = nil,
        classify: @escaping @Sendable (BigQueryError) async throws -> RetryVerdict? = { _ in nil },
        receive: @escaping @Sendable (HTTPResponseHead, inout HTTPBody) async throws -> Response
    ) async throws -> Response {
        var policy = configuration.retry
        if let budget { policy.budget = budget }
        let (errorLimits, host) = (configuration.errorLimits, configuration.endpoint.host)
        let history = RequestHistory(damagedBodyRetries: configuration.damagedBodyRetries)
        return try await policy.run(
            clock: clock, retryBudget: retryBudget,
            classify: { error in
                if let error = error as? BigQueryError, let verdict = try await classify(error) { return verdict }
                return await history.classify(error, tokens: tokens)
            },
            onRetry: onRetry,
            onExhausted: { error, end in Self.exhausted(error, end, host: host) },
            operation: {
                var request = request
                if let token = try await tokens?.accessToken() {
                    history.used(token)
                    request.authorization = token.authorization
                }
                return try await transport.exchange(request) { head, body in
                    guard head.status == 200 else {
                        throw try await BigQueryError.read(head, &body, limits: errorLimits)
                    }
                    return try await receive(head, &body)
                }
            })
    }

    /// The last error of a request that is not retried again, with the number of attempts.
    private static func exhausted(_ error: any Error, _ end: RetryExhausted, host: String) -> any Error {
        let noted = end.noted(on: error, host: host)
        guard end.refusedWait != nil, var refused = noted as? BigQueryError else { return noted }
        refused.code = .waitTooLong
        return refused
    }

    /// Sends a request whose response is a small JSON object.
    func send<Response: Decodable & Sendable>(
        _ request: HTTPRequest, budget: Duration? = nil, as type: Response.Type,
        classify: @escaping @Sendable (BigQueryError) async throws -> RetryVerdict? = { _ in nil }
    ) async throws -> Response {
        let (host, limit) = (configuration.endpoint.host, configuration.maxResponseBytes)
        return try await send(request, budget: budget, classify: classify) { _, body in
            let bytes = try await body.collect(limit: limit)
            do {
                return try JSONDecoder().decodeUnambiguous(Response.self, from: bytes)
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

/// The attempts of one request so far: the token in use, and the retries that are allowed only a few times.
private final class RequestHistory: Sendable {
    private struct State {
        var token: AccessToken?
        var renewedToken = false
        var damagedBodies = 0
    }

    private let state = Mutex(State())
    private let damagedBodyRetries: Int
    private let transportErrors = RetryClassifier()

    init(damagedBodyRetries: Int) {
        self.damagedBodyRetries = damagedBodyRetries
    }

    func used(_ token: AccessToken) {
        state.withLock { $0.token = token }
    }

    func classify(_ error: any Error, tokens: (any TokenProvider)?) async -> RetryVerdict {
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
        case let error as HTTPError: return transportErrors.classify(error)
        case let error as RowsError where error.isTransient: return damagedBody()
        // An intermediary that responds instead of the service, perhaps only for a moment.
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
        return count <= damagedBodyRetries ? .retry() : .exhausted
    }
}
