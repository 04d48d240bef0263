import ArgumentParser
import TextSupport

/// The options of every command that connects to BigQuery: project, credentials, endpoint, output.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The project billed for queries. Default: BQPULL_PROJECT, else GOOGLE_CLOUD_PROJECT, else the project of the profile, of the credentials, or of the machine.",
            valueName: "id"
        )
    )
    var project: String?

    @OptionGroup var credential: CredentialOptions

    @Option(
        help: ArgumentHelp(
            "The URL of the service, for example http://127.0.0.1:9050. Default: BIGQUERY_EMULATOR_HOST, else the endpoint given to bqpull auth login, else BigQuery.",
            valueName: "url"
        )
    )
    var endpoint: String?

    @Option(
        help: ArgumentHelp(
            "A PEM file of certificate authorities to trust in addition to the system's.", valueName: "file"))
    var caFile: String?

    @Flag(help: "Show requests, retries and times, and where values come from.")
    var verbose = false

    @Option(
        help: ArgumentHelp(
            "The format of messages, progress and errors on standard error: text, or json with one object per line. Default: BQPULL_LOG_FORMAT, else text.",
            valueName: "format"))
    var logFormat: LogFormat?

    @Flag(help: "Write the result as one JSON object to standard output.")
    var json = false

    /// The settings that apply without options.
    func settings() throws -> Settings { try Settings(profile: credential.profile, isVerbose: verbose) }

    /// The options for the same credentials and endpoint, quoted for a shell, without the token command.
    var given: [String] {
        [
            ("--endpoint", endpoint), ("--credentials", credential.credentials), ("--profile", credential.profile),
            ("--token-command", credential.tokenCommand.map { _ in CredentialOptions.elidedCommand }),
            ("--ca-file", caFile),
        ]
        .flatMap { option, value in value.map { [option, shellWord($0)] } ?? [] }
            + (credential.metadataServer ? ["--metadata-server"] : [])
    }
}
