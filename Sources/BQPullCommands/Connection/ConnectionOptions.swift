import ArgumentParser
import TextSupport

/// The connection options of every command that accesses the network.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The project billed for queries. Default: BQPULL_PROJECT, else GOOGLE_CLOUD_PROJECT, else that of the profile, else that of the credentials or of the machine.",
            valueName: "id"
        )
    )
    var project: String?

    @OptionGroup var credential: CredentialOptions

    @Option(
        help: ArgumentHelp(
            "The BigQuery endpoint, for example http://127.0.0.1:9050. Default: BIGQUERY_EMULATOR_HOST, else that of the stored credentials, else Google's.",
            valueName: "url"
        )
    )
    var endpoint: String?

    @Option(
        help: ArgumentHelp(
            "A PEM file with extra trusted CAs.", valueName: "file"))
    var caFile: String?

    @Flag(help: "Show the origin of values, and requests, retries and times.")
    var verbose = false

    @Option(
        help: ArgumentHelp(
            "The format of messages, progress and errors on standard error: text or json, one object per line. Default: BQPULL_LOG_FORMAT, else text.",
            valueName: "format"))
    var logFormat: LogFormat?

    @Flag(help: "Write the result as one JSON object to standard output.")
    var json = false

    /// The defaults of options.
    func settings() throws -> Settings { try Settings(profile: credential.profile, isVerbose: verbose) }

    /// The given options that select credentials and service, as shell words.
    var given: [String] {
        [
            ("--endpoint", endpoint), ("--credentials", credential.credentials), ("--profile", credential.profile),
            ("--token-command", credential.tokenCommand), ("--ca-file", caFile),
        ]
        .flatMap { option, value in value.map { [option, shellWord($0)] } ?? [] }
            + (credential.metadataServer ? ["--metadata-server"] : [])
    }
}
