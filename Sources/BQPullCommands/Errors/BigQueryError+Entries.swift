import BigQuery
import TextSupport

extension BigQueryError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .invalidRequest: ErrorEntry(
            .usage, "A project, parameter or name is not valid. The message identifies it.",
            hint: "correct the value; --help describes it"),
        .notAQuery: ErrorEntry(
            .usage, "The statement does not return rows, or does more than that. bqpull runs single SELECTs.",
            hint: "pass a statement that returns rows: SELECT, WITH …"),
        .notATable: ErrorEntry(
            .usage, "The table is a view or another object whose rows only a query can read.",
            hint: "read it with a query: bqpull query 'SELECT * FROM DATASET.VIEW' --into FILE"),
        .queryFailed: ErrorEntry(
            .queryFailed, "BigQuery rejected the query, or it failed. The message is BigQuery's own.",
            hint: "correct the statement or the data that it reads; nothing was staged"),
        .notFound: ErrorEntry(
            .queryFailed,
            "The table, dataset or job does not exist, or not in this location. bqpull ls lists what exists.",
            hint: "check the names and --location; bqpull ls lists the datasets, bqpull ls DATASET the tables"),
        .permissionDenied: ErrorEntry(
            .permission,
            "The account lacks a permission. It needs the roles BigQuery Job User on the project and BigQuery Data Viewer on the tables.",
            hint: "grant the account the roles BigQuery Job User on the project and BigQuery Data Viewer on the data"),
        .unauthenticated: ErrorEntry(
            .permission, "BigQuery rejects the access token, even a new one. bqpull auth test shows the reason.",
            hint: "check that the refresh token was granted the BigQuery scope, or get a new one"),
        .projectNotFound: ErrorEntry(
            .permission, "The project does not exist. Check its ID, which differs from its name, with --project.",
            hint:
                "pass the project's ID with --project, as https://console.cloud.google.com/cloud-resource-manager shows it (not its name)"
        ),
        .missingScope: ErrorEntry(
            .permission, "The token lacks the required scope. Log in again and grant all requested permissions.",
            hint: "run bqpull auth login, and leave the box of BigQuery ticked"),
        .apiDisabled: ErrorEntry(
            .permission,
            "The BigQuery API is not enabled in the project. Enable it in the console, or name another project with --project.",
            hint:
                "enable it at https://console.cloud.google.com/apis/library/bigquery.googleapis.com for the project in the message; this takes a few minutes"
        ),
        .billingDisabled: ErrorEntry(
            .permission,
            "The project has no open billing account. Open one in the console, or name another project with --project.",
            hint: "link a billing account at https://console.cloud.google.com/billing/projects"),
        .quotaExceeded: ErrorEntry(
            .later, "A quota is exhausted. Try again later, or request a higher quota in the console.",
            hint: "wait until the quota is refilled, then run the same command again"),
        .rateLimited: ErrorEntry(
            .unavailable,
            "Too many requests at a time, until all retries were used. Try again with a lower --parallel.",
            hint: later),
        .unavailable: ErrorEntry(
            .unavailable, "BigQuery was unavailable until all retries were used. Run the same command again later.",
            hint: later),
        .jobFailedTemporarily: ErrorEntry(
            .queryFailed,
            "BigQuery failed to run the job several times because of an error of its own. Run the same command again later.",
            hint: later
        ),
        .duplicateJob: ErrorEntry(
            .queryFailed, "A job with this ID exists already. Run the same command again.",
            hint: "run the same command again"),
        .foreignJob: ErrorEntry(
            .badData, "The job of this run runs another query than the recorded one. Start over with --restart.",
            hint: "run the same command again, which uses a new job ID"),
        .resultExpired: ErrorEntry(
            .later,
            "An interrupted run is too old to be continued, or BigQuery no longer has its result, and the query needs your approval to run again. Approve with --yes or a higher --max-bytes-billed.",
            hint: "start over with --restart; BigQuery keeps a result for about a day"),
        .unexpectedAnswer: ErrorEntry(
            .remoteProtocol, "The response is not from the service: a proxy or a captive portal intercepts it.",
            hint: "check the endpoint, and whether a proxy or a login page responds instead of Google"),
        .inconsistentResponse: ErrorEntry(
            .badData,
            "A response contradicts the request or earlier responses. Run the same command again; a proxy may be changing responses.",
            hint: "run the same command again"),
        .waitTooLong: ErrorEntry(
            .later, "The service requests a wait that exceeds the time for retries. Try again later.",
            hint: "wait, then run the same command again"),
    ]

    private static let later = "run the same command again later"

    var specificHint: String? {
        switch reason {
        case "bytesBilledLimitExceeded": return "raise --max-bytes-billed, or read fewer columns or partitions"
        case "stopped": return "the job was cancelled by a user; run the same command again"
        default: break
        }
        switch detail {
        case .invalidName(.project):
            return "pass the ID as the Google Cloud console shows it, for example my-project-123456"
        case .invalidName(.dataset): return "name it DATASET or PROJECT.DATASET, for example sales"
        case .invalidName(.table): return "name it DATASET.TABLE or PROJECT.DATASET.TABLE, for example sales.orders"
        case .invalidParameter, .unknownParameterType(nil):
            return "pass NAME:TYPE:VALUE, for example start:DATE:2024-01-01 or ids:ARRAY<INT64>:[1,2,3]"
        case .unknownColumn(let similarName?), .unknownParameterType(let similarName?):
            return "did you mean \(printable(similarName))?"
        case .unknownColumn(nil): return "list the columns with bqpull show TABLE; a STRUCT is selected as a whole"
        case .readableByQuery(let sql, let uri?):
            return "bqpull export \(Self.argument(sql)) --to \(Self.argument(uri))"
        case .readableByQuery(let sql, nil): return "bqpull query \(Self.argument(sql)) --into FILE"
        case .rerunNeedsApproval: return "approve the new run with --yes or a higher --max-bytes-billed"
        case .exportJob: return exportHint
        case .notExportable:
            return "remove what EXPORT DATA … AS does not accept, such as CREATE TEMP FUNCTION, from the query"
        case .legacyExport: return "write the query in GoogleSQL"
        case .invalidExportURI(let format): return "name the files like gs://bucket/prefix-*.\(format.rawValue)"
        case .unknownExportFormat: return "use the extension .parquet, .avro, .csv or .jsonl, or pass --format"
        case .exportFormatMismatch(let format): return "omit --format, or use the extension .\(format.rawValue)"
        case .exportCompressionMismatch: return "omit --compression or .gz"
        case .notExportableColumn: return Self.columnHint
        case nil: return nil
        }
    }

    private static func argument(_ text: String) -> String { shellWord(printable(text, limit: .max)) }

    private static let columnHint = "export to .jsonl, .avro or .parquet, or omit the column"

    /// Hints for messages of export jobs, by a part of the message in lower case.
    private static let exportHints: [(text: String, hint: String)] = [
        (
            "too large to be exported to a single file",
            "put one * into the name, so that several files are written: gs://bucket/prefix-*.csv"
        ),
        ("in different locations", "use a bucket in the location of the data, or copy the data first"),
        (
            "not empty",
            "use another prefix, or replace files of the same names with --overwrite; files with other names are kept"
        ),
        ("nested schema", columnHint),
        ("gs://", "check the name of the bucket, and whether the account can write to it"),
    ]

    private var exportHint: String? {
        let message = message.lowercased()
        if [.queryFailed, .notFound, .permissionDenied].contains(code),
            let known = Self.exportHints.first(where: { message.contains($0.text) })
        {
            return known.hint
        }
        return switch code {
        case .permissionDenied:
            "grant the account the roles BigQuery Job User on the project, BigQuery Data Viewer on the data, and Storage Object User on the bucket"
        case .queryFailed: "correct the statement, or the data that it reads or writes"
        default: nil
        }
    }
}
