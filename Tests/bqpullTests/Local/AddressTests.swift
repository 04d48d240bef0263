import Foundation
import TestSupport
import Testing

/// Addresses that options, the environment and files name, with invalid ports.
@Suite struct AddressTests {
    private static let ports = ["0", "65536", "18446744073709551617"]

    @Test(
        .faults("N44"), arguments: ["--endpoint", "BIGQUERY_EMULATOR_HOST", "HTTPS_PROXY", "GCE_METADATA_HOST"], ports)
    func aPortOutOfRangeIsNamed(place: String, port: String) async throws {
        let address = "127.0.0.1:\(port)"
        var (arguments, environment) = (["ls", "--project", "demo"], ["BQPULL_TOKEN_COMMAND": "echo fake-token"])
        switch place {
        case "--endpoint": arguments += [place, address]
        case "GCE_METADATA_HOST":
            arguments.append("--metadata-server")
            environment[place] = address
        default: environment[place] = address
        }
        let outcome = try await Binary(environment: environment).run(arguments)
        #expect(outcome.exitCode == 78, "\(outcome.errors)")
        #expect(outcome.errors.contains("the port of \(place == "HTTPS_PROXY" ? place : "")"), "\(outcome.errors)")
        #expect(outcome.errors.contains("out of range") && outcome.errors.contains("hint:"))
    }

    @Test(.faults("N44"), arguments: ports) func aPortOfATokenURIOutOfRangeIsNamed(port: String) async throws {
        try await TemporaryFolder.with { folder in
            let file = folder.file("credentials.json")
            let json = """
                {"type": "authorized_user", "client_id": "fake", "client_secret": "fake-secret",
                 "refresh_token": "fake-refresh", "token_uri": "http://127.0.0.1:\(port)/token"}
                """
            try Data(json.utf8).write(to: URL(filePath: file))
            let outcome = try await Binary().run(["ls", "--project", "demo", "--credentials", file])
            #expect(outcome.exitCode == 78, "\(outcome.errors)")
            #expect(outcome.errors.contains("token_uri") && outcome.errors.contains("out of range"))
            #expect(!outcome.errors.contains("fake-secret") && !outcome.errors.contains("fake-refresh"))
        }
    }

    /// A port that a desktop client's browser could not be sent to.
    @Test(.faults("N44"), arguments: ports) func aPortOfARedirectURIOutOfRangeIsNamed(port: String) async throws {
        try await TemporaryFolder.with { folder in
            let file = folder.file("client.json")
            let json = #"{"installed": {"client_id": "fake", "client_secret": "fake-secret"}}"#
            try Data(json.utf8).write(to: URL(filePath: file))
            let outcome = try await Binary(environment: ["HOME": folder.path]).run([
                "auth", "login", "--no-browser", "--client-file", file, "--redirect-uri", "http://127.0.0.1:\(port)/",
            ])
            #expect(outcome.exitCode == 78, "\(outcome.errors)")
            #expect(outcome.errors.contains("is not a redirect URI"))
        }
    }
}
