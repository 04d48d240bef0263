public import BigQuery
import Foundation
public import GoogleHTTP
import GoogleOAuth
public import Logging
import TextSupport

/// Creates a client, calls a closure with it, and closes its connections.
///
/// ```swift
/// import BigQueryPull
///
/// func printCustomers() async throws {
///     try await withBigQueryClient(credential: .file("credentials.json"), project: "my-project") { client in
///         for try await row in client.rows("SELECT id, name FROM sales.customers") {
///             print(try row["id", as: Int64.self], try row["name", as: String?.self] ?? "unknown")
///         }
///     }
/// }
/// ```
///
/// A function that takes such a closure and passes it on is `nonisolated(nonsending)`, or has an `isolation` parameter of
/// its own.
///
/// Requests go through the proxy that the environment names in `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, if any. A
/// program that needs another transport creates a `BigQueryClient` itself.
///
/// - Parameters:
///   - credential: the credential of all requests.
///   - project: the ID of the project billed for queries. Defaults to the one that the credential names.
///   - endpoint: the URL of the service, such as that of an emulator. Defaults to Google.
///   - authorities: extra trusted CAs, such as those of a TLS-inspecting proxy. Defaults to none.
///   - logger: logs one line per request at level `debug`, without secrets. Defaults to one labelled `BigQueryPull`.
///   - configure: changes the configuration, such as its limits and retries. Defaults to no changes.
///   - isolation: the actor that `body` runs on. Defaults to the caller's.
///   - body: uses the client, which must not escape.
/// - Returns: the result of `body`.
/// - Throws: `OAuthError` if the credential is missing or invalid, `HTTPError` if the endpoint is not a valid URL,
///   `BigQueryError` with code `invalidRequest` if there is no valid project ID, and the errors of `body`.
public func withBigQueryClient<Result>(
    credential: CredentialSource, project: String? = nil, endpoint: String? = nil,
    authorities: TrustedAuthorities? = nil, logger: Logger = Logger(label: "BigQueryPull"),
    configure: (inout BigQueryConfiguration) -> Void = { _ in },
    isolation: isolated (any Actor)? = #isolation,
    _ body: (BigQueryClient) async throws -> Result
) async throws -> Result {
    let environment = ProcessInfo.processInfo.environment
    let transport = HTTPSTransport(
        userAgent: "bqpull/\(ToolVersion.current)", proxy: HTTPProxy(environment: environment),
        authorities: authorities, logger: logger)
    var tokens: (any TokenProvider)?
    do {
        let opened = try await credential.open(TokenContext(transport: transport, environment: environment))
        tokens = opened.tokens
        guard let project = if let project { project } else { try await opened.project() } else {
            throw BigQueryError(code: .invalidRequest, message: "no billing project set")
        }
        var configuration = try BigQueryConfiguration(
            project: project, endpoint: endpoint.map { url throws(HTTPError) in try HTTPEndpoint(url) })
        configure(&configuration)
        let result = try await body(BigQueryClient(configuration, tokens: tokens, transport: transport))
        await close(transport, tokens)
        return result
    } catch {
        await close(transport, tokens)
        throw error
    }
}

/// Closes the connections, after waiting at most two seconds for a token request in flight, which can return a new
/// refresh token.
private func close(_ transport: HTTPSTransport, _ tokens: (any TokenProvider)?) async {
    _ = await withTimeout(.seconds(2)) { await tokens?.settle() }
    // Fails only after an earlier shutdown, which does no harm.
    try? await transport.shutdown()
}
