import BigQueryRows

extension RowsError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .unsupportedEncoding: ErrorEntry(
            .remoteProtocol, "A response has a content encoding that was not requested; a proxy may be changing it.",
            hint: proxy),
        .corruptBody: ErrorEntry(
            .remoteProtocol,
            "A response ended early or its compression is broken, repeatedly; a proxy may be changing it.",
            hint: proxy),
        .bodyTooLarge: ErrorEntry(
            .badData, "A response is larger than bqpull accepts.",
            hint: "request fewer rows per page with --page-rows"),
        .malformedJSON: ErrorEntry(
            .badData, "A response is not valid JSON, repeatedly; a proxy may be changing it.", hint: proxy),
        .inconsistentPage: ErrorEntry(
            .badData, "A page contradicts itself or earlier pages. Nothing was published.",
            hint: "run the same command again; with --restart it starts over"),
        .wrongRowCount: ErrorEntry(
            .badData, "The result has fewer or more rows than its total. Run the same command again.",
            hint: startsOver),
        .schemaChanged: ErrorEntry(
            .badData, "The columns changed while the result was read. Run the same command again.", hint: startsOver),
        .invalidCell: ErrorEntry(
            .badData, "A value does not match the type of its column. The message names row and column.",
            hint: "CAST the column AS STRING, or a JSON column with TO_JSON_STRING, to stage its values unchanged"),
    ]

    private static let proxy = "look for a proxy that changes responses, then run the same command again"
    private static let startsOver = "run the same command again, which starts over"
}
