import BigQueryEmulator
import Foundation
import TestSupport
import Testing

/// Sign-in with the built binary: the emulator's consent page, redirects, exchange, store.
@Suite struct LoginTests {
    @Test func aQueryAfterALoginNeedsNoOptions() async throws {
        try await EmulatorHome.with { home in
            let login = try await home.logIn(["--json"])
            #expect(login.exitCode == 0, "\(login.errors)")
            let summary = try JSONSerialization.jsonObject(with: Data(login.output.utf8)) as? [String: Any]
            #expect(summary?["source"] as? String == "\(home.store)/credentials.json")
            #expect(summary?["scopes"] as? [String] == ["https://www.googleapis.com/auth/bigquery"])
            #expect(home.emulator.counters.consents == 1)
            let query = try await home.run(["query", "SELECT 1 AS x", "--into", home.folder.file("staging.db")])
            #expect(query.exitCode == 0, "\(query.errors)")
            let test = try await home.run(["auth", "test"])
            #expect(test.exitCode == 0, "\(test.errors)")
            let passed = test.output.split(separator: "\n").filter { $0.hasPrefix("ok ") }
            #expect(passed.count == 8)
        }
    }

    @Test(.faults("A25"), .timeLimit(.minutes(5))) func opensTheBrowser() async throws {
        try await EmulatorHome.with { home in
            let script = home.folder.file("browser")
            try Data(
                "#!/bin/sh\necho \"$1\" > '\(home.folder.file("opened"))'; env > '\(script).env'; mv '\(script).env' '\(home.folder.file("env"))'\n"
                    .utf8
            )
            .write(to: URL(fileURLWithPath: script))
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: script)
            let environment = [
                "BROWSER": "\(script) %s", "BQPULL_CLIENT_SECRET": "canary-1", "BQPULL_REFRESH_TOKEN": "canary-2",
            ]
            let login = try await home.binary(environment).start(["auth", "login", "--client-file", home.client])
            let address = try await login.wait(for: PlainBrowser.address)
            let browser = PlainBrowser()
            let (_, html) = try await browser.submit(try await browser.open(address), decision: "allow")
            #expect(html.contains("You can close this tab."))
            #expect(try await login.finish().exitCode == 0)
            // The browser runs detached.
            try await eventually("the browser runs") {
                FileManager.default.fileExists(atPath: home.folder.file("env"))
            }
            #expect(
                try String(contentsOfFile: home.folder.file("opened"), encoding: .utf8).trimmingCharacters(
                    in: .newlines) == address.trimmingCharacters(in: .whitespacesAndNewlines))
            let inherited = try String(contentsOfFile: home.folder.file("env"), encoding: .utf8)
            #expect(inherited.contains("PATH=") && !inherited.contains("canary"))
        }
    }

    @Test func aWebClientAcceptsThePastedURL() async throws {
        let configuration = EmulatorConfiguration(redirectURIs: ["https://example.com/callback?x=1"])
        try await EmulatorHome.with(configuration) { home in
            let login = try await home.binary().start(["auth", "login", "--no-browser", "--client-file", home.client])
            let browser = PlainBrowser(follows: false)
            let page = try await browser.open(try await login.wait(for: PlainBrowser.address))
            let (address, _) = try await browser.submit(page, decision: "allow")
            #expect(address.hasPrefix("https://example.com/callback?x=1&"))
            try login.write(address + "\n")
            let outcome = try await login.finish()
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
        }
    }

    /// Invalid redirects or pastes, and the errors; nothing is stored.
    @Test(arguments: [
        ("deny", Int32(77), "access was denied"), ("fewer scopes", 77, "drive.readonly"),
        ("wrong state", 65, "does not belong to this consent request"),
        ("no code", 65, "neither a URL with a code nor a code"),
        ("nothing", 65, "no URL was pasted"), ("foreign code", 77, "rejects the authorization code"),
    ])
    func explainsAnInvalidPaste(answer: String, exitCode: Int32, mention: String) async throws {
        try await EmulatorHome.with(EmulatorConfiguration(redirectURIs: ["https://example.com/cb"])) { home in
            let login = try await home.binary().start([
                "auth", "login", "--no-browser", "--client-file", home.client, "--scope", "bigquery", "--scope",
                "drive.readonly",
            ])
            let browser = PlainBrowser(follows: false)
            let page = try await browser.open(try await login.wait(for: PlainBrowser.address))
            switch answer {
            case "deny": try login.write(try await browser.submit(page, decision: "deny").address + "\n")
            case "fewer scopes":
                let scopes = ["https://www.googleapis.com/auth/bigquery"]
                try login.write(try await browser.submit(page, decision: "allow", scopes: scopes).address + "\n")
            case "wrong state":
                let address = try await browser.submit(page, decision: "allow").address
                try login.write(address.replacing(/state=[^&]+/, with: "state=another") + "\n")
            case "no code": try login.write("what now\n")
            case "foreign code": try login.write("4/0Aforeign-code\n")
            default: break
            }
            let outcome = try await login.finish()
            #expect(outcome.exitCode == exitCode, "\(outcome.errors)")
            #expect(outcome.errors.contains(mention), "\(outcome.errors)")
            #expect(outcome.errors.contains("hint: "))
            #expect(!FileManager.default.fileExists(atPath: "\(home.store)/credentials.json"))
        }
    }

    @Test func showsTheConsoleStepsWithoutAClient() async throws {
        let outcome = try await EmulatorHomeless.run(["auth", "login"])
        #expect(outcome.exitCode == 64)
        let steps = outcome.errors.split(separator: "\n").filter { $0.contains(#/^ ?\d+\. /#) }
        #expect(steps.count == 10)
        #expect(outcome.errors.contains("https://console.cloud.google.com/auth/clients/create"))
    }

    /// A user with an expired token runs the same command without options.
    @Test func reusesTheStoredClient() async throws {
        try await EmulatorHome.with { home in
            try await home.logIn(["--scope", "bigquery", "--scope", "drive.readonly"])
            let first = try String(contentsOfFile: "\(home.store)/credentials.json", encoding: .utf8)
            let login = try await home.binary().start(["auth", "login", "--no-browser"])
            let browser = PlainBrowser()
            let page = try await browser.open(try await login.wait(for: PlainBrowser.address))
            _ = try await browser.submit(page, decision: "allow")
            let outcome = try await login.outcome()
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("auth/drive.readonly"))
            #expect(try String(contentsOfFile: "\(home.store)/credentials.json", encoding: .utf8) != first)
            let query = try await home.run(["query", "SELECT 1 AS x", "--into", home.folder.file("staging.db")])
            #expect(query.exitCode == 0, "\(query.errors)")
        }
    }

    /// A restarted emulator has another port.
    @Test func ignoresTheEndpointOfAnotherServer() async throws {
        try await EmulatorHome.with { home in
            try await home.logIn(["--endpoint", "http://127.0.0.1:1"])
            try await Emulator(configuration: EmulatorConfiguration()).withRunning { second in
                let client = home.folder.file("second.json")
                try second.writeClientFile(to: client)
                let login = try await home.binary().start([
                    "auth", "login", "--no-browser", "--client-file", client, "--project", "local-project",
                ])
                let browser = PlainBrowser()
                let page = try await browser.open(try await login.wait(for: PlainBrowser.address))
                _ = try await browser.submit(page, decision: "allow")
                #expect(try await login.outcome().exitCode == 0)
                let test = try await home.run(["auth", "test"])
                #expect(test.exitCode == 0, "\(test.errors)")
            }
        }
    }

    @Test func requestsNoConsentThatCannotBeStored() async throws {
        try await EmulatorHome.with { home in
            try FileManager.default.createDirectory(
                atPath: home.store, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
            let login = try await home.run(["auth", "login", "--no-browser", "--client-file", home.client])
            #expect(login.exitCode == 78)
            #expect(login.errors.contains("chmod 700 \(home.store)"))
            #expect(!login.errors.contains("/o/oauth2/"))
        }
    }

    /// The last one exists and cannot be started.
    @Test(arguments: [nil, "/nonexistent/browser:no-such-browser %s", "FOLDER/browser %s"])
    func acceptsAPastedURLWithoutABrowser(command: String?) async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("browser")
            try Data("#!/nonexistent/interpreter\n".utf8).write(to: URL(fileURLWithPath: file))
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: file)
            let environment = command.map { ["BROWSER": $0.replacing("FOLDER", with: home.folder.path)] } ?? [:]
            let login = try await home.binary(environment).start(["auth", "login", "--client-file", home.client])
            let browser = PlainBrowser(follows: false)
            let page = try await browser.open(try await login.wait(for: PlainBrowser.address))
            try login.write(try await browser.submit(page, decision: "allow").address + "\n")
            let outcome = try await login.finish()
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(!outcome.errors.contains("a browser was opened"))
        }
    }

    @Test func warnsAboutScopesWithoutQueries() async throws {
        try await EmulatorHome.with { home in
            let url = try await home.run([
                "auth", "url", "--client-file", home.client, "--scope", "drive.readonly,openid",
            ])
            #expect(url.output.contains("scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fdrive.readonly%20openid&"))
            #expect(url.errors.contains("add --scope bigquery"))
        }
    }

    @Test func aClientFileWithoutASecretGetsAHint() async throws {
        try await EmulatorHome.with { home in
            let text = try String(contentsOfFile: home.client, encoding: .utf8)
            let bare = home.folder.file("bare.json")
            try Data(text.replacing(/"client_secret": "[^"]+",/, with: "").utf8).write(to: URL(fileURLWithPath: bare))
            let refused = try await home.run(["auth", "url", "--client-file", bare])
            #expect(refused.exitCode == 64)
            #expect(refused.errors.contains("--client-secret-file"))
            let given = try await home.run(
                ["auth", "url", "--client-file", bare, "--client-secret-file", "-"], input: "emulator-client-secret\n")
            #expect(given.exitCode == 0, "\(given.errors)")
        }
    }

    @Test(arguments: ["file", "standard input"])
    func readsTheSecretFromAFileOrStandardInput(place: String) async throws {
        try await EmulatorHome.with { home in
            let secret = home.folder.file("secret")
            try Data("emulator-client-secret\n".utf8).write(to: URL(fileURLWithPath: secret))
            // The URL is only printed, so Google is not contacted.
            let url = try await home.run(
                [
                    "auth", "url", "--client-id", "emulator-client.apps.example.com", "--client-secret-file",
                    place == "file" ? secret : "-",
                ], input: place == "file" ? "" : "emulator-client-secret\n")
            #expect(url.exitCode == 0, "\(url.errors)")
            #expect(
                url.output.hasPrefix(
                    "https://accounts.google.com/o/oauth2/v2/auth?client_id=emulator-client.apps.example.com&"))
            let kept = try String(contentsOfFile: "\(home.store)/consent.json", encoding: .utf8)
            #expect(kept.contains("emulator-client-secret"))
        }
    }

    @Test(arguments: [
        (["--client-id", "a"], "--client-secret-file"), (["--client-id", "a", "--client-file", "b"], "not both"),
        (["--port", "80", "--client-id", "a"], "--port"), (["--client-secret", "hush"], "client-secret"),
        (["--client-id", "a", "--client-secret-file", "/nonexistent"], "/nonexistent"),
    ])
    func invalidOptionsHaveAClearError(options: [String], mention: String) async throws {
        let outcome = try await EmulatorHomeless.run(["auth", "url"] + options)
        #expect([64, 66].contains(outcome.exitCode))
        #expect(outcome.errors.contains(mention), "\(outcome.errors)")
        #expect(!outcome.errors.contains("hush"))
    }

    @Test func bothHalvesRunSeparately() async throws {
        try await EmulatorHome.with { home in
            let url = try await home.run(["auth", "url", "--client-file", home.client, "--project", "local-project"])
            #expect(url.exitCode == 0, "\(url.errors)")
            #expect(try permissions("\(home.store)/consent.json") == 0o600)
            let browser = PlainBrowser(follows: false)
            let (address, _) = try await browser.submit(try await browser.open(url.output), decision: "allow")
            let wrong = try await home.run(
                ["auth", "exchange"], input: address.replacing("state=", with: "state=x") + "\n")
            #expect(wrong.exitCode == 65)
            let exchange = try await home.run(["auth", "exchange", "--json"], input: address + "\n")
            #expect(exchange.exitCode == 0, "\(exchange.errors)")
            #expect(exchange.output.contains(#""project":"local-project""#))
            let again = try await home.run(["auth", "exchange"], input: address + "\n")
            #expect(again.exitCode == 66)
            #expect(again.errors.contains("bqpull auth url"))
            #expect(home.emulator.counters.tokenRequests == 1)
            #expect(try await home.run(["auth", "test"]).exitCode == 0)
        }
    }

    @Test func aFailedExchangeConsumesTheConsent() async throws {
        try await EmulatorHome.with(EmulatorConfiguration(failure: .expiredOrRevoked)) { home in
            let url = try await home.run(["auth", "url", "--client-file", home.client, "--project", "local-project"])
            let browser = PlainBrowser(follows: false)
            let (address, _) = try await browser.submit(try await browser.open(url.output), decision: "allow")
            for exitCode in [77, 66] as [Int32] {
                let exchange = try await home.run(["auth", "exchange"], input: address + "\n")
                #expect(exchange.exitCode == exitCode, "\(exchange.errors)")
            }
            #expect(home.emulator.counters.tokenRequests == 1)
        }
    }

    @Test func keepsProfilesSeparate() async throws {
        try await EmulatorHome.with { home in
            try await home.logIn(["--profile", "work"])
            #expect(try await home.run(["auth", "token"]).exitCode == 77)
            #expect(try await home.run(["auth", "token", "--profile", "work"]).exitCode == 0)
            let query = try await home.run([
                "query", "SELECT 1 AS x", "--into", home.folder.file("s.db"), "--profile", "work",
            ])
            #expect(query.exitCode == 0, "\(query.errors)")
            let unknown = try await home.run(["auth", "token", "--profile", "home"])
            #expect(unknown.exitCode == 77)
            #expect(unknown.errors.contains("profiles: work"))
        }
    }

    @Test func storesNoGoogleTokenForALocalEndpoint() async throws {
        let outcome = try await EmulatorHomeless.run(
            [
                "auth", "url", "--client-id", "a", "--client-secret-file", "-", "--endpoint", "http://127.0.0.1:1",
            ], input: "hush\n")
        #expect(outcome.exitCode == 78)
        #expect(!outcome.errors.contains("hush"))
    }

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func aSignalEndsTheWait(signal: Int32, exitCode: Int32) async throws {
        try await EmulatorHome.with { home in
            let login = try await home.binary().start(["auth", "login", "--no-browser", "--client-file", home.client])
            _ = try await login.wait(for: PlainBrowser.address)
            login.send(signal: signal)
            let outcome = try await login.outcome()
            #expect(outcome.exitCode == exitCode)
            #expect(outcome.errors.contains("nothing was stored"))
            #expect(!FileManager.default.fileExists(atPath: "\(home.store)/credentials.json"))
        }
    }
}

/// Runs a command with an empty home and no emulator.
enum EmulatorHomeless {
    static func run(_ arguments: [String], input: String = "") async throws -> Binary.Outcome {
        try await TemporaryFolder.with { folder in
            try await Binary(environment: ["HOME": folder.path]).run(arguments, input: input)
        }
    }
}

/// The mode of a file, without its type.
func permissions(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
}
