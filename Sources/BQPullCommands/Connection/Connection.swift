import BigQuery
import BigQueryPull
import CredentialStore
import Foundation
import GoogleHTTP
import GoogleOAuth
import Logging
import Synchronization
import TextSupport

/// A connection to BigQuery, configured by options and environment: transport, credentials and warnings.
final class Connection: Sendable {
    let transport: HTTPSTransport
    /// The endpoint set by the user.
    let namedEndpoint: HTTPEndpoint?
    /// The project set by an option, the environment or the profile.
    let namedProject: String?
    private let settings: Settings
    private let credentialLocation: CredentialSearch.Location
    private let logger: Logger
    private let noted = Mutex<[PullWarning]>([])
    private let providers = Mutex<[any TokenProvider]>([])
    /// The number of attempts so far that found the service unreachable.
    private let unreachable = Mutex(0)

    /// How long to wait for an interrupted token request.
    private static let settlingTime: Duration = .seconds(2)

    /// Connects, and disconnects after `body`.
    static func with<Result>(_ options: ConnectionOptions, _ body: (Connection) async throws -> Result) async throws
        -> Result
    {
        let file = options.caFile
        let authorities = try await onOwnThread {
            try file.map { file throws(HTTPError) in try TrustedAuthorities(contentsOfFile: file) }
        }
        let connection = try Connection(options, authorities)
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            connection.showWarnings()
            throw error
        }
    }

    /// Disconnects, after waiting for token requests in flight, which can return a new refresh token.
    private func close() async {
        let providers = providers.withLock { $0 }
        let isSettled = await withTimeout(Self.settlingTime) {
            for provider in providers { await provider.settle() }
            return true
        }
        if isSettled == nil {
            Diagnostics.warning(
                "a token request was interrupted; if the refresh token is rejected from now on, run bqpull auth login")
        }
        // A connection that fails to close is closed with the process.
        try? await transport.shutdown()
    }

    private init(_ options: ConnectionOptions, _ authorities: TrustedAuthorities?) throws {
        namedEndpoint = try (options.endpoint ?? ProcessEnvironment.value("BIGQUERY_EMULATOR_HOST")).map {
            try HTTPEndpoint($0)
        }
        settings = try options.settings()
        namedProject = try settings.value(.project, option: options.project)
        credentialLocation = options.credential.location
        var logger = Logger(label: "bqpull") { _ in StandardErrorLog() }
        logger.logLevel = options.verbose ? .debug : .error
        self.logger = logger
        transport = HTTPSTransport(
            userAgent: "bqpull/\(ToolVersion.current)",
            proxy: HTTPProxy(environment: ProcessEnvironment.variables),
            authorities: authorities,
            logger: logger
        )
    }

    /// Warnings about credentials.
    var warnings: [PullWarning] { noted.withLock { $0 } }

    /// Shows the warnings, for commands without a report.
    func showWarnings() {
        for warning in warnings { Diagnostics.warning(warning.message) }
    }

    /// Logs each retry. Warns at the second attempt that finds the service unreachable.
    var onRetry: @Sendable (RetryAttempt) -> Void {
        { [logger, weak self] attempt in
            logger.debug("retrying in \(Readable.duration(attempt.delay)): \(attempt.cause)")
            guard let error = attempt.cause as? HTTPError, [.connectionFailed, .hostNotFound].contains(error.code)
            else { return }
            let count = self?.unreachable.withLock { count in
                count += 1
                return count
            }
            if count == 2 { Diagnostics.warning("\(error.message); retrying") }
        }
    }

    /// Finds the endpoint and its credential.
    func chooseCredential() async throws -> CredentialChoice {
        let choice = try await ProcessEnvironment.credentials.choose(
            credentialLocation, for: namedEndpoint, tokenContext())
        logger.debug("endpoint \(choice.endpoint.map { "\($0)" } ?? "Google")")
        logger.debug("credentials \(choice.credential.map { printable($0.source) } ?? "none")")
        if let warning = choice.warning {
            noted.withLock { $0.append(PullWarning(code: .credentialsFile, message: warning)) }
        }
        return choice
    }

    /// A provider of a credential's tokens.
    func tokens(of credential: LocatedCredential, retry: RetryPolicy = .tokenEndpoint) -> any TokenProvider {
        let provider = credential.tokenProvider(tokenContext(retry: retry))
        providers.withLock { $0.append(provider) }
        return provider
    }

    /// The dependencies of token requests.
    func tokenContext(retry: RetryPolicy = .tokenEndpoint) -> TokenContext {
        TokenContext(
            transport: transport, retry: retry, environment: ProcessEnvironment.inheritable, onRetry: onRetry,
            onWarning: { [weak self] warning in
                self?.noted.withLock { $0.append(PullWarning(code: .refreshTokenNotStored, message: warning)) }
            }
        )
    }

    /// A client of the project billed for queries.
    ///
    /// - Parameter project: Overrides the project set by the user or the credentials.
    /// - Returns: The client.
    /// - Throws: ``CommandError`` if no project is set, or an error of the credentials.
    func client(project: String? = nil) async throws -> BigQueryClient {
        let choice = try await chooseCredential()
        return try await client(choice, tokens: choice.credential.map { tokens(of: $0) }, project: project)
    }

    /// A client of the project billed for queries, with chosen credentials and tokens.
    func client(
        _ choice: CredentialChoice, tokens: (any TokenProvider)?, project: String? = nil, retry: RetryPolicy? = nil
    ) async throws -> BigQueryClient {
        var named = project ?? namedProject ?? choice.credential?.credential.quotaProjectID
        if named == nil, case .metadataServer(let server) = choice.credential?.credential {
            named = try await server.fetchProject(tokenContext())
        }
        guard let named else { throw CommandError.noProject }
        if namedProject == nil, let credential = choice.credential {
            settings.note(.project, named, printable(credential.source))
        }
        var configuration = try BigQueryConfiguration(project: named, endpoint: choice.endpoint)
        if let retry { configuration.retry = retry }
        return BigQueryClient(configuration, tokens: tokens, transport: transport, onRetry: onRetry)
    }
}

/// Log lines on standard error, for `--verbose`.
private struct StandardErrorLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .error

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        event.level > .info ? Diagnostics.warning("\(event.message)") : Diagnostics.debug("\(event.message)")
    }
}
