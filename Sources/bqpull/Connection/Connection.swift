import BigQuery
import BigQueryPull
import Foundation
import GoogleHTTP
import GoogleOAuth
import Logging

/// A way to BigQuery, made of options and environment.
struct Connection {
    let client: BigQueryClient
    /// What the user should know about the choice of credentials.
    let warnings: [String]
    private let transport: HTTPSTransport

    /// Chooses endpoint, credentials and project, connects, and disconnects after `body`.
    static func with<Result>(
        _ options: ConnectionOptions, environment: [String: String] = ProcessInfo.processInfo.environment,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        let connection = try Connection(options, environment: environment)
        do {
            let result = try await body(connection)
            try? await connection.transport.shutdown()
            return result
        } catch {
            try? await connection.transport.shutdown()
            throw error
        }
    }

    private init(_ options: ConnectionOptions, environment: [String: String]) throws {
        let address = options.endpoint ?? Self.value("BIGQUERY_EMULATOR_HOST", environment)
        let endpoint = try address.map { try HTTPEndpoint($0) }
        let choice = try CredentialChoice(
            search: CredentialSearch(environment: environment), named: options.credentials, endpoint: endpoint
        )
        // What children inherit must not hold secrets that have been read.
        for name in ["BQPULL_CLIENT_SECRET", "BQPULL_REFRESH_TOKEN"] { unsetenv(name) }
        guard
            let project = options.project ?? Self.value("GOOGLE_CLOUD_PROJECT", environment)
                ?? choice.credential?.quotaProjectID
        else {
            throw CommandError(
                message: "no project is known that runs and pays for the query",
                hint: "give --project ID, or set GOOGLE_CLOUD_PROJECT", exitStatus: .usage
            )
        }
        let configuration = try BigQueryConfiguration(project: project, endpoint: endpoint)
        var logger = Logger(label: "bqpull") { _ in StandardErrorLog() }
        logger.logLevel = options.verbose ? .debug : .error
        // BigQuery compresses only for agents that have the word gzip in their name.
        transport = HTTPSTransport(userAgent: "bqpull/\(ToolVersion.current) (gzip)", logger: logger)
        let onRepetition: @Sendable (Repetition) -> Void = { [logger] repetition in
            logger.debug("again in \(Readable.seconds(repetition.delay / .seconds(1))): \(repetition.reason)")
        }
        let transport = transport
        let tokens = choice.credential.map {
            RefreshTokenProvider(credential: $0, transport: transport, onRepetition: onRepetition)
        }
        client = BigQueryClient(
            configuration, tokens: tokens, transport: transport,
            onRepetition: onRepetition
        )
        warnings = choice.warnings
    }

    private static func value(_ name: String, _ environment: [String: String]) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
