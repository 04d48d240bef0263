import BigQueryEmulator
import Foundation
import Synchronization
import TestSupport
import Testing

/// Secrets that can be recognised are searched for everywhere but where they belong.
@Suite struct CanaryTests {
    private static let canaries = ["canary-client-secret", "canary-refresh-token"]

    private static func configuration(rotates: Bool) -> EmulatorConfiguration {
        EmulatorConfiguration(
            clientSecret: canaries[0], refreshToken: canaries[1], rotatesRefreshTokens: rotates,
            tables: [])
    }

    /// What may hold them: the emulator's two files, the own store, and what was exported.
    private static let allowed = ["credentials.json", "client.json", "exported.json"]

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/cmdline"), "needs /proc"),
        arguments: [false, true])
    func areNowhereElse(rotates: Bool) async throws {
        try await EmulatorHome.with(Self.configuration(rotates: rotates)) { home in
            let watch = ProcessWatch(canaries: Self.canaries)
            let watching = Task { await watch.run() }
            var said: [String] = []
            let staging = home.folder.file("staging.db")
            said.append(try await home.logIn(["--verbose", "--json"]).everything)
            for arguments in [
                ["auth", "status"], ["auth", "status", "--json"], ["auth", "test", "--verbose"],
                ["auth", "test", "--json", "--verbose"], ["auth", "token", "--verbose"],
                ["query", "SELECT * FROM bench.trips_100", "--into", staging, "--verbose", "--json"],
                ["query", "SELECT nonsense", "--into", staging, "--verbose"],
                ["auth", "export", "--for", "adf", "--output", home.folder.file("exported.json")],
                ["auth", "import", home.credentials, "--profile", "copy", "--json"],
                ["auth", "test", "--profile", "copy", "--verbose"],
                ["auth", "url", "--client-file", home.client, "--verbose"], ["auth", "revoke", "--yes", "--verbose"],
                ["auth", "test", "--verbose"],
            ] {
                let outcome = try await home.run(arguments, environment: ["BQPULL_CLIENT_SECRET": "", "LANG": "C"])
                said.append(outcome.everything)
            }
            let fromEnvironment = try await home.run(
                ["auth", "test", "--verbose"],
                environment: [
                    "BQPULL_CLIENT_ID": "x", "BQPULL_CLIENT_SECRET": Self.canaries[0],
                    "BQPULL_REFRESH_TOKEN": Self.canaries[1], "HTTPS_PROXY": "http://u:\(Self.canaries[0])@127.0.0.1:1",
                ])
            #expect(fromEnvironment.exitCode == 78)
            said.append(fromEnvironment.everything)
            watching.cancel()
            await watching.value

            for text in said {
                for canary in Self.canaries + ["emulator-refresh-token-"] { #expect(!text.contains(canary)) }
            }
            #expect(watch.sightings.isEmpty, "\(watch.sightings)")
            #expect(watch.samples > 10)
            #expect(try files(in: home.folder.path).isEmpty)
            // The search is able to find something.
            #expect(try String(contentsOfFile: home.credentials, encoding: .utf8).contains(Self.canaries[1]))
        }
    }

    /// The files that hold a canary although they should not.
    private func files(in folder: String) throws -> [String] {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return try names.filter { name in
            let path = folder + "/" + name
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                return false
            }
            let last = (name as NSString).lastPathComponent
            // A consent that waits keeps the client's secret, in a file that only the user can read.
            guard !Self.allowed.contains(last), last != "consent.json" else { return false }
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            return Self.canaries.contains { data.range(of: Data($0.utf8)) != nil }
        }
    }
}

extension Binary.Outcome {
    /// All that was said.
    var everything: String { output + errors }
}

/// Looks at the arguments of all processes again and again.
private final class ProcessWatch: Sendable {
    private let canaries: [String]
    private let state = Mutex((samples: 0, sightings: [String]()))

    init(canaries: [String]) {
        self.canaries = canaries
    }

    var samples: Int { state.withLock { $0.samples } }
    var sightings: [String] { state.withLock { $0.sightings } }

    func run() async {
        while !Task.isCancelled {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] where Int(name) != nil {
                guard let data = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else { continue }
                let line = String(decoding: data, as: UTF8.self)
                if canaries.contains(where: line.contains) { state.withLock { $0.sightings.append(line) } }
            }
            state.withLock { $0.samples += 1 }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
