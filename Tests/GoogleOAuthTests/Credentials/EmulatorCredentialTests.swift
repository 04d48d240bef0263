import BigQueryEmulator
import CryptoExtras
import Foundation
import GoogleHTTP
import GoogleOAuth
import Logging
import TestSupport
import Testing

/// Every type of credential against the emulator, over sockets.
@Suite struct EmulatorCredentialTests {
    private struct Place: Sendable {
        let emulator: RunningEmulator
        let folder: TemporaryFolder
        let transport: HTTPSTransport

        /// The path of the credentials file.
        var file: String { folder.file("credentials.json") }

        func context(
            environment: [String: String] = [:], now: @escaping @Sendable () -> Date = { Date() }
        ) -> TokenContext {
            var retry = RetryPolicy.tokenEndpoint
            retry.maxAttempts = 1
            return TokenContext(transport: transport, retry: retry, now: now, environment: environment)
        }

        /// The status of an API request with this token.
        func status(with token: AccessToken) async throws -> Int {
            let request = HTTPRequest(
                .get, emulator.endpoint + "/bigquery/v2/projects", authorization: token.authorization)
            return try await transport.exchange(request) { head, _ in head.status }
        }

        /// The file as the emulator writes it, with changes.
        func write(_ kind: EmulatorCredentials, _ changes: [String: Any]) throws {
            try emulator.writeCredentialsFile(to: file, as: kind)
            let data = try Data(contentsOf: URL(fileURLWithPath: file))
            let members = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
            _ = try folder.write(members.merging(changes) { $1 })
        }
    }

    private func withEmulator(
        _ configuration: EmulatorConfiguration = EmulatorConfiguration(),
        _ body: @Sendable (Place) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder in
            try await Emulator(configuration: configuration).withRunning { emulator in
                let transport = HTTPSTransport(
                    userAgent: "test", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
                do {
                    try await body(Place(emulator: emulator, folder: folder, transport: transport))
                } catch {
                    // The first error is the one to report.
                    try? await transport.shutdown()
                    throw error
                }
                try await transport.shutdown()
            }
        }
    }

    private static let environment = ["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES": "1", "PATH": "/usr/bin:/bin"]

    @Test(arguments: EmulatorCredentials.allCases)
    func everyTypeYieldsAValidToken(kind: EmulatorCredentials) async throws {
        try await withEmulator { place in
            try place.emulator.writeCredentialsFile(to: place.file, as: kind)
            let credential = try GoogleCredential(contentsOfFile: place.file)
            #expect(credential.isLocal)
            let tokens = credential.tokenProvider(place.context(environment: Self.environment))
            let first = try await tokens.accessToken()
            #expect(try await place.status(with: first) == 200)
            #expect(try await tokens.accessToken() == first)
            let lifetime = try #require(await tokens.latestResponse?.lifetime)
            #expect((.seconds(3590)...(.seconds(3600))).contains(lifetime), "\(lifetime)")
            await tokens.reject(first)
            let second = try await tokens.accessToken()
            #expect(second != first)
            #expect(try await place.status(with: second) == 200)
            #expect(try permissions(of: place.file) == 0o600)
        }
    }

    private func permissions(of path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func usesTheMachinesServiceAccount() async throws {
        try await withEmulator { place in
            let host = String(place.emulator.endpoint.dropFirst("http://".count))
            let server = try MetadataServer(environment: ["GCE_METADATA_HOST": host])
            let tokens = GoogleCredential.metadataServer(server).tokenProvider(place.context())
            #expect(try await place.status(with: try await tokens.accessToken()) == 200)
            #expect(try await server.fetchProject(place.context()) == "local-project")
        }
        try await withEmulator(EmulatorConfiguration(failure: .noServiceAccount)) { place in
            let host = String(place.emulator.endpoint.dropFirst("http://".count))
            let server = try MetadataServer(environment: ["GCE_METADATA_IP": host])
            let tokens = GoogleCredential.metadataServer(server).tokenProvider(place.context())
            let error = await #expect(throws: OAuthError.self) { try await tokens.accessToken() }
            #expect(error?.code == .noServiceAccount)
        }
    }

    @Test func usesTheEnvironmentsAWSKeys() async throws {
        try await withEmulator { place in
            try place.emulator.writeCredentialsFile(to: place.file, as: .externalAccountAWS)
            let credential = try GoogleCredential(contentsOfFile: place.file)
            var environment = [
                "AWS_REGION": "us-east-2", "AWS_ACCESS_KEY_ID": "AKIDEMULATOR",
                "AWS_SECRET_ACCESS_KEY": "emulator-aws-secret", "AWS_SESSION_TOKEN": "emulator-aws-session",
            ]
            let good = credential.tokenProvider(place.context(environment: environment))
            #expect(try await place.status(with: try await good.accessToken()) == 200)
            environment["AWS_SECRET_ACCESS_KEY"] = "another"
            let bad = credential.tokenProvider(place.context(environment: environment))
            let error = await #expect(throws: OAuthError.self) { try await bad.accessToken() }
            #expect(error?.code == .identityRejected)
            #expect(error?.message.contains("another") == false)
        }
    }

    @Test(arguments: [(-86_400.0, OAuthError.Code.wrongClock), (86_400, .wrongClock), (0, nil), (-600, nil), (30, nil)])
    func detectsAWrongClock(ahead: Double, code: OAuthError.Code?) async throws {
        try await withEmulator { place in
            try place.emulator.writeCredentialsFile(to: place.file, as: .serviceAccount)
            let tokens = try GoogleCredential(contentsOfFile: place.file).tokenProvider(
                place.context(now: { Date(timeIntervalSinceNow: ahead) }))
            do {
                _ = try await tokens.accessToken()
                #expect(code == nil)
            } catch let error as OAuthError {
                #expect(error.code == code)
            }
        }
    }

    /// The error responses of the services.
    @Test func distinguishesErrorResponses() async throws {
        let key = try FakeKey.key.get().pkcs8PEMRepresentation
        try await withEmulator { place in
            let cases: [(EmulatorCredentials, [String: Any], OAuthError.Code)] = [
                (.serviceAccount, ["private_key": key], .keyRejected),
                (.serviceAccount, ["private_key_id": "deleted"], .keyRejected),
                (.serviceAccount, ["client_email": "other@local-project.iam.gserviceaccount.com"], .keyRejected),
                (
                    .impersonatedServiceAccount,
                    [
                        "service_account_impersonation_url":
                            "\(place.emulator.endpoint)/v1/projects/-/serviceAccounts/other@p:generateAccessToken"
                    ], .impersonationDenied
                ),
                (.impersonatedServiceAccount, ["delegates": ["other@p"]], .requestRejected),
                (.externalAccountFile, ["audience": "//iam.googleapis.com/projects/1/x"], .identityRejected),
                (.externalAccountFile, ["credential_source": ["file": place.file]], .identityRejected),
                (
                    .externalAccountFile, ["service_account_impersonation": ["token_lifetime_seconds": 7200]],
                    .requestRejected
                ),
                (.externalAccountFile, ["credential_source": ["file": "/nonexistent"]], .credentialsMissing),
                (
                    .externalAccountURL,
                    ["credential_source": ["url": "\(place.emulator.endpoint)/workload/token"]], .identityRejected
                ),
                (.externalAccountAWS, ["audience": "//iam.googleapis.com/projects/1/x"], .identityRejected),
                (.externalAccountAuthorizedUser, ["client_secret": "another"], .clientRejected),
                (.externalAccountAuthorizedUser, ["refresh_token": "another"], .damagedToken),
                (.authorizedUser, ["client_secret": "another"], .wrongClientSecret),
            ]
            for (kind, changes, code) in cases {
                try place.write(kind, changes)
                let tokens = try GoogleCredential(contentsOfFile: place.file).tokenProvider(place.context())
                let error = await #expect(throws: OAuthError.self) { try await tokens.accessToken() }
                #expect(error?.code == code, "\(kind) \(changes.keys): \(error?.message ?? "")")
            }
        }
    }

    /// The provider's clock stands still, so that only the service knows the expiry.
    @Test func replacesARevokedSourceToken() async throws {
        try await withEmulator { place in
            try place.emulator.writeCredentialsFile(to: place.file, as: .impersonatedServiceAccount)
            var context = place.context()
            context.clock = ManualClock()
            let tokens = try GoogleCredential(contentsOfFile: place.file).tokenProvider(context)
            let first = try await tokens.accessToken()
            place.emulator.expireAccessTokens()
            #expect(try await place.status(with: first) == 401)
            let before = place.emulator.counters.tokenRequests
            await tokens.reject(first)
            #expect(try await tokens.accessToken() != first)
            #expect(place.emulator.counters.tokenRequests == before + 1)
        }
    }
}
