import ArgumentParser
import CredentialStore
import GoogleOAuth

/// `bqpull auth status`: shows the credentials and their expiry, without network access.
struct AuthStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show which credentials are used, and when and why they expire.",
        discussion: """
            It does not access the network; bqpull auth test does.

            Examples:
              bqpull auth status
              bqpull auth status --profile work --json
            """
    )

    @OptionGroup var credential: CredentialOptions

    @Flag(help: "Write it as one JSON object to standard output.")
    var json = false

    func run() async throws {
        let located = try credential.located()
        let summary = CredentialSummary(located.credential, source: located.source, stored: located.stored)
        if json { return try StandardOutput.writeJSON(summary) }
        try StandardOutput.write(summary.text)
        let profiles = ProcessEnvironment.credentials.profiles
        if !profiles.isEmpty { Diagnostics.info("profiles: \(profiles.joined(separator: ", "))") }
    }
}
