import ArgumentParser
import BigQueryPull
import RowFormats
import SQLiteStaging

/// Where rows go, and what becomes of what is there: the options of every command that begins a pull.
struct TargetOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The SQLite database; it is created if it does not exist. Default: rows go to standard output.",
            valueName: "file"))
    var into: String?

    @Option(
        help: ArgumentHelp(
            "How rows are written to standard output: table, csv or jsonl. Default: table on a terminal, else csv.",
            valueName: "format"))
    var format: RowFormat?

    @Option(
        help: ArgumentHelp(
            "The text of NULL in CSV, without quotes; a value of the same text stands in quotes. Default: nothing, which a single column cannot have.",
            valueName: "text"))
    var null: String?

    @Option(
        help: ArgumentHelp(
            "The table in the SQLite database. Default: results, or the name of the table that is pulled.",
            valueName: "name"))
    var table: String?

    @Option(
        help: ArgumentHelp(
            "What to do with an existing table: fail, replace, append, or upsert (rows whose --key is there get their new values). Default: replace one that bqpull made, fail for any other.",
            valueName: "mode"
        )
    )
    var ifExists: StagingTarget.ExistingTable?

    @Option(
        help: ArgumentHelp(
            "The columns that tell rows apart. A table that is made gets a unique index on them, one that rows are added to must have it; a row with NULL or another row's key stops the pull.",
            valueName: "column[,column]"
        )
    )
    var key: ColumnList?

    @Option(
        name: .customLong("index"),
        help: ArgumentHelp(
            "An index to make before the table is published; may be given several times.", valueName: "column[,column]")
    )
    var indexes: [ColumnList] = []

    @Flag(help: "Add columns that the existing table does not have, when rows are added to it.")
    var evolve = false

    @Flag(
        help:
            "Drop the rows that an interrupted run of this command has staged, and run the query again. Also runs it again right after it was published; with append this adds the rows a second time."
    )
    var restart = false

    @Option(
        help: ArgumentHelp(
            "Continue an interrupted run of this command if it began within this time; drop an older one and run again. Default: 12h.",
            valueName: "duration"))
    var continueWithin: DurationText?

    @Option(
        help: ArgumentHelp(
            "If this command published its rows within this time, and ended before its report was out, repeat the report instead of running again; 0 turns that off. Default: 10m.",
            valueName: "duration"))
    var retryWindow: DurationText?

    func validate() throws {
        if into != nil {
            guard format == nil else {
                throw ValidationError("--format is for rows on standard output; leave it or --into out")
            }
            guard null == nil else {
                throw ValidationError("--null is for rows on standard output; leave it or --into out")
            }
        } else if let option = optionOfDatabase {
            throw ValidationError("\(option) is for a database; name it with --into FILE")
        }
        guard let null else { return }
        guard format ?? .csv == .csv else { throw ValidationError("--null is for --format csv only") }
        guard (try? CSVEncoder(null: null)) != nil else {
            throw ValidationError("--null must not contain quotes, commas or line breaks: NULL stands without quotes")
        }
    }

    /// An option that was given and means nothing without a database.
    private var optionOfDatabase: String? {
        [
            ("--table", table != nil), ("--if-exists", ifExists != nil), ("--key", key != nil),
            ("--index", !indexes.isEmpty), ("--evolve", evolve), ("--restart", restart),
            ("--continue-within", continueWithin != nil), ("--retry-window", retryWindow != nil),
        ]
        .first { $0.1 }?.0
    }

    /// Applies to a pull what the options say about earlier runs.
    func configure(_ pull: inout some Pull) {
        if let continueWithin { pull.continueWithin = continueWithin.duration }
        if let retryWindow { pull.retryWindow = retryWindow.duration }
    }

    /// The target in this database that the options describe.
    func stagingTarget(in file: String, defaultTable: String) -> StagingTarget {
        StagingTarget(
            path: file, table: table ?? defaultTable, ifExists: ifExists, key: key?.names ?? [],
            indexes: indexes.map(\.names), addsColumns: evolve)
    }
}
