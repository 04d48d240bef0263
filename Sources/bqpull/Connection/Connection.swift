import BigQuery
import BigQueryPull
import Foundation
import GoogleHTTP
import GoogleOAuth
import Logging
import Synchronization

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
    private let providers = Mutex<[RefreshTokenProvider]>([])

    /// How long an exchange that was interrupted is waited for.
    private static let settlingTime: Duration = .seconds(2)

    /// Connects, and disconnects after `body`.
    static func with<Result>(_ options: ConnectionOptions, _ body: (Connection) async throws -> Result) async throws
        -> Result
    {
        let connection = try Connection(options)
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
        let isSettled = await atMost(Self.settlingTime) {
            for provider in providers { await provider.settle() }
            return true
        }
        if isSettled == nil {
            Diagnostics.warning(
                "the refresh token was being exchanged; if it is refused from now on, bqpull auth login")
        }
        try? await transport.shutdown()
    }

    private init(_ options: ConnectionOptions) throws {
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
            authorities: try options.caFile.map { file throws(HTTPError) in
                try TrustedAuthorities(contentsOfFile: file)
            },
            logger: logger
        )
    }

    /// What the user should know although nothing failed.
    var warnings: [PullWarning] { noted.withLock { $0 } }

    /// Shows the warnings, for commands without a report.
    func showWarnings() {
        for warning in warnings { Diagnostics.warning(warning.message) }
    }

    /// Told about each repetition of a request.
    var onRepetition: @Sendable (Repetition) -> Void {
        { [logger] repetition in
            logger.debug("again in \(Readable.seconds(repetition.delay / .seconds(1))): \(repetition.cause)")
        }
    }

    /// The credentials for the endpoint, and the endpoint.
    func chooseCredentials() throws -> CredentialChoice {
        let choice = try CredentialChoice(
            search: ProcessEnvironment.credentials, choice: credentialChoice, endpoint: namedEndpoint
        )
        logger.debug("endpoint \(choice.endpoint.map { "\($0)" } ?? "of Google")")
        logger.debug("credentials \(choice.finding.map { printable($0.source) } ?? "none")")
        if let warning = choice.warning {
            noted.withLock { $0.append(PullWarning(code: .credentialsFile, message: warning)) }
        }
        return choice
    }

    /// What exchanges the refresh token of credentials.
    func tokens(of finding: CredentialSearch.Finding, retry: RetryPolicy = .tokenEndpoint) -> RefreshTokenProvider {
        let provider = RefreshTokenProvider(
            credential: finding.credential, store: finding.store, transport: transport, retry: retry,
            onRepetition: onRepetition,
            onWarning: { [weak self] warning in
                self?.noted.withLock { $0.append(PullWarning(code: .refreshTokenNotStored, message: warning)) }
            }
        )
        providers.withLock { $0.append(provider) }
        return provider
    }

    /// The client of the project that pays.
    ///
    /// - Parameter project: the project, whatever the user and the credentials name.
    func client(project: String? = nil) throws -> BigQueryClient {
        let choice = try chooseCredentials()
        return try client(choice, tokens: choice.finding.map { tokens(of: $0) }, project: project)
    }

    /// The client of the project that pays, with tokens from where the caller has them.
    func client(
        _ choice: CredentialChoice, tokens: RefreshTokenProvider?, project: String? = nil, retry: RetryPolicy? = nil
    ) throws -> BigQueryClient {
        guard let project = project ?? namedProject ?? choice.finding?.credential.quotaProjectID else {
            throw CommandError.noProject
        }
        if namedProject == nil, let finding = choice.finding {
            settings.note(.project, project, printable(finding.source))
        }
        var configuration = try BigQueryConfiguration(project: project, endpoint: choice.endpoint)
        if let retry { configuration.retry = retry }
        return BigQueryClient(configuration, tokens: tokens, transport: transport, onRepetition: onRepetition)
    }
}
