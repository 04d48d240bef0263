import ArgumentParser
import BigQueryPull
import SQLiteStaging

/// Which rows of a query are new: the options of an incremental load.
struct IncrementalOptions: ParsableArguments {
    @Option(
        name: .customLong("incremental"),
        help: ArgumentHelp(
            "Pull only the rows from the highest value of this column so far, inclusive (INT64, DATE, DATETIME, TIMESTAMP); the first run pulls all rows. Append adds no row twice; with delete-insert, the column must be in --key. A query can place the bound itself, as @bqpull_watermark, and must include it (>=); a query with a LIMIT must.",
            valueName: "column"))
    var column: String?

    @Flag(help: "Continue at the load's mark although the query or its parameters have changed.")
    var sameLoad = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The lower bound of this run, inclusive, in the type of the incremental column, or beginning. Default: the load's mark.",
            valueName: "value"))
    var since: LowerBound?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The upper bound of this run, exclusive. Default: none. With delete-insert, the rows of the load between the bounds are replaced, even by none.",
            valueName: "value"))
    var until: String?

    @Option(
        help: ArgumentHelp(
            "How far below the mark to read again, for rows that arrive late: 3d for DATE, also 2h for DATETIME and TIMESTAMP, 100 for INT64.",
            valueName: "distance"))
    var lookback: Lookback?

    @Flag(
        help:
            "Count the rows that have NULL in the incremental column, which only the first run pulls, with a second query."
    )
    var countNulls = false

    func validate() throws {
        guard until != "" else { throw ValidationError("--until requires a value") }
        guard column == nil else { return }
        let dependent = [
            ("--same-load", sameLoad), ("--since", since != nil), ("--until", until != nil),
            ("--lookback", lookback != nil), ("--count-nulls", countNulls),
        ]
        if let option = dependent.first(where: { $0.1 })?.0 {
            throw ValidationError("\(option) requires --incremental COLUMN")
        }
    }

    /// Applies the options to a pull.
    func configure(_ pull: inout QueryPull) {
        pull.incrementalColumn = column
        pull.continuesChangedQuery = sameLoad
        pull.since = since
        pull.until = until
        pull.lookback = lookback
        pull.countsNulls = countNulls
    }
}
