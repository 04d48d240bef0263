import BigQuery
import BigQueryEmulator
import BigQueryPull
import GoogleHTTP
import GoogleOAuth
import Logging
import TestSupport
import Testing

/// A token that was fetched before.
private struct FetchedToken: TokenProvider {
    let token: AccessToken

    init(_ credential: GoogleCredential) async throws {
        let transport = HTTPSTransport(userAgent: "test", logger: Logger(label: "test"))
        do {
            token = try await credential.tokenProvider(TokenContext(transport: transport)).accessToken()
            try await transport.shutdown()
        } catch {
            try await transport.shutdown()
            throw error
        }
    }

    func accessToken() -> AccessToken { token }

    func reject(_ token: AccessToken) {}
}

/// Clients of an emulator.
@Suite struct ClientTests {
    enum Source: CaseIterable {
        case file, credential, ownTokenProvider, tokenProviderOfTransport
    }

    /// Calls `body` with the endpoint of an emulator and the path of a file with its credentials.
    private static func withEmulator(_ body: @Sendable (String, String) async throws -> Void) async throws {
        try await TemporaryFolder.with { folder in
            try await Emulator(configuration: EmulatorConfiguration()).withRunning { emulator in
                let credentials = folder.file("credentials.json")
                try emulator.writeCredentialsFile(to: credentials)
                try await body(emulator.endpoint, credentials)
            }
        }
    }

    @Test(arguments: Source.allCases) func connects(source: Source) async throws {
        try await Self.withEmulator { endpoint, file in
            let credential = try GoogleCredential(contentsOfFile: file)
            let source: CredentialSource =
                switch source {
                case .file: .file(file)
                case .credential: .credential(credential)
                case .ownTokenProvider: .tokenProvider(try await FetchedToken(credential))
                case .tokenProviderOfTransport: .tokenProvider { credential.tokenProvider($0) }
                }
            var values: [Int64] = []
            try await withBigQueryClient(
                credential: source, project: "local-project", endpoint: endpoint
            ) { client in
                for try await row in client.rows("SELECT trip_id FROM bench.trips_3") {
                    values.append(try row["trip_id"])
                }
            }
            #expect(values.count == 3)
        }
    }

    /// The credentials of an emulator name its project.
    @Test func theProjectIsThatOfTheCredential() async throws {
        try await Self.withEmulator { endpoint, file in
            let project = try await withBigQueryClient(credential: .file(file), endpoint: endpoint) { client in
                client.configuration.project
            }
            #expect(project == "local-project")
        }
    }

    @Test func theConfigurationCanBeChanged() async throws {
        func configure(_ configuration: inout BigQueryConfiguration) { configuration.longPoll = .seconds(1) }
        let configuration = try await withBigQueryClient(
            credential: .anonymous, project: "my-project", configure: configure
        ) { client in client.configuration }
        #expect(configuration.longPoll == .seconds(1))
        #expect(configuration.endpoint.host == "bigquery.googleapis.com")
    }

    @Test func aMissingProjectIsAnError() async throws {
        let error = await #expect(throws: BigQueryError.self) {
            try await withBigQueryClient(credential: .anonymous) { _ in Issue.record("the body was called") }
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message == "no billing project set")
    }

    @Test func aMissingFileIsAnError() async throws {
        let error = await #expect(throws: OAuthError.self) {
            try await withBigQueryClient(credential: .file("/nonexistent/credentials.json"), project: "my-project") {
                _ in Issue.record("the body was called")
            }
        }
        #expect(error?.code == .credentialsMissing)
    }

    /// Its connections are closed, also after an error.
    @Test func aClientThatEscapesIsClosed() async throws {
        try await Self.withEmulator { endpoint, file in
            var escaped: BigQueryClient?
            await #expect(throws: CancellationError.self) {
                try await withBigQueryClient(credential: .file(file), endpoint: endpoint) { client in
                    escaped = client
                    throw CancellationError()
                }
            }
            let client = try #require(escaped)
            // It is not retried.
            let error = await #expect(throws: HTTPError.self) { for try await _ in client.rows("SELECT 1") {} }
            #expect(error?.code == .alreadyShutDown)
        }
    }
}
