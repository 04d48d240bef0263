import ArgumentParser
import Foundation
import GoogleHTTP
import GoogleOAuth

/// `bqpull auth import`: stores credentials that exist already. It does not go to the network.
struct AuthImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Store credentials that exist already.",
        discussion: """
            Takes an authorized_user file (of gcloud or of Google's libraries), a Data Factory linked service with plain
            secrets, or, with -, any of these or three lines from standard input: client id, client secret, refresh token.
            Example:
              bqpull auth import ~/.config/gcloud/application_default_credentials.json --project my-project
            """
    )

    @Argument(help: ArgumentHelp("The file; - reads standard input.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("The project that runs and pays for queries.", valueName: "id"))
    var project: String?

    @Option(help: ArgumentHelp("Under which name to store them.", valueName: "name"))
    var profile: String?

    @Flag(help: "Replace credentials that are stored already.")
    var replace = false

    @Flag(help: "Write what was stored, without secrets, as one JSON object to standard output.")
    var json = false

    func run() async throws {
        let store = try CredentialSearch(environment: ProcessEnvironment.variables).store(profile: profile)
        var credential = try await readCredential()
        if let project { credential.quotaProjectID = project }
        let kept = try store.read()
        if let kept, kept.credential.refreshToken != credential.refreshToken, !replace {
            throw CommandError(
                message: "\(printable(store.path)) holds another refresh token, which would be lost",
                exitStatus: .cannotCreate, hint: "give --replace, or store the new one beside it with --profile NAME"
            )
        }
        var stored = StoredCredential(credential, stored: Date())
        if credential.tokenEndpoint.isLoopback { stored.endpoint = credential.tokenEndpoint.origin }
        try await store.write(stored)
        try ConsentEnd.show(stored, in: store, profile: profile, json: json)
    }

    private func readCredential() async throws -> AuthorizedUserCredential {
        if file != "-" { return try AuthorizedUserCredential(importingFile: file) }
        guard LineInput.isTerminal else {
            let input = FileHandle.standardInput
            return try AuthorizedUserCredential(
                importing: Array(try input.read(upToCount: 64 * 1024) ?? Data()), source: "standard input"
            )
        }
        let lines = LineInput()
        StandardError.write("client id: ")
        let clientID = await lines.next() ?? ""
        return try AuthorizedUserCredential(
            clientID: clientID.trimmingCharacters(in: .whitespaces),
            clientSecret: try await lines.secret("client secret"),
            refreshToken: try await lines.secret("refresh token")
        )
    }
}
