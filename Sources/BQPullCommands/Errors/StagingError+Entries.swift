import SQLiteStaging
import TextSupport

extension StagingError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .databaseUnusable: ErrorEntry(
            .cannotCreate,
            "The file cannot be created, opened or written, or is not a database that rows can be staged in. Name another one with --into.",
            hint: "name another file"),
        .targetExists: ErrorEntry(
            .cannotCreate, "The table exists, and was not created by bqpull.",
            hint: "use --if-exists replace, append or upsert, or another table with --table NAME"),
        .schemaMismatch: ErrorEntry(
            .cannotCreate,
            "The columns of the result, or their types, do not match those of the existing table. Add columns with --evolve, or replace the table.",
            hint: "select the table's columns, cast to their types, or use --if-exists replace"),
        .noDatabase: ErrorEntry(
            .inputMissing, "The database to read runs or loads from does not exist. Name the file of an earlier pull.",
            hint: databaseHint),
        .noRun: ErrorEntry(
            .usage,
            "The database has no such run, or the run cannot be continued. List its runs with bqpull runs FILE.",
            hint: databaseHint),
        .noLoad: ErrorEntry(
            .usage, "The database has no load of this name. List its loads with bqpull loads FILE.",
            hint: databaseHint),
        .invalidValue: ErrorEntry(
            .usage,
            "The new mark is not a value in the type of the incremental column, or the load has no such column.",
            hint: "pass a value like 2024-02-01, 2024-02-01T10:00:00Z or 100; bqpull loads FILE shows the type"),
        .unknownOrigin: ErrorEntry(
            .usage,
            "The table gets a load column, but the load of its rows is unknown. Pull the load into another table, or replace the table.",
            hint: "choose another table with --table NAME, or replace the table with --if-exists replace"),
        .invalidName: ErrorEntry(
            .usage,
            "The name of a path, table or column is invalid. Names that begin with _bqpull_ or sqlite_ are reserved.",
            hint: "choose another name"),
        .noColumns: ErrorEntry(
            .usage, "The result has no columns, so no table can be created. Only rows can be pulled.",
            hint: "pull a statement that returns rows"),
        .noKey: ErrorEntry(
            .usage,
            "Upsert and delete-insert need --key. With upsert, an existing table needs a unique index on the key.",
            hint: "name its columns with --key COLUMN[,COLUMN]"),
        .unknownColumn: ErrorEntry(
            .usage,
            "A column of --key, --index, --keep or --incremental is not in the result, is named twice, or has an unsuitable type. The hint lists the columns or the most similar one.",
            hint: "select it as well, or name another column"),
        .tooManyColumns: ErrorEntry(
            .badData, "The table would have more columns than SQLite supports (2,000).",
            hint: "select fewer columns, or combine some in a STRUCT"),
        .valueTooLarge: ErrorEntry(
            .badData, "A value or a row is longer than SQLite supports (1 GB). Leave it out or split it."),
        .keyViolated: ErrorEntry(
            .badData, "A row has NULL in its --key, or the key of another row. Nothing was published.",
            hint: "select one row for each key, keep the latest with --keep latest:COLUMN, or add columns to --key"),
        .constraintViolated: ErrorEntry(
            .badData,
            "A row violates a constraint or a unique index of the table that it was added to. Nothing was changed.",
            hint:
                "leave such rows out, drop the constraint or the unique index, or choose another table with --table NAME"
        ),
        .incomplete: ErrorEntry(
            .badData, "Fewer or more rows arrived than the result has. Nothing was published.",
            hint: "run the same command again"),
        .busy: ErrorEntry(
            .later,
            "Another program had the database open for too long, even if only to read. Close it, or wait longer with --lock-timeout.",
            hint: "close the programs that have it open, also those that only read, and run the same command again"),
        .targetInUse: ErrorEntry(
            .later, "Another bqpull process is pulling into the same table.",
            hint: "wait for it to finish, or choose another table with --table NAME"),
        .superseded: ErrorEntry(
            .later, "Another run into the same table has taken the place of this one.",
            hint: "run one pull on a table at a time"),
        .notEnoughSpace: ErrorEntry(
            .cannotCreate,
            "The rows need more disk space than is free. Free some, choose another disk, or add --ignore-disk-space.",
            hint: "free some space, or choose a file on another disk"),
        .io: ErrorEntry(
            .localIO,
            "Reading or writing a local file failed, or the disk is full. Staged rows are kept. Free disk space and run the same command again.",
            hint: "check the disk"),
        .corrupt: ErrorEntry(
            .localIO, "The database file is damaged. It was not changed.",
            hint: "restore it from a copy, or name another file"),
        .outOfResources: ErrorEntry(
            .systemLimit,
            "Memory or file descriptors ran out. Raise the limit of open files (ulimit -n), or reduce --memory.",
            hint: "free some memory, or let the pull use less of it with --memory SIZE"),
        .unexpected: ErrorEntry(.unexpected, "An internal error. Please report it, with the output of --verbose."),
    ]

    private static let databaseHint = "name the staging database that the pull was given with --into"

    var specificHint: String? {
        switch detail {
        case nil: nil
        case .unsuitableTable: "choose another table with --table NAME"
        case .conflictingObject: "drop it, or choose another table with --table NAME"
        case .brokenIndex: "drop the index, or name another file"
        case .reservedName: "rename it, or name another file"
        case .changedRecords: "restore the file from a copy, or name another file"
        case .newerFormat: "use that version of bqpull, or name another file"
        case .notWritable where code == .io: "check that the file was not moved or protected"
        case .notWritable: "check the permissions of the file and its folder"
        case .noFileLocks: "put it on a disk whose file system supports locks"
        case .diskFull(nil): "free some space and run the same command again"
        case .diskFull(let bytes?):
            """
            the missing rows need about \(bytes / 1_000_000 + 1) MB, and indexes more; free some space and run the \
            same command again
            """
        case .replacedFile: "put the file back and run the same command again, or pull into another one"
        case .truncatedLog: "do not change the files next to the database, and run the same command again"
        case .openFileLimit: "raise the limit of open files (ulimit -n)"
        case .latestRowsDiffer: "select one of these rows, or name a column with --keep whose values differ"
        case .nullKey: "leave such rows out, or name other columns with --key"
        case .noUniqueIndex(let statement):
            "replace the table with --if-exists replace, or create the index: \(statement)"
        case .fixedColumns:
            "select the table's columns, add new columns with --evolve, or use --if-exists replace"
        case .changedSchema: "drop its rows with --restart"
        case .columnName: "give the column another name with AS"
        case .workingDirectory: "change to another directory, or rename this one"
        case .similarName(let name): "did you mean \(name)?"
        case .columns(let names):
            "its columns are \(names.prefix(20).joined(separator: ", "))\(names.count > 20 ? ", …" : "")"
        case .duplicateColumn: "name every column once"
        case .runs(let path) where code == .noLoad: "list the loads with bqpull loads \(shellWord(path))"
        case .runs where code == .invalidValue: nil
        case .runs(let path): "list the runs with bqpull runs \(shellWord(path))"
        }
    }
}
