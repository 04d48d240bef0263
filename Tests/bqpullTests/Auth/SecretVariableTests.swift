import Foundation
import TestSupport
import Testing

/// Secrets in environment variables, which other processes of the user must not be able to read.
@Suite struct SecretVariableTests {
    private static let environment = [
        "BQPULL_CLIENT_ID": "fake-client-id", "BQPULL_CLIENT_SECRET": "fake-client-secret",
        "BQPULL_REFRESH_TOKEN": "fake-refresh-token",
    ]

    @Test(.faults("L31"), .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/environ"), "needs /proc"))
    func areErasedFromTheProcessEnvironment() async throws {
        try await RawServer.with("", then: .stayOpen) { server in
            var environment = Self.environment
            environment["HTTPS_PROXY"] = server.address
            let running = try await Binary(environment: environment).start(
                ["query", "SELECT 1", "--project", "my-project", "--dry-run", "--verbose"])
            // The token request, which the proxy blocks.
            await server.waitForRequest()
            let shown = try String(
                decoding: #require(FileManager.default.contents(atPath: "/proc/\(running.identifier)/environ")),
                as: UTF8.self)
            running.send(signal: SIGKILL)
            _ = try await running.outcome()
            #expect(shown.contains("BQPULL_CLIENT_ID=fake-client-id"))
            for secret in ["fake-client-secret", "fake-refresh-token"] { #expect(!shown.contains(secret)) }
        }
    }

    @Test(.faults("L31"), .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/environ"), "needs /proc"))
    func areNotInheritedByCommands() async throws {
        let outcome = try await Binary(environment: Self.environment).run([
            "auth", "token", "--token-command", "{ env; cat /proc/$PPID/environ; } >&2; echo fake-access-token",
        ])
        #expect(outcome.exitCode == 0)
        #expect(outcome.output == "fake-access-token\n")
        #expect(outcome.errors.contains("fake-client-id"))
        for secret in ["fake-client-secret", "fake-refresh-token"] { #expect(!outcome.errors.contains(secret)) }
    }
}
