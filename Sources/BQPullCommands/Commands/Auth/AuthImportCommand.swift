import ArgumentParser
import CredentialStore
import Foundation
import GoogleHTTP
import GoogleOAuth
import TextSupport

/// `bqpull auth import`: stores existing credentials, without network access.
struct AuthImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Store existing credentials.",
        discussion: """
            Reads an authorized_user file (of gcloud or a Google library), a Data
            Factory linked service with plain secrets, or, with -, any of these or three
            lines from standard input: client ID, client secret, refresh token.

            Examples:
              bqpull auth import ~/.config/gcloud/application_default_credentials.json \\
                  --project my-project
            """
    )

    @Argument(help: ArgumentHelp("The file; - reads standard input.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("The project billed for queries.", valueName: "id"))
    var project: String?

    @Option(help: ArgumentHelp("The name of the profile.", valueName: "name"))
    var profile: String?

    @Flag(help: "Replace stored credentials.")
    var replace = false

    @Flag(help: "Write a summary without secrets as one JSON object to standard output.")
    var json = false

    func run() async throws {
        let (stored, store) = try await Interruption.catching(note: .init(message: "nothing was stored")) {
            try await importCredential()
        }
        try ConsentEnd.show(stored, in: store, profile: profile, json: json)
    }

    private func importCredential() async throws -> (StoredCredential, CredentialStore) {
        let store = try ProcessEnvironment.credentials.store(profile: profile ?? ProcessEnvironment.profile)
        try store.prepare()
        var imported = try await readCredential()
        if let project { imported.credential.quotaProjectID = project }
        let tokenEndpoint = imported.credential.tokenEndpoint
        if tokenEndpoint.isLoopback { imported.endpoint = tokenEndpoint.origin }
        let stored = try await store.update(replacesDamaged: replace) { kept in
            guard let kept else { return imported }
            if kept.credential.refreshToken == imported.credential.refreshToken {
                return imported.merging(kept)
            }
            guard replace else {
                throw CommandError(
                    .cannotStore, "\(printable(store.path)) holds another refresh token, which would be lost",
                    hint: "pass --replace, or store the new one in a profile with --profile NAME")
            }
            return imported
        }
        return (stored, store)
    }

    private func readCredential() async throws -> StoredCredential {
        let file = file
        if file != "-" { return try await onOwnThread { try StoredCredential(importingFile: file) } }
        guard LineInput.isTerminal else {
            let bytes = try await onOwnThread {
                try CredentialFile.read("/dev/stdin", what: "the credential", timeout: nil)
            }
            return try StoredCredential(importing: bytes, source: "standard input")
        }
        let lines = LineInput()
        StandardError.write("client ID: ")
        let clientID = try await lines.next() ?? ""
        let credential = try AuthorizedUserCredential(
            clientID: clientID.trimmingCharacters(in: .whitespaces),
            clientSecret: try await lines.secret("client secret"),
            refreshToken: try await lines.secret("refresh token")
        )
        return StoredCredential(credential, stored: Date())
    }
}
