import BigQueryEmulator
import Foundation
import TestSupport

/// An emulator, its credentials and client files, and an empty home folder.
struct EmulatorHome: Sendable {
    let emulator: RunningEmulator
    let folder: TemporaryFolder

    /// Serves while `body` runs.
    static func with<Result: Sendable>(
        _ configuration: EmulatorConfiguration = EmulatorConfiguration(),
        _ body: @Sendable (EmulatorHome) async throws -> Result
    ) async throws -> Result {
        try await TemporaryFolder.with { folder in
            try await Emulator(configuration: configuration).withRunning { emulator in
                let home = EmulatorHome(emulator: emulator, folder: folder)
                try emulator.writeCredentialsFile(to: home.credentials)
                try emulator.writeClientFile(to: home.client)
                return try await body(home)
            }
        }
    }

    /// The emulator's `authorized_user` file.
    var credentials: String { folder.file("credentials.json") }
    /// The emulator's client file.
    var client: String { folder.file("client.json") }
    /// Where bqpull keeps its own credentials.
    var store: String { folder.file("config/bqpull") }

    /// The binary with this home.
    func binary(_ environment: [String: String] = [:]) -> Binary {
        Binary(
            environment: ["HOME": folder.path, "XDG_CONFIG_HOME": folder.file("config")].merging(environment) { $1 }
        )
    }

    /// Runs a command to its end.
    func run(_ arguments: [String], environment: [String: String] = [:], input: String = "") async throws
        -> Binary.Outcome
    {
        try await binary(environment).run(arguments, input: input)
    }

    /// Signs in as a user: opens the printed URL and grants everything.
    @discardableResult
    func logIn(_ options: [String] = [], browser: PlainBrowser = PlainBrowser()) async throws -> Binary.Outcome {
        let login = try await binary().start(
            ["auth", "login", "--no-browser", "--client-file", client, "--project", "local-project"] + options)
        let page = try await browser.open(try await login.wait(for: PlainBrowser.address))
        _ = try await browser.submit(page, decision: "allow")
        return try await login.outcome()
    }
}
