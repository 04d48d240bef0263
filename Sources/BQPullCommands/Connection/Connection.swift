import BigQuery
import BigQueryPull
import Foundation
import GoogleHTTP
import GoogleOAuth
import Logging
import Synchronization
import TextSupport

/// A way to Google or to what stands in its place, made of options and environment.
final class Connection: Sendable {
    let transport: HTTPSTransport
    /// The endpoint that the user named.
    let namedEndpoint: HTTPEndpoint?
    /// The project that the user named: by an option, the environment or the profile.
    let namedProject: String?
    private let settings: Settings
    private let credentialChoice: CredentialSearch.Choice
    private let logger: Logger
    private let noted = Mutex<[PullWarning]>([])
    private let providers = Mutex<[any TokenProvider]>([])
    /// How often nobody answered so far.
    private let unreachable = Mutex(0)

    /// How long an exchange that was interrupted is waited for.
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

    /// Disconnects. An exchange that goes on may be bringing a new refresh token, and gets some time.
    private func close() async {
        let providers = providers.withLock { $0 }
        let isSettled = await withTimeout(Self.settlingTime) {
            for provider in providers { await provider.settle() }
            return true
        }
        if isSettled == nil {
            Diagnostics.warning(
                "the refresh token was being exchanged; if it is refused from now on, bqpull auth login")
        }
        try? await transport.shutdown()
    }

    private init(_ options: ConnectionOptions, _ authorities: TrustedAuthorities?) throws {
        namedEndpoint = try (options.endpoint ?? ProcessEnvironment.value("BIGQUERY_EMULATOR_HOST")).map {
            try HTTPEndpoint($0)
        }
        settings = try options.settings()
        namedProject = try settings.value(.project, option: options.project)
        credentialChoice = options.credential.choice
        var logger = Logger(label: "bqpull") { _ in StandardErrorLog() }
        logger.logLevel = options.verbose ? .debug : .error
        self.logger = logger
        // BigQuery compresses only for agents that have the word gzip in their name.
        transport = HTTPSTransport(
            userAgent: "bqpull/\(ToolVersion.current) (gzip)",
            proxy: HTTPProxy(environment: ProcessEnvironment.variables),
            authorities: authorities,
            logger: logger
        )
    }

    /// What the user should know although nothing failed.
    var warnings: [PullWarning] { noted.withLock { $0 } }

    /// Shows the warnings, for commands without a report.
    func showWarnings() {
        for warning in warnings { Diagnostics.warning(warning.message) }
    }

    /// Told about each repetition of a request. The second time that nobody answers at all, it is said why this takes so
    /// long.
    var onRetry: @Sendable (RetryAttempt) -> Void {
        { [logger, weak self] repetition in
            logger.debug("again in \(Readable.seconds(repetition.delay / .seconds(1))): \(repetition.cause)")
            guard let error = repetition.cause as? HTTPError, [.connectionFailed, .hostNotFound].contains(error.code)
            else { return }
            let count = self?.unreachable.withLock { count in
                count += 1
                return count
            }
            if count == 2 { Diagnostics.warning("\(error.message); trying again") }
        }
    }

    /// The credentials for the endpoint, and the endpoint.
    func chooseCredentials() async throws -> CredentialChoice {
        let choice = try await CredentialChoice(
            search: ProcessEnvironment.credentials, choice: credentialChoice, endpoint: namedEndpoint,
            context: tokenContext()
        )
        logger.debug("endpoint \(choice.endpoint.map { "\($0)" } ?? "of Google")")
        logger.debug("credentials \(choice.finding.map { printable($0.source) } ?? "none")")
        if let warning = choice.warning {
            noted.withLock { $0.append(PullWarning(code: .credentialsFile, message: warning)) }
        }
        return choice
    }

    /// What gets the tokens of credentials.
    func tokens(of finding: CredentialSearch.Finding, retry: RetryPolicy = .tokenEndpoint) -> any TokenProvider {
        let provider = finding.credential.tokenProvider(tokenContext(retry: retry), store: finding.store)
        providers.withLock { $0.append(provider) }
        return provider
    }

    private func tokenContext(retry: RetryPolicy = .tokenEndpoint) -> TokenContext {
        TokenContext(
            transport: transport, retry: retry, environment: ProcessEnvironment.inheritable, onRetry: onRetry,
            onWarning: { [weak self] warning in
                self?.noted.withLock { $0.append(PullWarning(code: .refreshTokenNotStored, message: warning)) }
            }
        )
    }

    /// The client of the project that pays.
    ///
    /// - Parameter project: the project, whatever the user and the credentials name.
    func client(project: String? = nil) async throws -> BigQueryClient {
        let choice = try await chooseCredentials()
        return try await client(choice, tokens: choice.finding.map { tokens(of: $0) }, project: project)
    }

    /// The client of the project that pays, with tokens from where the caller has them.
    func client(
        _ choice: CredentialChoice, tokens: (any TokenProvider)?, project: String? = nil, retry: RetryPolicy? = nil
    ) async throws -> BigQueryClient {
        var named = project ?? namedProject ?? choice.finding?.credential.quotaProjectID
        if named == nil, case .metadataServer(let server) = choice.finding?.credential {
            named = try await server.fetchProject(tokenContext())
        }
        guard let named else { throw CommandError.noProject }
        if namedProject == nil, let finding = choice.finding {
            settings.note(.project, named, printable(finding.source))
        }
        var configuration = try BigQueryConfiguration(project: named, endpoint: choice.endpoint)
        if let retry { configuration.retry = retry }
        return BigQueryClient(configuration, tokens: tokens, transport: transport, onRetry: onRetry)
    }
}
