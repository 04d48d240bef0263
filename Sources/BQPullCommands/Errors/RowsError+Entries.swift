import BigQueryRows

extension RowsError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .unsupportedEncoding: ErrorEntry(
            .remoteProtocol,
            explanation:
                "An answer is encoded in a way that was not asked for; a proxy may be changing it."),
        .corruptBody: ErrorEntry(
            .remoteProtocol,
            explanation:
                "An answer ended early or its compression is broken, again and again; a proxy may be changing it."),
        .bodyTooLarge: ErrorEntry(
            .badData,
            explanation:
                "An answer was larger than bqpull accepts. For rows, ask for fewer at a time with --page-rows."),
        .malformedJSON: ErrorEntry(
            .badData,
            explanation:
                "An answer is not JSON as it should be, again and again; a proxy may be changing it."),
        .inconsistentPage: ErrorEntry(
            .badData,
            explanation:
                "A page contradicts itself or those before it. Nothing was published: run the same command again."),
        .wrongRowCount: ErrorEntry(
            .badData,
            explanation:
                "The rows ended before all had come that were promised, or went on after them. Run the same command again."
        ),
        .schemaChanged: ErrorEntry(
            .badData,
            explanation:
                "The columns changed while the result was read. Run the same command again."),
        .invalidCell: ErrorEntry(
            .badData,
            explanation:
                "A value does not fit the type of its column. The message names row and column; cast the column in the query."
        ),
    ]

    var specificHint: String? { hint }
}
