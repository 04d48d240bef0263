public import BigQuery
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
        guard let finding = try CredentialSearch(environment: environment).first() else {
            throw OAuthError(
                code: .noCredentials, message: "there are no credentials",
                hint: "bqpull auth login, or set BQPULL_CREDENTIALS")
        }
        guard let project = environment["GOOGLE_CLOUD_PROJECT"] ?? finding.credential.quotaProjectID else {
            throw BigQueryError(
                code: .invalidRequest, message: "no billing project is set; set GOOGLE_CLOUD_PROJECT")
        }
        let endpoint = try environment["BIGQUERY_EMULATOR_HOST"].map { try HTTPEndpoint($0) }
        let transport = HTTPSTransport(
            userAgent: "examples (gzip)", proxy: HTTPProxy(environment: environment), logger: Logger(label: "examples"))
        let context = TokenContext(transport: transport, environment: environment)
        let client = BigQueryClient(
            try BigQueryConfiguration(project: project, endpoint: endpoint),
            tokens: finding.credential.tokenProvider(context, store: finding.store), transport: transport)
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
