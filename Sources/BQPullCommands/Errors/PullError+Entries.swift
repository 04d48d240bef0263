import BigQueryPull

extension PullError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .notAQuery: ErrorEntry(
            .usage, "The statement is not a single SELECT. bqpull runs no other statements.",
            hint: "pass a single SELECT; run other statements first, with the bq command or in the console"),
        .unsupportedColumn: ErrorEntry(
            .badData, "A column has values that cannot be staged exactly. Cast it in the query.",
            hint: "cast the column in the query"),
        .inconsistentResult: ErrorEntry(
            .badData,
            "The pages do not add up to the row count of the result. Nothing was published: run the same command again.",
            hint: "run the same command again"),
        .notIncremental: ErrorEntry(
            .usage,
            "The query, the column or the target cannot be used with --incremental. The message gives the reason.",
            hint: "correct the query or the column, or pull without --incremental"),
        .notContinuable: ErrorEntry(
            .usage, "The run cannot be continued by this command. Run the command that started it again.",
            hint: "run the command that started the run again"),
        .tableChanges: ErrorEntry(
            .later, "The table changed during every read. Try again later, or read it with a query.",
            hint: "try again later, or read the table with a query, which sees a single version of it"),
        .nothingToMeasure: ErrorEntry(
            .usage, "A benchmark needs rows: choose a query or table with about 100,000 rows.",
            hint: "choose a query or table with about 100,000 rows"),
        .noSuchColumn: ErrorEntry(
            .badData, "A column that a row is read by is not in the result.", hint: "select the column in the query"),
        .cellMismatch: ErrorEntry(
            .badData,
            "A value cannot be read as the requested Swift type: it is NULL, of another type, or out of range.",
            hint: "cast the column in the query"),
    ]

    var specificHint: String? {
        switch detail {
        case .replacesRows: "add --if-exists append, or --if-exists upsert --key COLUMN"
        case .similarName(let name): "did you mean \(name)?"
        case .unselectedColumn: "select it as well"
        case .timestampPrecision(let column):
            """
            select CAST(\(column) AS STRING) or TIMESTAMP_TRUNC(\(column), MICROSECOND) in a query; bqpull table can omit \
            the column with --columns
            """
        case nil: nil
        }
    }
}
