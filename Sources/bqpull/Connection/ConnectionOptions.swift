import ArgumentParser

/// Who asks which BigQuery: the options of every command that goes to the network.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The project that runs and pays for the query. Default: GOOGLE_CLOUD_PROJECT, else quota_project_id of the credentials.",
            valueName: "id"
        )
    )
    var project: String?

    @Option(
        help: ArgumentHelp(
            "An authorized_user JSON file with client id, client secret and refresh token. Default: BQPULL_CREDENTIALS, "
                + "else BQPULL_CLIENT_ID, BQPULL_CLIENT_SECRET and BQPULL_REFRESH_TOKEN, else GOOGLE_APPLICATION_CREDENTIALS, "
                + "else bqpull's own file, else gcloud's.",
            valueName: "file"
        )
    )
    var credentials: String?

    @Option(
        help: ArgumentHelp(
            "Another service than Google's, for example http://127.0.0.1:9050. Default: BIGQUERY_EMULATOR_HOST.",
            valueName: "url"
        )
    )
    var endpoint: String?

    @Flag(help: "Show requests and retries on standard error.")
    var verbose = false
}
