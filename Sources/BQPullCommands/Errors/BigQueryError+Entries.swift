import BigQuery

extension BigQueryError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .invalidRequest: ErrorEntry(
            .usage,
            explanation:
                "A project, parameter or name is not acceptable. The message says which."),
        .notAQuery: ErrorEntry(
            .usage,
            explanation:
                "The statement does not return rows, or does more than that. bqpull runs single SELECTs."),
        .notATable: ErrorEntry(
            .usage,
            explanation:
                "It is a view or the like, whose rows only a query can read."),
        .queryFailed: ErrorEntry(
            .queryFailed,
            explanation:
                "BigQuery refused the query, or it failed. The message is BigQuery's own."),
        .notFound: ErrorEntry(
            .queryFailed,
            explanation:
                "The table, dataset or job does not exist, or not in this location. bqpull ls shows what there is."),
        .permissionDenied: ErrorEntry(
            .permission,
            explanation:
                "The account may not do this. It needs the roles BigQuery Job User on the project and BigQuery Data Viewer on the tables."
        ),
        .unauthenticated: ErrorEntry(
            .permission,
            explanation:
                "BigQuery does not accept the access token, even a new one. bqpull auth test says why."),
        .projectNotFound: ErrorEntry(
            .permission,
            explanation:
                "The project does not exist. Check the id, which is not its name, with --project."),
        .missingScope: ErrorEntry(
            .permission,
            explanation:
                "The token was not granted the scope that is needed. Log in again and allow everything that is asked for."
        ),
        .apiDisabled: ErrorEntry(
            .permission,
            explanation:
                "The BigQuery API is not enabled in the project. Enable it in the console, or name another project with --project."
        ),
        .billingDisabled: ErrorEntry(
            .permission,
            explanation:
                "The project has no open billing account. Open one in the console, or name another project with --project."
        ),
        .quotaExceeded: ErrorEntry(
            .later,
            explanation:
                "A quota is used up for now. Try again later, or ask for more in the console."),
        .rateLimited: ErrorEntry(
            .unavailable,
            explanation:
                "Too many requests at a time, until all repetitions were used up. Try again with less --parallel."),
        .unavailable: ErrorEntry(
            .unavailable,
            explanation:
                "BigQuery was in trouble until all repetitions were used up. Run the same command again later."),
        .jobFailedTemporarily: ErrorEntry(
            .queryFailed,
            explanation:
                "BigQuery failed to run the job several times for reasons of its own. Run the same command again later."
        ),
        .duplicateJob: ErrorEntry(
            .queryFailed,
            explanation:
                "A job of this name exists already. Run the same command again."),
        .foreignJob: ErrorEntry(
            .badData,
            explanation:
                "The job of this run runs another query than the one that was recorded. Begin anew with --restart."),
        .resultExpired: ErrorEntry(
            .later,
            explanation:
                "An interrupted run is too old to be continued, or BigQuery no longer has its result, and the query may not run again without you. Allow that with --yes or a higher --max-bytes-billed."
        ),
        .unexpectedAnswer: ErrorEntry(
            .remoteProtocol,
            explanation:
                "What answered is not the service: a proxy or a captive portal stands between."),
        .waitTooLong: ErrorEntry(
            .later,
            explanation:
                "The service asks to be left alone for longer than one request may take. Try again later."),
    ]

    var specificHint: String? { hint }
}
