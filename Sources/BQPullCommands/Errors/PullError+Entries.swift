import BigQueryPull

extension PullError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .notAQuery: ErrorEntry(
            .usage,
            explanation:
                "The statement does not return rows, or does more than that. bqpull runs single SELECTs."),
        .unsupportedColumn: ErrorEntry(
            .badData,
            explanation:
                "A column has values that cannot be kept exactly. Cast it in the query."),
        .inconsistentResult: ErrorEntry(
            .badData,
            explanation:
                "The pages do not add up to the result that was promised. Nothing was published: run the same command again."
        ),
        .notIncremental: ErrorEntry(
            .usage,
            explanation:
                "The query, the column or the target does not go with --incremental. The message says why."),
        .notContinuable: ErrorEntry(
            .usage,
            explanation:
                "The run cannot be continued by this command. Run its own command again."),
        .tableChanges: ErrorEntry(
            .later,
            explanation:
                "The table changed each time that it was read. Try again later, or read it with a query."),
        .nothingToMeasure: ErrorEntry(
            .usage,
            explanation:
                "A benchmark needs rows: choose a query or table with some 100,000."),
    ]

    var specificHint: String? { hint }
}
