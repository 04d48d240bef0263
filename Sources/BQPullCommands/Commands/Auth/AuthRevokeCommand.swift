import ArgumentParser
import Foundation
import GoogleHTTP
import GoogleOAuth
import TextSupport

/// `bqpull auth revoke`: takes the refresh token back, and removes the stored copy.
struct AuthRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke the refresh token, then remove the stored copy.",
        discussion: """
            Everyone who uses the token loses access, Data Factory among them.

            Examples:
              bqpull auth revoke
              bqpull auth revoke --profile work --yes
            """
    )

    @Flag(help: "Do not ask first.")
    var yes = false

    @OptionGroup var connection: ConnectionOptions

    private struct Report: Encodable {
        var revoked: Bool
        var removed: Bool
        var source: String
    }

    func run() async throws {
        let report = try await Interruption.catching {
            try await Connection.with(connection) { try await revoke($0) }
        }
        if connection.json { try StandardOutput.writeJSON(report) }
        Diagnostics.info(
            (report.revoked ? "the refresh token was revoked" : "the refresh token had ended already")
                + (report.removed
                    ? ", and \(printable(report.source)) was removed\n"
                    : "; \(printable(report.source)) is not bqpull's own and was left as it is\n")
        )
    }

    private func revoke(_ connection: Connection) async throws -> Report {
        // Nobody means gcloud's credentials who says no more than revoke.
        let choice = self.connection.credential.choice
        let named = choice == .anywhere ? .store(profile: ProcessEnvironment.profile) : choice
        guard let finding = try await onOwnThread({ try ProcessEnvironment.credentials.firstOrSuggestion(named) })
        else { throw CredentialChoice.noCredentials("bqpull has stored no credentials") }
        let credential = try finding.refreshToken()
        if !yes { try await confirm(credential, in: finding.source) }
        let revoked: Bool
        if let store = finding.store {
            revoked = try await store.revoke(
                transport: connection.transport, onRetry: connection.onRetry)
        } else {
            revoked = try await credential.revoke(
                transport: connection.transport, onRetry: connection.onRetry)
        }
        return Report(revoked: revoked, removed: finding.store != nil, source: finding.source)
    }

    private func confirm(_ credential: AuthorizedUserCredential, in source: String) async throws {
        guard LineInput.isTerminal else {
            throw CommandError(
                .usage, "revoking ends the token for everyone who uses it, Data Factory among them",
                hint: "give --yes, or run the command in a terminal")
        }
        StandardError.write(
            """
            revoke the refresh token of client \(printable(credential.clientID, limit: 200)) in \(printable(source))?
            Everyone who uses it loses access, Data Factory among them. [y/N] 
            """
        )
        let answer = try await LineInput().next()?.trimmingCharacters(in: .whitespaces).lowercased()
        try Task.checkCancellation()
        guard answer == "y" || answer == "yes" else {
            throw CommandError(.usage, "nothing was revoked")
        }
    }
}
