import BigQueryEmulator
import Foundation
import Synchronization
import TestSupport
import Testing

/// Searches for marked secrets everywhere except where they belong.
@Suite struct CanaryTests {
    private static let canaries = ["canary-client-secret", "canary-refresh-token"]

    private static func configuration(rotates: Bool) -> EmulatorConfiguration {
        EmulatorConfiguration(
            clientSecret: canaries[0], refreshToken: canaries[1], rotatesRefreshTokens: rotates,
            tables: [])
    }

    @Test(
        .faults("A25"), .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/cmdline"), "needs /proc"),
        arguments: [false, true])
    func doNotLeak(rotates: Bool) async throws {
        try await EmulatorHome.with(Self.configuration(rotates: rotates)) { home in
            let watch = ProcessWatch(canaries: Self.canaries)
            let watching = Task { await watch.run() }
            let staging = home.folder.file("staging.db")
            let exported = home.folder.file("exported.json")
            var said = try await home.logIn(["--verbose", "--json"]).everything
            for (arguments, exitCode) in [
                (["auth", "status"], 0), (["auth", "status", "--json"], 0), (["auth", "test", "--verbose"], 0),
                (["auth", "test", "--json", "--verbose"], 0),
                (["query", "SELECT * FROM bench.trips_100", "--into", staging, "--verbose", "--json"], 0),
                (["query", "SELECT nonsense", "--into", staging, "--verbose"], 3),
                (["auth", "export", "--for", "adf", "--output", exported], 0),
                (["auth", "import", home.credentials, "--profile", "copy", "--json"], 0),
                (["auth", "test", "--profile", "copy", "--verbose"], 0),
                (["auth", "url", "--client-file", home.client, "--verbose"], 0),
            ] as [([String], Int32)] {
                watch.add(try secrets(in: home.store))
                let outcome = try await home.run(arguments)
                #expect(outcome.exitCode == exitCode, "\(arguments) \(outcome.errors)")
                said += outcome.everything
            }
            // The proxy of the environment rejects every request.
            let fromEnvironment = try await home.run(
                ["auth", "test", "--verbose"],
                environment: [
                    "BQPULL_CLIENT_ID": "x", "BQPULL_CLIENT_SECRET": Self.canaries[0],
                    "BQPULL_REFRESH_TOKEN": Self.canaries[1], "HTTPS_PROXY": "http://u:\(Self.canaries[0])@127.0.0.1:1",
                ])
            #expect(fromEnvironment.exitCode == 78)
            said += fromEnvironment.everything
            watch.add(try secrets(in: home.store))
            let allowed = [
                home.credentials, home.client, exported, home.store + "/credentials.json", home.store + "/consent.json",
                home.store + "/profiles/copy/credentials.json",
            ]
            #expect(try files(in: home.folder.path, holding: watch.canaries, except: allowed) == [])
            // The search works, and covers the values in use.
            #expect(try files(in: home.folder.path, holding: watch.canaries, except: []).count == allowed.count)
            #expect(watch.canaries.contains { $0.hasPrefix("1//0emulator-refresh-token-") })

            said += try await home.run(["auth", "revoke", "--yes", "--verbose"]).everything
            watching.cancel()
            await watching.value
            for canary in watch.canaries + ["emulator-access-token-"] { #expect(!said.contains(canary)) }
            #expect(watch.sightings.isEmpty, "\(watch.sightings)")
            #expect(watch.samples > 10)
        }
    }

    /// Keys, tokens of other clouds, and the tokens issued for them.
    @Test(
        .faults("A25"), .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/cmdline"), "needs /proc"))
    func secretsOfOtherKindsDoNotLeak() async throws {
        try await EmulatorHome.with(Self.configuration(rotates: false)) { home in
            let watch = ProcessWatch(canaries: Self.canaries + ["emulator-access-token-", "emulator-aws-secret"])
            let watching = Task { await watch.run() }
            let staging = home.folder.file("staging.db")
            var environment = [
                "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES": "1",
                "GCE_METADATA_HOST": String(home.emulator.endpoint.dropFirst("http://".count)),
            ]
            var said = ""
            var allowed = [home.credentials, home.client]
            func run(_ options: [String]) async throws {
                let service =
                    options + ["--endpoint", home.emulator.endpoint, "--project", "local-project", "--verbose"]
                for command in [
                    ["auth", "test"], ["auth", "test", "--json"],
                    ["query", "SELECT 1 AS a", "--into", staging, "--json"],
                    ["query", "SELECT nonsense", "--into", staging],
                ] {
                    let outcome = try await home.run(command + service, environment: environment)
                    #expect(outcome.exitCode == (command.contains("SELECT nonsense") ? 3 : 0), "\(outcome.errors)")
                    said += outcome.everything
                }
            }
            for kind in EmulatorCredentials.allCases {
                let file = home.folder.file("\(kind.rawValue).json")
                try home.emulator.writeCredentialsFile(to: file, as: kind)
                allowed += [file, file + ".token"]
                for path in [file, file + ".token"] {
                    // Not every type has a file with a token.
                    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { continue }
                    watch.add(Self.keysAndTokens(in: text))
                }
                try await run(["--credentials", file])
                said += try await home.run(["auth", "status", "--credentials", file]).everything
            }
            try await run(["--metadata-server"])
            let token = "\(Binary.url.path) auth token --credentials \(home.credentials)"
            try await run(["--token-command", token])
            try await run(["--token-command", token + " --json"])
            let failing = [
                "ls", "--token-command", token + "; exit 1", "--endpoint", home.emulator.endpoint, "--project",
                "local-project",
            ]
            said += try await home.run(failing, environment: environment).everything
            environment["AWS_REGION"] = "us-east-2"
            environment["AWS_ACCESS_KEY_ID"] = "AKIDEMULATOR"
            environment["AWS_SECRET_ACCESS_KEY"] = "emulator-aws-secret"
            environment["AWS_SESSION_TOKEN"] = "emulator-aws-session"
            try await run(["--credentials", home.folder.file("external_account_aws.json")])

            watching.cancel()
            await watching.value
            let canaries = watch.canaries
            #expect(canaries.count > Self.canaries.count + 4)
            for canary in canaries { #expect(!said.contains(canary)) }
            #expect(try files(in: home.folder.path, holding: canaries, except: allowed) == [])
            #expect(watch.sightings.isEmpty, "\(watch.sightings)")
        }
    }

    /// A line of a key, and the distinctive part of a signed token.
    private static func keysAndTokens(in text: String) -> [String] {
        text.matches(of: /\\n([A-Za-z0-9+\/]{64})\\n/).map { String($0.output.1) }
            + text.matches(of: /\.([A-Za-z0-9_-]{100,})/).map { String($0.output.1) }
    }

    /// The secrets in the store.
    private func secrets(in store: String) throws -> [String] {
        let text = try String(contentsOfFile: store + "/credentials.json", encoding: .utf8)
        return text.matches(of: /"(?:client_secret|refresh_token)" : "([^"]+)"/).map { String($0.output.1) }
    }

    /// The files that hold a canary.
    private func files(in folder: String, holding canaries: [String], except allowed: [String]) throws -> [String] {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return try names.map { folder + "/" + $0 }.filter { path in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
                !allowed.contains(path)
            else { return false }
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            return canaries.contains { data.range(of: Data($0.utf8)) != nil }
        }
    }
}

extension Binary.Outcome {
    /// Standard output and standard error.
    var everything: String { output + errors }
}

/// Polls the arguments of all processes.
private final class ProcessWatch: Sendable {
    private let state: Mutex<(canaries: Set<String>, samples: Int, sightings: [String])>

    init(canaries: [String]) {
        state = Mutex((Set(canaries), 0, []))
    }

    var canaries: [String] { state.withLock { Array($0.canaries) } }
    var samples: Int { state.withLock { $0.samples } }
    var sightings: [String] { state.withLock { $0.sightings } }

    /// Adds canaries to the search.
    func add(_ canaries: [String]) {
        state.withLock { $0.canaries.formUnion(canaries) }
    }

    func run() async {
        while !Task.isCancelled {
            // A sample without the list of processes finds nothing; the next one follows.
            for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] where Int(name) != nil {
                guard let data = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else { continue }
                let line = String(decoding: data, as: UTF8.self)
                state.withLock { state in
                    if state.canaries.contains(where: line.contains) { state.sightings.append(line) }
                }
            }
            state.withLock { $0.samples += 1 }
            // The interval between samples. Cancellation ends the loop.
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
