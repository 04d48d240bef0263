import BigQueryEmulator
import Foundation
import TestSupport
import Testing

/// `auth token`, `status`, `revoke`, `export` and `import`.
@Suite struct CredentialCommandTests {
    private func loggedIn(
        _ configuration: EmulatorConfiguration = EmulatorConfiguration(),
        _ body: @Sendable (EmulatorHome) async throws -> Void
    ) async throws {
        try await EmulatorHome.with(configuration) { home in
            let login = try await home.logIn()
            #expect(login.exitCode == 0, "\(login.errors)")
            try await body(home)
        }
    }

    private func json(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func printsATokenForOtherPrograms() async throws {
        try await loggedIn { home in
            let token = try await home.run(["auth", "token"])
            #expect(token.output.wholeMatch(of: /emulator-access-token-[-0-9a-f]+\n/) != nil)
            #expect(token.errors.isEmpty)
            let header = try await home.run(["auth", "token", "--header"])
            #expect(header.output.hasPrefix("Authorization: Bearer emulator-access-token-"))
            let answer = try json(try await home.run(["auth", "token", "--json"]).output)
            #expect(answer["token_type"] as? String == "Bearer")
            #expect(answer["expires_in"] as? Int == 3599)
            #expect(try await home.run(["auth", "token", "--json", "--header"]).exitCode == 64)
        }
    }

    @Test func theStatusShowsWhenTheTokenExpires() async throws {
        try await loggedIn(EmulatorConfiguration(refreshTokenLifetime: .seconds(604_799))) { home in
            let before = home.emulator.counters
            let status = try await home.run(["auth", "status"])
            #expect(status.exitCode == 0)
            #expect(status.output.contains("last use  not yet"))
            #expect(status.output.contains("\"Testing\""))
            let summary = try json(try await home.run(["auth", "status", "--json"]).output)
            let stored = try Date(summary["stored"] as? String ?? "", strategy: .iso8601)
            let ends = try Date(summary["ends"] as? String ?? "", strategy: .iso8601)
            #expect(ends.timeIntervalSince(stored) == 604_799)
            #expect(summary["endsBecause"] as? String == "lifetime")
            #expect(home.emulator.counters == before)
            _ = try await home.run(["auth", "token"])
            let used = try json(try await home.run(["auth", "status", "--json"]).output)
            #expect(used["lastUse"] is String)
            let file = try await home.run(["auth", "status", "--credentials", home.credentials])
            #expect(file.output.contains("unknown"))
            #expect(try await EmulatorHomeless.run(["auth", "status"]).exitCode == 77)
        }
    }

    @Test func revokingAsksFirstAndRemovesTheStoredCopy() async throws {
        try await loggedIn { home in
            let asked = try await home.run(["auth", "revoke"], input: "y\n")
            #expect(asked.exitCode == 64)
            #expect(asked.errors.contains("--yes"))
            #expect(home.emulator.counters.revocations == 0)
            let revoked = try await home.run(["auth", "revoke", "--yes", "--json"])
            #expect(revoked.exitCode == 0, "\(revoked.errors)")
            #expect(try json(revoked.output)["revoked"] as? Bool == true)
            #expect(home.emulator.counters.revocations == 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: home.store) == ["credentials.lock"])
            #expect(try await home.run(["auth", "revoke", "--yes"]).exitCode == 77)
        }
    }

    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script"), "needs script(1)"),
        arguments: [("y", Int32(0), 1), ("n", 64, 0), ("", 64, 0)])
    func confirmsOnATerminal(answer: String, exitCode: Int32, revocations: Int) async throws {
        try await loggedIn { home in
            let outcome = try await terminal(home, "auth revoke", input: answer + "\n")
            #expect(outcome.exitCode == exitCode, "\(outcome.output)")
            #expect(outcome.output.contains("[y/N]"))
            #expect(home.emulator.counters.revocations == revocations)
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script"), "needs script(1)"))
    func hidesASecretOnATerminal() async throws {
        try await EmulatorHome.with { home in
            let outcome = try await terminal(home, "auth import -", input: "a-client\nhush-secret\nhush-token\n")
            #expect(outcome.exitCode == 0, "\(outcome.output)")
            #expect(outcome.output.contains("client secret: ") && outcome.output.contains("refresh token: "))
            #expect(!outcome.output.contains("hush"))
            let stored = try String(contentsOfFile: "\(home.store)/credentials.json", encoding: .utf8)
            #expect(stored.contains("hush-secret") && stored.contains("hush-token"))
        }
    }

    /// Runs a command on a terminal that types after each prompt.
    private func terminal(_ home: EmulatorHome, _ command: String, input: String) async throws -> Binary.Outcome {
        var shell = home.binary()
        shell.program = URL(fileURLWithPath: "/bin/sh")
        let typing = input.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .map { "sleep 1; printf '%s\\n' '\($0)'" }.joined(separator: "; ")
        return try await shell.run([
            "-c", "{ \(typing); sleep 1; } | script -qec \"'\(Binary.url.path)' \(command)\" /dev/null",
        ])
    }

    /// Revoking without a name does not affect credentials of other tools.
    @Test(arguments: ["BQPULL_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS"])
    func revokesForeignCredentialsOnlyByName(variable: String) async throws {
        try await EmulatorHome.with { home in
            let outcome = try await home.run(["auth", "revoke", "--yes"], environment: [variable: home.credentials])
            #expect(outcome.exitCode == 77)
            #expect(home.emulator.counters.revocations == 0)
            let named = try await home.run(["auth", "revoke", "--yes", "--credentials", home.credentials])
            #expect(named.exitCode == 0)
            #expect(home.emulator.counters.revocations == 1)
        }
    }

    /// The token endpoint has rotated the refresh token when the signal arrives.
    @Test func anInterruptedExchangeDoesNotLoseTheNewToken() async throws {
        let configuration = EmulatorConfiguration(latency: .seconds(1), rotatesRefreshTokens: true)
        try await loggedIn(configuration) { home in
            let file = "\(home.store)/credentials.json"
            let before = try String(contentsOfFile: file, encoding: .utf8)
            let requests = home.emulator.counters.tokenRequests
            let token = try await home.binary().start(["auth", "token"])
            try await home.emulator.waitForCounters { $0.tokenRequests > requests }
            token.send(signal: SIGINT)
            let outcome = try await token.outcome()
            #expect(outcome.exitCode == 130)
            #expect(try String(contentsOfFile: file, encoding: .utf8) != before)
            #expect(try await home.run(["auth", "token"]).exitCode == 0)
        }
    }

    /// Concurrent processes share only the files.
    @Test(.faults("A21")) func processesRotateConcurrently() async throws {
        try await loggedIn(EmulatorConfiguration(rotatesRefreshTokens: true)) { home in
            let codes = try await withThrowingTaskGroup(of: Int32.self) { group in
                for _ in 0..<6 { group.addTask { try await home.run(["auth", "token"]).exitCode } }
                return try await group.reduce(into: [Int32]()) { $0.append($1) }
            }
            #expect(codes == Array(repeating: 0, count: 6))
            #expect(try await home.run(["auth", "test"]).exitCode == 0)
        }
    }

    @Test func removesARevokedToken() async throws {
        try await loggedIn { home in
            let copy = home.folder.file("copy.json")
            _ = try await home.run(["auth", "export", "--for", "authorized-user", "--output", copy])
            let foreign = try await home.run(["auth", "revoke", "--yes", "--credentials", copy])
            #expect(foreign.exitCode == 0)
            #expect(foreign.errors.contains("was left as it is"))
            #expect(FileManager.default.fileExists(atPath: copy))
            let own = try await home.run(["auth", "revoke", "--yes"])
            #expect(own.exitCode == 0)
            #expect(own.errors.contains("had ended already"))
            #expect(!FileManager.default.fileExists(atPath: "\(home.store)/credentials.json"))
        }
    }

    @Test(arguments: [
        ("adf", ["bigquery.json", "bigquery-copy.json", "bigquery-dataset.json"]),
        ("adf-legacy", ["bigquery.json", "bigquery-copy.json", "bigquery-dataset.json"]),
        (
            "adf-keyvault",
            [
                "bigquery-client-secret.txt", "bigquery-copy.json", "bigquery-dataset.json",
                "bigquery-refresh-token.txt", "bigquery.json",
            ]
        ),
    ])
    func dataFactoryGetsPrivateFiles(form: String, files: [String]) async throws {
        try await loggedIn { home in
            let folder = home.folder.file("export")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            let arguments = [
                "auth", "export", "--for", form, "--query", "SELECT 1", "--output", folder + "/bigquery.json",
            ]
            let outcome = try await home.run(arguments)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == files.sorted())
            for file in files { #expect(try permissions("\(folder)/\(file)") == 0o600) }
            let service = try String(contentsOfFile: folder + "/bigquery.json", encoding: .utf8)
            #expect(service.contains("emulator-client-secret") == (form != "adf-keyvault"))
            #expect(outcome.errors.contains("az keyvault secret set") == (form == "adf-keyvault"))
            #expect(outcome.errors.contains("out of support") == (form == "adf-legacy"))
            #expect(!outcome.errors.contains("emulator-client-secret"))
            let again = try await home.run(arguments)
            #expect(again.exitCode == 73)
            #expect(again.errors.contains("remove it, or name another file"))
        }
    }

    /// An export works in another profile.
    @Test(arguments: ["adf", "adf-legacy", "authorized-user"])
    func importsAnExport(form: String) async throws {
        try await loggedIn { home in
            let exported = try await home.run(["auth", "export", "--for", form, "--output", "-"])
            #expect(exported.exitCode == 0, "\(exported.errors)")
            let file = home.folder.file("exported.json")
            try Data(exported.output.utf8).write(to: URL(fileURLWithPath: file))
            let imported = try await home.run(["auth", "import", file, "--profile", "copy"])
            #expect(imported.exitCode == 0, "\(imported.errors)")
            let piped = try await home.run(["auth", "import", "-", "--profile", "piped"], input: exported.output)
            #expect(piped.exitCode == 0, "\(piped.errors)")
            #expect(try permissions("\(home.store)/profiles/copy/credentials.json") == 0o600)
            // A linked service has no token_uri, so only Google could exchange its token.
            if form == "authorized-user" {
                #expect(try await home.run(["auth", "test", "--profile", "copy"]).exitCode == 0)
            } else {
                let status = try json(try await home.run(["auth", "status", "--json", "--profile", "copy"]).output)
                #expect(status["project"] as? String == "local-project")
            }
        }
    }

    @Test func aShellReadsTheEnvironmentForm() async throws {
        try await loggedIn { home in
            let exported = try await home.run(["auth", "export", "--for", "env", "--output", "-"])
            var shell = home.binary()
            shell.program = URL(fileURLWithPath: "/bin/sh")
            let read = try await shell.run([
                "-c", "\(exported.output)printf '%s ' $BQPULL_CLIENT_ID $BQPULL_CLIENT_SECRET $GOOGLE_CLOUD_PROJECT",
            ])
            #expect(read.output == "emulator-client.apps.example.com emulator-client-secret local-project ")
            let file = home.folder.file("bqpull.env")
            #expect(try await home.run(["auth", "export", "--for", "env", "--output", file]).exitCode == 0)
            #expect(try permissions(file) == 0o600)
        }
    }

    @Test func warnsAboutAVariableThatOverridesTheStore() async throws {
        try await EmulatorHome.with { home in
            let imported = try await home.run(
                ["auth", "import", home.credentials], environment: ["GOOGLE_APPLICATION_CREDENTIALS": "/nonexistent"])
            #expect(imported.exitCode == 0)
            #expect(
                imported.errors.contains("warning: what was stored is not used while GOOGLE_APPLICATION_CREDENTIALS"))
            let quiet = try await home.run(["auth", "import", home.credentials])
            #expect(!quiet.errors.contains("warning"))
        }
    }

    /// Writes all files or none: remaining files would block the next export.
    @Test func anExportIsAtomicAndOverwritesNothing() async throws {
        try await loggedIn { home in
            let taken = home.folder.file("bq-copy.json")
            try Data("mine".utf8).write(to: URL(fileURLWithPath: taken))
            let arguments = ["auth", "export", "--for", "adf", "--query", "x", "--output", home.folder.file("bq.json")]
            let refused = try await home.run(arguments)
            #expect(refused.exitCode == 73)
            #expect(!FileManager.default.fileExists(atPath: home.folder.file("bq.json")))
            #expect(try String(contentsOfFile: taken, encoding: .utf8) == "mine")
            try FileManager.default.removeItem(atPath: taken)
            let written = try await home.run(arguments)
            #expect(written.exitCode == 0)
            #expect(written.errors.contains("an emulator's"))
            for options in [["--query", "x"], ["--for", "adf-keyvault"]] {
                #expect(
                    try await home.run(["auth", "export", "--for", "adf", "--output", "-"] + options).exitCode == 64)
            }
        }
    }

    @Test func importingTheSameTokenKeepsItsMetadata() async throws {
        try await loggedIn(EmulatorConfiguration(refreshTokenLifetime: .seconds(604_799))) { home in
            let before = try json(try await home.run(["auth", "status", "--json"]).output)
            let copy = home.folder.file("copy.json")
            _ = try await home.run(["auth", "export", "--for", "authorized-user", "--output", copy])
            let imported = try await home.run(["auth", "import", copy, "--project", "other-project", "--json"])
            #expect(imported.exitCode == 0, "\(imported.errors)")
            let after = try json(imported.output)
            // The corrected value is kept.
            let text = try String(contentsOfFile: copy, encoding: .utf8)
            try Data(text.replacing("emulator-client-secret", with: "corrected").utf8).write(
                to: URL(fileURLWithPath: copy))
            #expect(try await home.run(["auth", "import", copy]).exitCode == 0)
            #expect(try String(contentsOfFile: "\(home.store)/credentials.json", encoding: .utf8).contains("corrected"))
            #expect(after["project"] as? String == "other-project")
            for name in ["stored", "ends", "endsBecause"] {
                #expect(after[name] as? String == before[name] as? String && after[name] != nil, "\(name)")
            }
        }
    }

    @Test func anImportKeepsAnotherToken() async throws {
        try await loggedIn { home in
            let before = try String(contentsOfFile: "\(home.store)/credentials.json", encoding: .utf8)
            let refused = try await home.run(["auth", "import", home.credentials])
            #expect(refused.exitCode == 73)
            #expect(refused.errors.contains("--replace"))
            #expect(try String(contentsOfFile: "\(home.store)/credentials.json", encoding: .utf8) == before)
            let replaced = try await home.run([
                "auth", "import", home.credentials, "--replace", "--project", "local-project",
            ])
            #expect(replaced.exitCode == 0, "\(replaced.errors)")
            #expect(try await home.run(["auth", "test"]).exitCode == 0)
            #expect(try await home.run(["auth", "import", home.client, "--replace"]).exitCode == 78)
        }
    }

    @Test(arguments: [
        ["auth", "export", "--for", "adf", "--query", "x", "--name", "a b"],
        ["auth", "export", "--for", "env", "--query", "x"],
        ["auth", "export"], ["auth", "export", "--for", "nonsense"],
        ["auth", "token", "--profile", "a", "--credentials", "b"],
    ])
    func rejectsInvalidOptions(arguments: [String]) async throws {
        try await EmulatorHome.with { home in
            let outcome = try await home.run(arguments, environment: ["BQPULL_CREDENTIALS": home.credentials])
            #expect([64, 78].contains(outcome.exitCode), "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
        }
    }

    @Test func storesARotatedToken() async throws {
        try await loggedIn(EmulatorConfiguration(rotatesRefreshTokens: true)) { home in
            for _ in 0..<3 { #expect(try await home.run(["auth", "test"]).exitCode == 0) }
            // A foreign file is never written: its token was replaced by the first exchange.
            let file = try String(contentsOfFile: home.credentials, encoding: .utf8)
            let first = try await home.run(["auth", "token", "--credentials", home.credentials])
            #expect(first.exitCode == 0)
            #expect(first.errors.contains("warning: 127.0.0.1 replaced the refresh token"))
            #expect(try String(contentsOfFile: home.credentials, encoding: .utf8) == file)
            #expect(try await home.run(["auth", "token", "--credentials", home.credentials]).exitCode == 77)
        }
    }

    @Test func warnsAboutALostTokenInEveryCase() async throws {
        try await EmulatorHome.with(EmulatorConfiguration(rotatesRefreshTokens: true)) { home in
            let failed = try await home.run([
                "query", "SELECT nonsense", "--into", home.folder.file("s.db"), "--credentials", home.credentials,
                "--endpoint", home.emulator.endpoint, "--quiet",
            ])
            #expect(failed.exitCode == 3)
            #expect(failed.errors.contains("warning: 127.0.0.1 replaced the refresh token"))
        }
    }
}
