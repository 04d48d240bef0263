import ArgumentParser
import GoogleHTTP

/// Who asks which BigQuery: the options of every command that goes to the network.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The project that runs and pays for queries. Default: GOOGLE_CLOUD_PROJECT, else the project of the credentials or of the machine.",
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

    @Flag(help: "Show requests and retries on standard error.")
    var verbose = false

    @Flag(help: "Write the result as one JSON object to standard output.")
    var json = false

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
