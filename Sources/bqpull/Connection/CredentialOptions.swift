import ArgumentParser
import GoogleOAuth

/// Whose credentials: the options of every command that uses some.
struct CredentialOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "An authorized_user JSON file with client id, client secret and refresh token. Default, where a token is used: BQPULL_CREDENTIALS, "
                + "else BQPULL_CLIENT_ID, BQPULL_CLIENT_SECRET and BQPULL_REFRESH_TOKEN, else GOOGLE_APPLICATION_CREDENTIALS, "
                + "else what bqpull auth login stored, else gcloud's.",
            valueName: "file"
        )
    )
    var credentials: String?

    @Option(
        help: ArgumentHelp(
            "One of several accounts: the credentials that bqpull auth login --profile stored, and what bqpull config --profile set. Default: BQPULL_PROFILE.",
            valueName: "name"
        )
    )
    var profile: String?

    func validate() throws {
        guard credentials == nil || profile == nil else {
            throw ValidationError("Give --credentials or --profile, not both")
        }
    }

    /// The store in which bqpull keeps the credentials of the profile.
    func store() throws -> CredentialStore {
        try ProcessEnvironment.credentials.store(profile: profile)
    }

    /// The credentials, for a command that does not go to the network. Warns about their place.
    func finding() throws -> CredentialSearch.Finding {
        guard let finding = try ProcessEnvironment.credentials.first(choice) else {
            throw CredentialChoice.noCredentials()
        }
        if let warning = finding.warning { Diagnostics.warning("\(warning)") }
        return finding
    }

    /// Where to look for credentials.
    var choice: CredentialSearch.Choice {
        if let credentials { return .file(credentials) }
        return profile.map { .store(profile: $0) } ?? .anywhere
    }
}
