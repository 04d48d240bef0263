import ArgumentParser
import CredentialStore
import Foundation
import GoogleHTTP
import GoogleOAuth
import TextSupport

/// `bqpull auth revoke`: revokes the refresh token, and removes the stored copy.
struct AuthRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke the refresh token, then remove the stored copy.",
        discussion: """
            Every user of the token loses access, including Data Factory.

            Examples:
              bqpull auth revoke
              bqpull auth revoke --profile work --yes
            """
    )

    @Flag(help: "Do not ask for confirmation.")
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
        // Without an option only the store: gcloud's credential is never revoked by default.
        let named = self.connection.credential.location
        let location = named == .anywhere ? .store(profile: ProcessEnvironment.profile) : named
        guard let located = try await onOwnThread({ try ProcessEnvironment.credentials.first(location) }) else {
            throw OAuthError(code: .noCredentials, message: "bqpull has stored no credentials")
        }
        let credential = try located.authorizedUser()
        if !yes { try await confirm(credential, in: located.source) }
        let context = connection.tokenContext()
        let revoked =
            if let store = located.store {
                try await store.revoke(context)
            } else {
                try await credential.revoke(context)
            }
        return Report(revoked: revoked, removed: located.store != nil, source: located.source)
    }

    private func confirm(_ credential: AuthorizedUserCredential, in source: String) async throws {
        guard LineInput.isTerminal else {
            throw CommandError(
                .usage, "this revokes the token for all its users, including Data Factory",
                hint: "pass --yes, or run the command in a terminal")
        }
        StandardError.write(
            """
            revoke the refresh token of client \(printable(credential.clientID, limit: 200)) in \(printable(source))?
            All its users lose access, including Data Factory. [y/N] 
            """
        )
        guard try await Confirmation.isNextLineYes() else {
            throw CommandError(.usage, "nothing was revoked")
        }
    }
}
