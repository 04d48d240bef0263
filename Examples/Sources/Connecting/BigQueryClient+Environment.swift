public import BigQuery
import CredentialStore
import GoogleHTTP
import GoogleOAuth
import Logging

extension BigQueryClient {
    /// Connects to BigQuery with what the environment names, and disconnects after `body`.
    ///
    /// Credentials are looked for where the command line looks for them, beginning with `BQPULL_CREDENTIALS`;
    /// `GOOGLE_CLOUD_PROJECT` is the project that pays, else the one that the credentials name;
    /// `BIGQUERY_EMULATOR_HOST` is the address of an emulator.
    ///
    /// - Throws: what the parts throw: `OAuthError`, `HTTPError`, `BigQueryError`, and what `body` throws.
    public static func with<Result: Sendable>(
        environment: [String: String], _ body: @Sendable (BigQueryClient) async throws -> Result
    ) async throws -> Result {
        let search = CredentialSearch(
            environment: environment, variablePrefix: "BQPULL_",
            storeFolder: environment["HOME"].map { $0 + "/.config/bqpull" })
        guard let located = try search.first() else {
            throw OAuthError(
                code: .noCredentials,
                message: "no credentials were found; run bqpull auth login, or set BQPULL_CREDENTIALS")
        }
        guard let project = environment["GOOGLE_CLOUD_PROJECT"] ?? located.credential.quotaProjectID else {
            throw BigQueryError(
                code: .invalidRequest, message: "no billing project is set; set GOOGLE_CLOUD_PROJECT")
        }
        let endpoint = try environment["BIGQUERY_EMULATOR_HOST"].map { try HTTPEndpoint($0) }
        let transport = HTTPSTransport(
            userAgent: "examples/1.0", proxy: HTTPProxy(environment: environment), logger: Logger(label: "examples"))
        let context = TokenContext(transport: transport, environment: environment)
        let client = BigQueryClient(
            try BigQueryConfiguration(project: project, endpoint: endpoint),
            tokens: located.tokenProvider(context), transport: transport)
        do {
            let result = try await body(client)
            try await transport.shutdown()
            return result
        } catch {
            try? await transport.shutdown()
            throw error
        }
    }
}
