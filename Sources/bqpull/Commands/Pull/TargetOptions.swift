import ArgumentParser
import SQLiteStaging

/// Where rows go, and what becomes of what is there: the options of every command that begins a pull.
struct TargetOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The SQLite database; it is created if it does not exist.", valueName: "file"))
    var into: String

    @Option(
        help: ArgumentHelp(
            "The table in the SQLite database. Default: results for a query, the name of the table for a table.",
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

    @Flag(help: "Drop the rows that an interrupted run of this command has staged, and start anew.")
    var restart = false

    /// The target that the options describe.
    func stagingTarget(defaultTable: String) -> StagingTarget {
        StagingTarget(
            path: into, table: table ?? defaultTable, ifExists: ifExists, key: key?.names ?? [],
            indexes: indexes.map(\.names), addsColumns: evolve)
    }
}
