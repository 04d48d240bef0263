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
    /// The project that the user named.
    let namedProject: String?
    private let credentialChoice: CredentialSearch.Choice
    private let logger: Logger
    private let noted = Mutex<[String]>([])

    /// Connects, and disconnects after `body`.
    static func with<Result>(_ options: ConnectionOptions, _ body: (Connection) async throws -> Result) async throws
        -> Result
    {
        let connection = try Connection(options)
        do {
            let result = try await body(connection)
            try? await connection.transport.shutdown()
            return result
        } catch {
            try? await connection.transport.shutdown()
            throw error
        }
    }

    private init(_ options: ConnectionOptions) throws {
        namedEndpoint = try (options.endpoint ?? ProcessEnvironment.value("BIGQUERY_EMULATOR_HOST")).map {
            try HTTPEndpoint($0)
        }
        namedProject = options.project ?? ProcessEnvironment.value("GOOGLE_CLOUD_PROJECT")
        credentialChoice = options.credential.choice
        var logger = Logger(label: "bqpull") { _ in StandardErrorLog() }
        logger.logLevel = options.verbose ? .debug : .error
        self.logger = logger
        // BigQuery compresses only for agents that have the word gzip in their name.
        transport = HTTPSTransport(
            userAgent: "bqpull/\(ToolVersion.current) (gzip)",
            proxy: try HTTPProxy(environment: ProcessEnvironment.variables), logger: logger
        )
    }

    /// What the user should know although nothing failed.
    var warnings: [String] { noted.withLock { $0 } }

    /// Told about each repetition of a request.
    var onRepetition: @Sendable (Repetition) -> Void {
        { [logger] repetition in
            logger.debug("again in \(Readable.seconds(repetition.delay / .seconds(1))): \(repetition.reason)")
        }
    }

    /// The credentials for the endpoint, and the endpoint.
    func chooseCredentials() throws -> CredentialChoice {
        let choice = try CredentialChoice(
            search: CredentialSearch(environment: ProcessEnvironment.variables), choice: credentialChoice,
            endpoint: namedEndpoint
        )
        noted.withLock { $0 += choice.warnings }
        return choice
    }

    /// What exchanges the refresh token of credentials.
    func tokens(of finding: CredentialSearch.Finding) -> RefreshTokenProvider {
        RefreshTokenProvider(
            credential: finding.credential, store: finding.store, transport: transport, onRepetition: onRepetition,
            onWarning: { [weak self] warning in self?.noted.withLock { $0.append(warning) } }
        )
    }

    /// The client of the project that pays.
    func client() throws -> BigQueryClient {
        let choice = try chooseCredentials()
        return try client(choice, tokens: choice.finding.map(tokens))
    }

    /// The client of the project that pays, with tokens from where the caller has them.
    func client(_ choice: CredentialChoice, tokens: RefreshTokenProvider?, retry: RetryPolicy? = nil) throws
        -> BigQueryClient
    {
        guard let project = namedProject ?? choice.finding?.credential.quotaProjectID else {
            throw CommandError(
                message: "no project is known that runs and pays for the query",
                exitStatus: .usage,
                hint: "give --project ID, or set GOOGLE_CLOUD_PROJECT"
            )
        }
        var configuration = try BigQueryConfiguration(project: project, endpoint: choice.endpoint)
        if let retry { configuration.retry = retry }
        return BigQueryClient(configuration, tokens: tokens, transport: transport, onRepetition: onRepetition)
    }
}
