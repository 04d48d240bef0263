import Foundation
import GoogleHTTP
import TestSupport
import Testing

@testable import GoogleOAuth

@Suite struct MetadataServerTests {
    private static let flavor = [(name: "Metadata-Flavor", value: "Google")]

    private func context(_ transport: ScriptedTransport, _ environment: [String: String] = [:]) -> TokenContext {
        TokenContext(
            transport: transport, clock: ManualClock(longestSleep: .milliseconds(500)), environment: environment)
    }

    @Test func sendsTheRequiredHeader() async throws {
        let transport = ScriptedTransport([
            .answer(
                200, #"{"access_token":"fake-machine","expires_in":3599,"token_type":"Bearer"}"#, headers: Self.flavor),
            .answer(200, "fake-project\n", headers: Self.flavor),
        ])
        let server = try MetadataServer()
        let tokens = GoogleCredential.metadataServer(server).tokenProvider(context(transport))
        #expect(try await tokens.accessToken().value.reveal() == "fake-machine")
        #expect(try await server.fetchProject(context(transport)) == "fake-project")
        #expect(
            transport.requests.map(\.url) == [
                "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
                    + "?scopes=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fbigquery",
                "http://metadata.google.internal/computeMetadata/v1/project/project-id",
            ])
        for request in transport.requests {
            #expect(request.headers.contains { $0 == ("Metadata-Flavor", "Google") })
        }
    }

    @Test(
        arguments: [
            (.answer(404, headers: flavor), OAuthError.Code.noServiceAccount, "no service account"),
            (.answer(403, headers: flavor), .noServiceAccount, "HTTP 403"),
            (.answer(200, #"{"access_token":"a"}"#), .noServiceAccount, "not Google's"),
            (.answer(503, headers: flavor), .serviceUnavailable, "unavailable"),
            (.answer(200, "<html>", headers: flavor), .unexpectedAnswer, "not the JSON"),
            (
                .failure(HTTPError(code: .hostNotFound, message: "no such host")), .noServiceAccount,
                "no metadata server responds"
            ),
        ] as [(ScriptedTransport.Reply, OAuthError.Code, String)])
    func classifiesResponses(reply: ScriptedTransport.Reply, code: OAuthError.Code, mention: String) async throws {
        let server = try MetadataServer()
        let tokens = GoogleCredential.metadataServer(server).tokenProvider(
            TokenContext(transport: ScriptedTransport { _ in reply }, clock: ManualClock()))
        let error = await #expect(throws: OAuthError.self) { try await tokens.accessToken() }
        #expect(error?.code == code)
        #expect(error?.message.contains(mention) == true, "\(error?.message ?? "")")
    }

    @Test func aSlowServerIsAvailable() async throws {
        let failure = HTTPError(code: .timeout, message: "slow")
        let tokens = GoogleCredential.metadataServer(try MetadataServer()).tokenProvider(
            TokenContext(transport: ScriptedTransport { _ in .failure(failure) }, clock: ManualClock()))
        let error = await #expect(throws: HTTPError.self) { try await tokens.accessToken() }
        #expect(error?.code == .timeout)
    }

    @Test(
        arguments: [
            ([:], .answer(200, "x", headers: flavor), true, "http://169.254.169.254/"),
            ([:], .answer(200, "x"), false, "http://169.254.169.254/"),
            ([:], .answer(404, headers: flavor), false, "http://169.254.169.254/"),
            ([:], .failure(HTTPError(code: .connectionFailed, message: "no route")), false, "http://169.254.169.254/"),
            (["GCE_METADATA_HOST": "127.0.0.1:1"], .answer(500), true, nil),
            (["GCE_METADATA_IP": "127.0.0.1:1"], .answer(500), true, nil),
            (["NO_GCE_CHECK": "true"], .answer(200, "x", headers: flavor), false, nil),
        ] as [([String: String], ScriptedTransport.Reply, Bool, String?)])
    func detectsTheServer(
        environment: [String: String], reply: ScriptedTransport.Reply, isThere: Bool, asked: String?
    ) async throws {
        let transport = ScriptedTransport { _ in reply }
        let server = try MetadataServer(environment: environment)
        #expect(await server.isAvailable(context(transport, environment), manufacturer: "Standard PC") == isThere)
        #expect(transport.requests.map(\.url) == (asked.map { [$0] } ?? []))
    }

    @Test func skipsDetectionOnAGoogleMachine() async throws {
        let transport = ScriptedTransport([])
        let server = try MetadataServer()
        #expect(await server.isAvailable(context(transport), manufacturer: "Google Compute Engine\n"))
        #expect(transport.requests.isEmpty)
    }

    /// The clock of this test ends each wait at once.
    @Test func detectionEndsAfterASecond() async throws {
        let transport = ScriptedTransport { _ in await .never() }
        let clock = ManualClock()
        let server = try MetadataServer()
        #expect(await server.isAvailable(TokenContext(transport: transport, clock: clock), manufacturer: nil) == false)
        #expect(clock.slept == [.seconds(1)])
    }

    @Test(arguments: [
        "metadata.example.com", "10.0.0.1", "169.254.169.254.example.com", "user@127.0.0.1", "127.0.0.1:65536",
        "169.254.169.254:18446744073709551617", "",
    ])
    func rejectsOtherMachines(host: String) {
        guard !host.isEmpty else {
            #expect((try? MetadataServer(environment: ["GCE_METADATA_HOST": host])) != nil)
            return
        }
        let error = #expect(throws: OAuthError.self) { try MetadataServer(environment: ["GCE_METADATA_HOST": host]) }
        #expect(error?.code == .untrustedTokenURI)
    }
}
