import BigQuery
import BigQueryEmulator
import BigQueryPull
import Foundation
import GoogleHTTP
import GoogleOAuth
import Logging
import TestSupport

/// A running emulator and a client with its credentials.
struct EmulatorFixture: Sendable {
    let emulator: RunningEmulator
    let client: BigQueryClient
    let folder: TemporaryFolder
    private let tokens: RenewingTokenProvider
    private let transport: HTTPSTransport

    static func with<Result: Sendable>(
        _ configuration: EmulatorConfiguration = EmulatorConfiguration(), longPoll: Duration = .seconds(60),
        _ body: @Sendable (EmulatorFixture) async throws -> Result
    ) async throws -> Result {
        try await TemporaryFolder.with { folder in
            try await Emulator(configuration: configuration).withRunning { emulator in
                let credentials = folder.file("credentials.json")
                try emulator.writeCredentialsFile(to: credentials)
                let transport = HTTPSTransport(
                    userAgent: "test", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                )
                let tokens = try AuthorizedUserCredential(contentsOfFile: credentials).tokenProvider(
                    TokenContext(transport: transport))
                var service = try BigQueryConfiguration(
                    project: configuration.project, endpoint: HTTPEndpoint(emulator.endpoint))
                service.longPoll = longPoll
                let client = BigQueryClient(service, tokens: tokens, transport: transport)
                do {
                    let result = try await body(
                        EmulatorFixture(
                            emulator: emulator, client: client, folder: folder, tokens: tokens, transport: transport))
                    try await transport.shutdown()
                    return result
                } catch {
                    // The first error is the one to report.
                    try? await transport.shutdown()
                    throw error
                }
            }
        }
    }

    /// A client that calls `willSend` before each request.
    func client(willSend: @escaping @Sendable (HTTPRequest) async throws -> Void) -> BigQueryClient {
        BigQueryClient(
            client.configuration, tokens: tokens, transport: WatchedTransport(base: transport, willSend: willSend))
    }
}

private struct WatchedTransport: HTTPTransport {
    let base: HTTPSTransport
    let willSend: @Sendable (HTTPRequest) async throws -> Void

    func exchange<Response: Sendable>(
        _ request: HTTPRequest,
        receive: @escaping @Sendable (HTTPResponseHead, inout HTTPBody) async throws -> Response
    ) async throws -> Response {
        try await willSend(request)
        return try await base.exchange(request, receive: receive)
    }
}
