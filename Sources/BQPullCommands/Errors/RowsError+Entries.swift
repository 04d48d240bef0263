import BigQueryRows

extension RowsError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .unsupportedEncoding: ErrorEntry(
            .remoteProtocol, hint: proxy,
            explanation: "A response has a content encoding that was not requested; a proxy may be changing it."),
        .corruptBody: ErrorEntry(
            .remoteProtocol, hint: proxy,
            explanation:
                "A response ended early or its compression is broken, repeatedly; a proxy may be changing it."),
        .bodyTooLarge: ErrorEntry(
            .badData, hint: "request fewer rows per page with --page-rows",
            explanation:
                "A response is larger than bqpull accepts. For rows, request fewer per page with --page-rows."),
        .malformedJSON: ErrorEntry(
            .badData, hint: proxy,
            explanation: "A response is not valid JSON, repeatedly; a proxy may be changing it."),
        .inconsistentPage: ErrorEntry(
            .badData, hint: "run the same command again; with --restart it starts over",
            explanation:
                "A page contradicts itself or earlier pages. Nothing was published: run the same command again."),
        .wrongRowCount: ErrorEntry(
            .badData, hint: startsOver,
            explanation: "The result has fewer or more rows than its total. Run the same command again."),
        .schemaChanged: ErrorEntry(
            .badData, hint: startsOver,
            explanation: "The columns changed while the result was read. Run the same command again."),
        .invalidCell: ErrorEntry(
            .badData,
            hint: "CAST the column AS STRING, or a JSON column with TO_JSON_STRING, to stage its values unchanged",
            explanation:
                "A value does not match the type of its column. The message names row and column; cast the column in the query."
        ),
    ]

    private static let proxy = "look for a proxy that changes responses, then run the same command again"
    private static let startsOver = "run the same command again, which starts over"
}
