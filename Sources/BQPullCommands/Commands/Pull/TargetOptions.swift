import ArgumentParser
import BigQueryPull
import RowFormats
import SQLiteStaging

/// Where rows go, and what happens to existing ones: the options of every command that starts a pull.
struct TargetOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The SQLite database; created if it does not exist. Default: rows go to standard output.",
            valueName: "file"))
    var into: String?

    @Option(
        help: ArgumentHelp(
            "The format of rows on standard output: table, csv or jsonl. Default: table on a terminal, else csv.",
            valueName: "format"))
    var format: RowFormat?

    @Option(
        help: ArgumentHelp(
            "The text for NULL in CSV, unquoted; equal values are quoted. Default: empty, not allowed for a single column.",
            valueName: "text"))
    var null: String?

    @Option(
        help: ArgumentHelp(
            "The table in the SQLite database. Default: results, or the name of the pulled table.",
            valueName: "name"))
    var table: String?

    @Option(
        help: ArgumentHelp(
            "What to do with an existing table: fail, replace, append, upsert (update rows with the same --key), or delete-insert (replace all rows whose --key values occur in the new rows). Default: replace a table created by bqpull, fail for any other.",
            valueName: "mode"
        )
    )
    var ifExists: StagingTarget.ExistingTable?

    @Option(
        help: ArgumentHelp(
            "The columns that identify rows. A new table gets a unique index on them, an existing one must have it. A row with a NULL or duplicate key stops the pull. With delete-insert, the columns that identify groups of rows.",
            valueName: "column[,column]"
        )
    )
    var key: ColumnList?

    @Option(
        name: .customLong("index"),
        help: ArgumentHelp(
            "An index to create before the table is published; can be repeated.", valueName: "column[,column]")
    )
    var indexes: [ColumnList] = []

    @Option(
        help: ArgumentHelp(
            "The row to keep of several with the same --key in one pull: the one with the highest value of COLUMN. Equal rows count once; two different ones with the highest value stop the pull. Upsert does not overwrite a row with a higher value.",
            valueName: "latest:column"))
    var keep: KeptRow?

    @Option(
        help: ArgumentHelp(
            "The name of the load, unique in the database, which its rows and its mark belong to; its query can change. Default: the table, with --incremental, else no load.",
            valueName: "name"))
    var load: String?

    @Option(
        help: ArgumentHelp(
            "A column for the name of the load in every row, so that several loads can share the table; added if it is missing.",
            valueName: "column"))
    var loadColumn: String?

    @Option(help: ArgumentHelp("A column for the time of the run in every row (UTC).", valueName: "column"))
    var loadedAt: String?

    @Flag(help: "Add missing columns to the existing table, with append, upsert or delete-insert.")
    var evolve = false

    @Flag(
        help:
            "Drop the rows staged by an interrupted run of this command, and run the query again. Also runs a query again that was just published; without --incremental, append then adds the rows a second time."
    )
    var restart = false

    @Option(
        help: ArgumentHelp(
            "Continue an interrupted run of this command if it started within this time; drop an older one and start from scratch. Default: 12h.",
            valueName: "duration"))
    var continueWithin: DurationText?

    @Option(
        help: ArgumentHelp(
            "If this command published its rows within this time, and ended before it wrote its report, repeat the report instead of running again; 0 disables this. Default: 10m.",
            valueName: "duration"))
    var retryWindow: DurationText?

    func validate() throws {
        if into != nil {
            guard format == nil else {
                throw ValidationError("--format applies to standard output; omit it or --into")
            }
            guard null == nil else {
                throw ValidationError("--null applies to standard output; omit it or --into")
            }
        } else if let option = optionOfDatabase {
            throw ValidationError("\(option) applies to a database; pass --into FILE")
        }
        for (option, name) in [("--load", load), ("--load-column", loadColumn), ("--loaded-at", loadedAt)] {
            guard name != "" else { throw ValidationError("\(option) requires a name") }
        }
        guard keep == nil || key != nil else {
            throw ValidationError("--keep chooses between rows with the same key; pass --key COLUMN[,COLUMN]")
        }
        guard keep == nil || ifExists != .deleteInsert else {
            throw ValidationError("--keep leaves one row for each key, and delete-insert several; omit one of them")
        }
        guard let null else { return }
        guard format ?? .csv == .csv else { throw ValidationError("--null requires --format csv") }
        guard (try? CSVEncoder(null: null)) != nil else {
            throw ValidationError("--null must not contain quotes, commas or line breaks")
        }
    }

    /// A given option that requires a database.
    private var optionOfDatabase: String? {
        [
            ("--table", table != nil), ("--if-exists", ifExists != nil), ("--key", key != nil),
            ("--index", !indexes.isEmpty), ("--keep", keep != nil), ("--load", load != nil),
            ("--load-column", loadColumn != nil), ("--loaded-at", loadedAt != nil), ("--evolve", evolve),
            ("--restart", restart), ("--continue-within", continueWithin != nil),
            ("--retry-window", retryWindow != nil),
        ]
        .first { $0.1 }?.0
    }

    /// Rejects a load column if the pull belongs to no load.
    func requireLoad(isIncremental: Bool = false) throws {
        guard loadColumn == nil || load != nil || isIncremental else {
            throw ValidationError("--load-column requires a load; pass --load NAME")
        }
    }

    /// Applies the options about earlier runs to a pull.
    func configure(_ pull: inout some Pull) {
        if let continueWithin { pull.continueWithin = continueWithin.duration }
        if let retryWindow { pull.retryWindow = retryWindow.duration }
    }

    /// The target that the options describe.
    func stagingTarget(in file: String, defaultTable: String) -> StagingTarget {
        StagingTarget(
            path: file, table: table ?? defaultTable, ifExists: ifExists, key: key?.names ?? [],
            indexes: indexes.map(\.names), addsColumns: evolve, loadColumn: loadColumn, loadedAtColumn: loadedAt,
            latestColumn: keep?.latestColumn)
    }
}
