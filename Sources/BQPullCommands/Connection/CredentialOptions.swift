import ArgumentParser
import CredentialStore
import GoogleOAuth

/// The credential options of every command that uses credentials.
struct CredentialOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A JSON file of credentials: authorized_user (client ID, client secret and refresh token), service_account, impersonated_service_account, external_account or external_account_authorized_user. Default, where a token is used: BQPULL_CREDENTIALS, "
                + "else BQPULL_CLIENT_ID, BQPULL_CLIENT_SECRET and BQPULL_REFRESH_TOKEN, else BQPULL_TOKEN_COMMAND, else the profile BQPULL_PROFILE, else GOOGLE_APPLICATION_CREDENTIALS, "
                + "else what bqpull auth login stored, else gcloud's file, else on a Google machine its metadata server.",
            valueName: "file"
        )
    )
    var credentials: String?

    @Option(
        help: ArgumentHelp(
            "The profile: the credentials that bqpull auth login --profile stored, and the settings of bqpull config --profile. Default: BQPULL_PROFILE.",
            valueName: "name"
        )
    )
    var profile: String?

    @Option(
        help: ArgumentHelp(
            "A shell command that prints an access token, for example 'gcloud auth print-access-token'. Default: BQPULL_TOKEN_COMMAND.",
            valueName: "command"
        )
    )
    var tokenCommand: String?

    @Flag(help: "Use the service account of this machine, which must be a Google machine.")
    var metadataServer = false

    func validate() throws {
        let given = [
            ("--credentials", credentials != nil), ("--profile", profile != nil),
            ("--token-command", tokenCommand != nil), ("--metadata-server", metadataServer),
        ].filter(\.1).map(\.0)
        guard given.count < 2 else {
            let names = given.dropLast().joined(separator: ", ") + " or " + given[given.count - 1]
            throw ValidationError("Give \(names), not \(given.count == 2 ? "both" : "all")")
        }
        guard tokenCommand?.allSatisfy(\.isWhitespace) != true else {
            throw ValidationError("--token-command needs a command, for example 'gcloud auth print-access-token'")
        }
    }

    /// The token command in hints: it can contain a secret, and hints end up in logs.
    static let elidedCommand = "…"

    /// The store of the profile.
    func store() throws -> CredentialStore {
        guard tokenCommand == nil, !metadataServer else {
            let option = metadataServer ? "--metadata-server" : "--token-command"
            throw CommandError(
                .usage, "\(option) does not name stored credentials",
                hint: "omit \(option); to log in, pass --client-file FILE")
        }
        return try ProcessEnvironment.credentials.store(profile: profile ?? ProcessEnvironment.profile)
    }

    /// Finds the credential without network access, with a warning about its location.
    func located() throws -> LocatedCredential {
        guard let located = try ProcessEnvironment.credentials.first(location) else {
            throw OAuthError(code: .noCredentials, message: "no credentials were found")
        }
        if let warning = located.warning { Diagnostics.warning("\(warning)") }
        return located
    }

    /// The location that the options name.
    var location: CredentialSearch.Location {
        if let credentials { return .file(credentials) }
        if let tokenCommand { return .command(tokenCommand, source: "--token-command") }
        if metadataServer { return .metadataServer }
        return profile.map { .store(profile: $0) } ?? .anywhere
    }
}
