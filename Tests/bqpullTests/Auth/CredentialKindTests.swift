import BigQueryEmulator
import Foundation
import TestSupport
import Testing

/// Every kind of credentials, by the built binary against real sockets.
@Suite struct CredentialKindTests {
    private struct Report: Decodable {
        struct Step: Decodable {
            var name: String
            var detail: String
        }

        var ok: Bool
        var cause: String?
        var steps: [Step]
    }

    private static let allowed = ["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES": "1"]

    /// The environment of a machine whose metadata server is the emulator.
    private func machine(_ home: EmulatorHome) -> [String: String] {
        ["GCE_METADATA_HOST": String(home.emulator.endpoint.dropFirst("http://".count))]
    }

    private func report(
        _ home: EmulatorHome, _ options: [String], environment: [String: String] = [:]
    ) async throws -> Report {
        let outcome = try await home.run(
            ["auth", "test", "--json", "--endpoint", home.emulator.endpoint] + options, environment: environment)
        return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    }

    /// With the project of the file, else of the user.
    @Test(arguments: EmulatorCredentials.allCases)
    func pullsAndIsTested(kind: EmulatorCredentials) async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("kind.json")
            try home.emulator.writeCredentialsFile(to: file, as: kind)
            let staging = home.folder.file("staging.db")
            let pull = try await home.run(
                [
                    "query", "SELECT * FROM bench.trips_100", "--into", staging, "--credentials", file, "--endpoint",
                    home.emulator.endpoint,
                ], environment: Self.allowed)
            #expect(pull.exitCode == 0, "\(pull.errors)")
            let report = try await report(home, ["--credentials", file], environment: Self.allowed)
            #expect(report.ok, "\(report)")
            let hasRefreshToken = kind == .authorizedUser
            #expect(report.steps.prefix(2).map(\.name) == ["credentials", hasRefreshToken ? "refresh" : "fetch"])
            #expect(report.steps[1].detail.contains("no refresh token to test") == !hasRefreshToken)
            #expect(report.steps.count == 8)
            // Credentials of the environment and of gcloud are found without an option.
            for environment in [
                ["GOOGLE_APPLICATION_CREDENTIALS": file], ["BQPULL_CREDENTIALS": file],
            ] {
                let found = try await self.report(
                    home, [], environment: environment.merging(Self.allowed) { $1 })
                #expect(found.ok, "\(found)")
            }
        }
    }

    @Test func usesTheMachineAccountLast() async throws {
        try await EmulatorHome.with { home in
            for options in [["--metadata-server"], []] {
                let report = try await report(home, options, environment: machine(home))
                #expect(report.ok, "\(report)")
                #expect(report.steps.first?.detail.contains("service account of this machine") == true)
                #expect(report.steps.first { $0.name == "project" }?.detail.hasPrefix("local-project") == true)
            }
            // Credentials of the user take precedence.
            let report = try await report(
                home, [], environment: machine(home).merging(["BQPULL_CREDENTIALS": home.credentials]) { $1 })
            #expect(report.steps.first?.detail.contains("client") == true)
        }
    }

    @Test func reportsAMachineWithoutAnAccount() async throws {
        try await EmulatorHome.with(EmulatorConfiguration(failure: .noServiceAccount)) { home in
            let outcome = try await home.run(
                ["auth", "test", "--metadata-server", "--project", "local-project"], environment: machine(home))
            #expect(outcome.exitCode == 77)
            #expect(outcome.errors.contains("no service account"))
        }
    }

    @Test func usesTheTokenOfACommand() async throws {
        try await EmulatorHome.with { home in
            let command = "\(Binary.url.path) auth token --credentials \(home.credentials)"
            for (options, environment) in [
                (["--token-command", command], [:]),
                (["--token-command", command + " --json"], ["BQPULL_TOKEN_COMMAND": "exit 9"]),
            ] as [([String], [String: String])] {
                let report = try await report(home, options + ["--project", "local-project"], environment: environment)
                #expect(report.ok, "\(report)")
                #expect(report.steps[1].detail.hasPrefix("the command sent an access token"))
            }
            // Credentials of the environment are not sent to a local endpoint.
            let outcome = try await home.run(
                ["auth", "test", "--endpoint", home.emulator.endpoint], environment: ["BQPULL_TOKEN_COMMAND": command])
            #expect(outcome.exitCode == 77)
            #expect(outcome.errors.contains("those of BQPULL_TOKEN_COMMAND are for Google"))
        }
    }

    @Test func aTokenCommandThatIsBqpullDoesNotRecurse() async throws {
        try await EmulatorHome.with { home in
            let outcome = try await home.run(
                ["auth", "token"],
                environment: [
                    "BQPULL_TOKEN_COMMAND": "\(Binary.url.path) auth token", "NO_GCE_CHECK": "true",
                    "BQPULL_CREDENTIALS": "",
                ])
            #expect(outcome.exitCode == 77)
            #expect(outcome.errors.contains("no credentials were found"))
            #expect(outcome.errors.contains("the token command failed with exit code 77"))
        }
    }

    /// Even if the command ignores SIGTERM.
    @Test func endsTheCommandWithThePull() async throws {
        try await EmulatorHome.with { home in
            let started = home.folder.file("started")
            let command = "trap '' TERM; echo $$ > \(started).new; mv \(started).new \(started); sleep 600"
            let run = try await home.binary().start([
                "ls", "--token-command", command, "--project", "local-project", "--endpoint", home.emulator.endpoint,
            ])
            try await eventually("the command runs") { FileManager.default.fileExists(atPath: started) }
            run.send(signal: SIGINT)
            #expect(try await run.outcome().exitCode == 130)
            let text = try String(contentsOfFile: started, encoding: .utf8).trimmingCharacters(in: .newlines)
            let shell = try #require(Int32(text))
            // The process can still be a zombie.
            try await eventually("the command ends") { kill(shell, 0) != 0 || isZombie(shell) }
        }
    }

    private func isZombie(_ pid: Int32) -> Bool {
        // A process that has ended has no file.
        let state = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        return state?.contains(") Z ") == true
    }

    @Test(arguments: [
        (["--token-command", "true", "--metadata-server"], "--token-command or --metadata-server, not both"),
        (
            ["--credentials", "a", "--profile", "b", "--token-command", "c"],
            "--credentials, --profile or --token-command"
        ),
        (["--token-command", " "], "needs a command"),
    ])
    func rejectsContradictingOptions(options: [String], mention: String) async throws {
        let outcome = try await Binary().run(["ls"] + options)
        #expect(outcome.exitCode == 64)
        #expect(outcome.errors.contains(mention), "\(outcome.errors)")
    }

    /// Only refresh tokens can be exported and revoked.
    @Test(arguments: [["auth", "export", "--for", "env"], ["auth", "revoke", "--yes"]])
    func onlyRefreshTokensAreExportedAndRevoked(command: [String]) async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("key.json")
            try home.emulator.writeCredentialsFile(to: file, as: .serviceAccount)
            let outcome = try await home.run(command + ["--credentials", file])
            #expect(outcome.exitCode == 78)
            #expect(outcome.errors.contains("service account key"))
            let status = try await home.run(["auth", "status", "--credentials", file])
            #expect(status.exitCode == 0)
            #expect(status.output.contains("service account emulator@local-project.iam.gserviceaccount.com"))
        }
    }

    @Test func theEmulatorCommandWritesEveryKind() async throws {
        try await TemporaryFolder.with { folder in
            let file = folder.file("key.json")
            let run = try await Binary().start([
                "emulator", "--credentials-file", file, "--credentials-type", "service_account",
            ])
            _ = try await run.wait(for: /credentials: \S+/)
            let text = try String(contentsOfFile: file, encoding: .utf8)
            run.send(signal: SIGTERM)
            _ = try await run.outcome()
            #expect(text.contains("BEGIN PRIVATE KEY"))
        }
    }
}
