import BigQueryPull
import TextSupport

extension PullError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .notAQuery: ErrorEntry(
            .usage, "The statement is not a single SELECT. bqpull runs no other statements.",
            hint: "pass a single SELECT; run other statements first, with the bq command or in the console"),
        .unsupportedColumn: ErrorEntry(
            .badData, "A column has values that cannot be staged exactly.",
            hint: "cast the column in the query"),
        .inconsistentResult: ErrorEntry(
            .badData, "The pages do not add up to the row count of the result. Nothing was published.",
            hint: "run the same command again"),
        .notIncremental: ErrorEntry(
            .usage,
            "The query, the column or the target cannot be used with --incremental. The message gives the reason.",
            hint: "correct the query or the column, or pull without --incremental"),
        .loadChanged: ErrorEntry(
            .usage,
            "The query of a load, or its parameters, have changed. Pull it as another load with --load NAME, or continue at the mark with --same-load.",
            hint: "name another load with --load NAME, or continue at the mark with --same-load"),
        .loadConflict: ErrorEntry(
            .usage,
            "The load has another table, incremental column or type, or its table another load column. bqpull loads FILE lists the loads.",
            hint: "name another load with --load NAME; bqpull loads FILE lists the loads"),
        .rowsWithoutLoad: ErrorEntry(
            .usage,
            "The table has rows that belong to no load and would be added again. --since says where the load begins; rows that the table has are not added again.",
            hint: "pass --since VALUE or --since beginning"),
        .unassignedMark: ErrorEntry(
            .usage,
            "An earlier version of bqpull has pulled several incremental queries into the table, and kept one mark for all of them. Name the load of each query, and where it begins.",
            hint: "pass --load NAME --since VALUE for each of them"),
        .loadColumnRequired: ErrorEntry(
            .usage,
            "Several loads add rows to the table, and equal rows of two loads look the same. --load-column adds a column with the name of the load.",
            hint: "pass --load-column COLUMN"),
        .invalidBound: ErrorEntry(
            .usage,
            "--since, --until or --lookback is not valid for the type of the incremental column, or --since is not below --until.",
            hint: """
                pass bounds like 2024-02-01, 2024-02-01T10:00:00Z or 100, with --since below --until, and a lookback like \
                3d, 2h (not for DATE) or 100 (for INT64)
                """
        ),
        .notContinuable: ErrorEntry(
            .usage, "The run cannot be continued by this command.",
            hint: "run the command that started the run again"),
        .tableChanges: ErrorEntry(
            .later, "The table changed during every read.",
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
        case .noIncrementalColumn: "name the column with --incremental COLUMN"
        case .limitClause:
            """
            omit the LIMIT, or place the bound in the query: WHERE COLUMN >= @bqpull_watermark ORDER BY COLUMN LIMIT …
            """
        case .changedQuery(_, let newName, let needsLoadColumn):
            """
            name another load with --load \(shellWord(newName))\(needsLoadColumn ? " --load-column COLUMN" : ""), or \
            continue at the mark with --same-load
            """
        case .takenName(let newName): "name another load, for example --load \(shellWord(newName))"
        case .rowsWithoutLoad(let mark):
            mark.map { "pass --since \(shellWord($0)) or --since beginning" } ?? "pass --since beginning"
        case .loadColumn(let column): "pass --load-column \(shellWord(column))"
        case .missingKeyColumn(let column): "add \(printable(column, limit: 200)) to --key"
        case .replacesRows:
            "add --if-exists append, --if-exists upsert --key COLUMN, or --if-exists delete-insert --key COLUMN"
        case .similarName(let name): "did you mean \(name)?"
        case .unselectedColumn: "select it as well"
        case .timestampPrecision(let column):
            """
            select CAST(\(column) AS STRING) or TIMESTAMP_TRUNC(\(column), MICROSECOND) in a query; bqpull table can omit \
            the column with --columns
            """
        case .unassigned, nil: nil
        }
    }
}
