import BigQueryEmulator
import Foundation
import TestSupport
import Testing

/// `bqpull auth test` against real sockets: every cause of failure has its own identifier and exit code.
@Suite struct AuthTestCommandTests {
    private struct Report: Decodable {
        struct Step: Decodable {
            var name: String
            var ok: Bool
            var seconds: Double
            var detail: String
        }

        var ok: Bool
        var cause: String?
        var exit: Int32
        var steps: [Step]
    }

    private static let stepNames = ["credentials", "refresh", "token", "scope", "api", "project", "jobs", "results"]

    /// Runs the test with `--json`, and checks its result.
    private func test(
        _ home: EmulatorHome, _ options: [String] = [], environment: [String: String] = [:], cause: String?,
        exit: Int32,
        at step: String, mentions: String? = nil
    ) async throws {
        _ = try await report(
            home, options, environment: environment, cause: cause, exit: exit, at: step, mentions: mentions)
    }

    /// Runs the test with `--json`, and checks the invariants of its result.
    private func report(
        _ home: EmulatorHome, _ options: [String] = [], environment: [String: String] = [:], cause: String?,
        exit: Int32,
        at step: String? = nil, mentions: String? = nil
    ) async throws -> Report {
        let outcome = try await home.run(["auth", "test", "--json"] + options, environment: environment)
        #expect(outcome.exitCode == exit, "\(outcome.output)\(outcome.errors)")
        let members = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        #expect(members.map { Set($0.keys) } == ["ok", "cause", "exit", "steps"])
        let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
        #expect(report.cause == cause)
        #expect(report.exit == exit)
        #expect(report.ok == (exit == 0))
        #expect(report.steps.dropLast().allSatisfy { $0.ok })
        #expect(report.steps.map(\.name) == Array(Self.stepNames.prefix(report.steps.count)))
        if let step {
            #expect(report.steps.last?.name == step)
            #expect(report.steps.last?.ok == false)
            #expect(outcome.errors.contains("error: ") && outcome.errors.contains("\nhint: "), "\(outcome.errors)")
        }
        if let mentions { #expect(outcome.errors.contains(mentions), "\(outcome.errors)") }
        #expect(outcome.errors.split(separator: "\n").count <= 3)
        return report
    }

    @Test func passesEveryStep() async throws {
        try await EmulatorHome.with { home in
            let report = try await report(
                home, ["--credentials", home.credentials, "--endpoint", home.emulator.endpoint], cause: nil, exit: 0)
            #expect(report.steps.map(\.name) == Self.stepNames)
            #expect(home.emulator.counters.jobs == 1)
            let text = try await home.run(
                ["auth", "test", "--credentials", home.credentials, "--endpoint", home.emulator.endpoint])
            #expect(text.exitCode == 0)
            #expect(
                text.output.split(separator: "\n").map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
                    == Self.stepNames.map { "ok \($0)" })
        }
    }

    /// Failures of the emulator: cause, exit code, step.
    @Test(arguments: [
        (EmulatorFailure.expiredOrRevoked, "expiredOrRevoked", Int32(77), "refresh"),
        (.invalidRapt, "sessionControl", 77, "refresh"), (.raptRequired, "sessionControl", 77, "refresh"),
        (.deletedClient, "deletedClient", 77, "refresh"), (.disabledClient, "deletedClient", 77, "refresh"),
        (.unauthorizedClient, "foreignToken", 77, "refresh"),
        (.adminPolicyEnforced, "accessDenied", 77, "refresh"), (.apiDisabled, "apiDisabled", 77, "api"),
        (.noPermission, "permissionDenied", 77, "jobs"), (.billingDisabled, "billingDisabled", 77, "results"),
    ])
    func namesAServiceFailure(failure: EmulatorFailure, cause: String, exit: Int32, step: String) async throws {
        try await EmulatorHome.with(EmulatorConfiguration(failure: failure)) { home in
            try await test(
                home, ["--credentials", home.credentials, "--endpoint", home.emulator.endpoint], cause: cause,
                exit: exit,
                at: step)
        }
    }

    @Test func anUnreadableTokenInfoIsAWarning() async throws {
        try await EmulatorHome.with(EmulatorConfiguration(failure: .noTokenInfo)) { home in
            let report = try await report(
                home, ["--credentials", home.credentials, "--endpoint", home.emulator.endpoint], cause: nil, exit: 0)
            #expect(report.steps[2].detail.hasPrefix("warning:"))
        }
    }

    @Test(arguments: [
        ("emulator-client.apps.example.com", "wrongClientID", "client ID"),
        ("emulator-client-secret", "wrongClientSecret", "client secret"),
        ("emulator-refresh-token", "damagedToken", "copy the complete refresh token"),
    ])
    func namesAWrongValue(value: String, cause: String, mention: String) async throws {
        try await EmulatorHome.with { home in
            let text = try String(contentsOfFile: home.credentials, encoding: .utf8)
            try Data(text.replacing(value, with: "hush").utf8).write(to: URL(fileURLWithPath: home.credentials))
            let report = try await report(
                home, ["--credentials", home.credentials, "--endpoint", home.emulator.endpoint], cause: cause, exit: 77,
                at: "refresh", mentions: mention)
            if cause != "wrongClientID" { #expect(!report.steps.map(\.detail).joined().contains("hush")) }
        }
    }

    @Test func namesAMissingScope() async throws {
        let configuration = EmulatorConfiguration(scopes: ["https://www.googleapis.com/auth/drive.readonly"])
        try await EmulatorHome.with(configuration) { home in
            try await test(
                home, ["--credentials", home.credentials, "--endpoint", home.emulator.endpoint], cause: "missingScope",
                exit: 77, at: "scope")
        }
    }

    @Test func namesAMissingProject() async throws {
        try await EmulatorHome.with { home in
            try await test(
                home,
                [
                    "--credentials", home.credentials, "--endpoint", home.emulator.endpoint, "--project",
                    "no-such-project",
                ],
                cause: "projectNotFound", exit: 77, at: "project", mentions: "no-such-project")
        }
    }

    /// The token expired like those of a consent screen in "Testing".
    @Test(arguments: ["told", "suggested"])
    func namesTheSevenDayLimit(evidence: String) async throws {
        let lifetime: Duration? = evidence == "told" ? .seconds(1) : nil
        try await EmulatorHome.with(EmulatorConfiguration(refreshTokenLifetime: lifetime)) { home in
            #expect(try await home.logIn().exitCode == 0)
            if evidence == "told" {
                // The lifetime, which the emulator and the stored credential measure with the system's clock.
                try await Task.sleep(for: .seconds(1.1))
            } else {
                // Stored eight days ago, last used two days later, rejected since.
                let file = "\(home.store)/credentials.json"
                let now = Date(timeIntervalSinceNow: -8 * 86_400)
                let text = try String(contentsOfFile: file, encoding: .utf8)
                    .replacing(/"stored" : "[^"]+"/, with: "\"stored\" : \"\(now.formatted(.iso8601))\"")
                    .replacing(/"refresh_token" : "[^"]+"/, with: "\"refresh_token\" : \"1//fake-forgotten\"")
                try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            }
            try await test(home, cause: "expiredOrRevoked", exit: 77, at: "refresh", mentions: "after seven days")
        }
    }

    @Test func testsCredentialsFirst() async throws {
        try await EmulatorHome.with { home in
            try await test(home, cause: "noCredentials", exit: 77, at: "credentials")
            try await test(
                home, ["--credentials", "/nonexistent"], cause: "credentialsMissing", exit: 66, at: "credentials")
            try await test(
                home, ["--credentials", "/dev/null"], cause: "credentialsInvalid", exit: 78, at: "credentials")
            try await home.logIn()
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o644], ofItemAtPath: "\(home.store)/credentials.json")
            try await test(
                home, cause: "unsafePermissions", exit: 78, at: "credentials",
                mentions: "chmod 600 \(home.store)/credentials.json")
        }
    }

    @Test func anInvalidEndpointFailsTheFirstStep() async throws {
        for (endpoint, cause) in [("foo://bar", "invalidEndpoint"), ("http://example.com", "insecureEndpoint")] {
            let outcome = try await EmulatorHomeless.run(["auth", "test", "--json", "--endpoint", endpoint])
            #expect(outcome.exitCode == 78)
            let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
            #expect(report.cause == cause)
            #expect(report.steps.map(\.name) == ["connection"])
        }
    }

    @Test func requiresAProject() async throws {
        try await EmulatorHome.with { home in
            try await test(
                home,
                [
                    "--credentials", try credentialsWithoutProject(home),
                    "--endpoint", home.emulator.endpoint,
                ], cause: "noProject", exit: 64, at: "api")
        }
    }

    /// The emulator's credentials file without its project.
    private func credentialsWithoutProject(_ home: EmulatorHome) throws -> String {
        let text = try String(contentsOfFile: home.credentials, encoding: .utf8)
            .replacing(/"quota_project_id": "[^"]+",/, with: "")
        let bare = home.folder.file("bare.json")
        try Data(text.utf8).write(to: URL(fileURLWithPath: bare))
        return bare
    }

    /// A credentials file with another local token endpoint.
    private func credentials(_ home: EmulatorHome, tokenURI: String?) throws -> String {
        let path = home.folder.file("other.json")
        let uri = tokenURI.map { #","token_uri":"\#($0)""# } ?? ""
        let text = #"{"client_id":"a","client_secret":"fake","refresh_token":"1//fake","quota_project_id":"p"\#(uri)}"#
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func namesAnUnreachableNetwork() async throws {
        try await EmulatorHome.with { home in
            // A port on which no server ever listens; another test could reuse a closed port.
            let closed = "http://127.0.0.1:1"
            try await test(
                home, ["--credentials", try credentials(home, tokenURI: closed + "/token")], cause: "connectionFailed",
                exit: 69, at: "refresh")
        }
    }

    @Test(arguments: [(2020..<2120, "untrustedServer", Int32(76)), (2001..<2002, "wrongClock", 78)])
    func distinguishesInterceptionFromAWrongClock(years: Range<Int>, cause: String, exit: Int32) async throws {
        try await EmulatorHome.with { home in
            try await TLSServer.with(validYears: years) { server in
                try await test(
                    home, ["--credentials", try credentials(home, tokenURI: server.address + "/token")], cause: cause,
                    exit: exit, at: "refresh")
                try await test(
                    home, ["--credentials", home.credentials, "--endpoint", server.address], cause: cause, exit: exit,
                    at: "api")
            }
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n<html>sign in</html>",
        "HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{\"kind\":\"sql#listing\"}",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 13\r\n\r\n<html></html>",
    ])
    func namesAForeignEndpoint(answer: String) async throws {
        try await EmulatorHome.with { home in
            try await RawServer.with(answer) { server in
                try await test(
                    home, ["--credentials", try credentials(home, tokenURI: server.address + "/token")],
                    cause: "unexpectedAnswer", exit: 76, at: "refresh")
                try await test(
                    home, ["--credentials", home.credentials, "--endpoint", server.address], cause: "unexpectedAnswer",
                    exit: 76, at: "api")
            }
        }
    }

    @Test func namesARejectingProxy() async throws {
        try await EmulatorHome.with { home in
            try await RawServer.with("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n") {
                server in
                try await test(
                    home, ["--credentials", try credentials(home, tokenURI: nil)],
                    environment: ["HTTPS_PROXY": server.address], cause: "proxy", exit: 78, at: "refresh",
                    mentions: "HTTPS_PROXY")
            }
        }
    }

    @Test func retriesAFailingTokenEndpoint() async throws {
        try await EmulatorHome.with(EmulatorConfiguration(failure: .tokenServerError)) { home in
            try await test(
                home, ["--credentials", home.credentials, "--endpoint", home.emulator.endpoint],
                cause: "serviceUnavailable", exit: 69, at: "refresh")
            #expect(home.emulator.counters.tokenRequests == 2)
        }
    }
}
