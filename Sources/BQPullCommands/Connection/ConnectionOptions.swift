import ArgumentParser
import TextSupport

/// Who asks which BigQuery: the options of every command that goes to the network.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The project that runs and pays for queries. Default: BQPULL_PROJECT, else GOOGLE_CLOUD_PROJECT, else that of the profile, else that of the credentials or of the machine.",
            valueName: "id"
        )
    )
    var project: String?

    @OptionGroup var credential: CredentialOptions

    @Option(
        help: ArgumentHelp(
            "Another service than Google's, for example http://127.0.0.1:9050. Default: BIGQUERY_EMULATOR_HOST, else what bqpull auth login was given.",
            valueName: "url"
        )
    )
    var endpoint: String?

    @Option(
        help: ArgumentHelp(
            "Certificate authorities in PEM that are trusted besides the system's.", valueName: "file"))
    var caFile: String?

    @Flag(help: "Show where values come from, and requests, retries and times.")
    var verbose = false

    @Option(
        help: ArgumentHelp(
            "How messages, progress and errors are written to standard error: text or json, one object a line. Default: BQPULL_LOG_FORMAT, else text.",
            valueName: "format"))
    var logFormat: LogFormat?

    @Flag(help: "Write the result as one JSON object to standard output.")
    var json = false

    /// What counts where options are not given.
    func settings() throws -> Settings { try Settings(profile: credential.profile, isVerbose: verbose) }

    /// Those that lead to the same credentials and the same service again, as a shell reads them.
    var given: [String] {
        [
            ("--endpoint", endpoint), ("--credentials", credential.credentials), ("--profile", credential.profile),
            ("--token-command", credential.tokenCommand), ("--ca-file", caFile),
        ]
        .flatMap { option, value in value.map { [option, shellWord($0)] } ?? [] }
            + (credential.metadataServer ? ["--metadata-server"] : [])
    }
}
