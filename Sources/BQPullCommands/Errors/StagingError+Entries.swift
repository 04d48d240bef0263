import SQLiteStaging

extension StagingError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .databaseUnusable: ErrorEntry(
            .cannotCreate,
            explanation:
                "The file cannot be created or opened, or is no database that bqpull may use. Name another one with --into."
        ),
        .targetExists: ErrorEntry(
            .cannotCreate,
            explanation:
                "The table exists, and bqpull did not make it. Say what to do with --if-exists."),
        .schemaMismatch: ErrorEntry(
            .cannotCreate,
            explanation:
                "The existing table does not go with the result. Add columns with --evolve, or replace it."),
        .noDatabase: ErrorEntry(
            .inputMissing,
            explanation:
                "There is no database of this name to read runs from."),
        .noRun: ErrorEntry(
            .usage,
            explanation:
                "The database has no such run, or none that can be continued. bqpull runs FILE lists them."),
        .invalidName: ErrorEntry(
            .usage,
            explanation:
                "A path, table or column has a name that cannot be used. Names that begin with _bqpull_ or sqlite_ are taken."
        ),
        .noColumns: ErrorEntry(
            .usage,
            explanation:
                "The result has no columns, so that there is no table to make."),
        .noKey: ErrorEntry(
            .usage,
            explanation:
                "An upsert needs --key, and the table a unique index on it."),
        .unknownColumn: ErrorEntry(
            .usage,
            explanation:
                "A column of --key or --index is not in the result. The message names the nearest one."),
        .tooManyColumns: ErrorEntry(
            .badData,
            explanation:
                "The result has more columns than this SQLite can hold (2,000). Select fewer."),
        .valueTooLarge: ErrorEntry(
            .badData,
            explanation:
                "A value is longer than SQLite can hold (1 GB)."),
        .keyViolated: ErrorEntry(
            .badData,
            explanation:
                "A row has NULL in its --key, or the key of another row. Nothing was published."),
        .constraintViolated: ErrorEntry(
            .badData,
            explanation:
                "A row breaks a constraint or unique index of the table that it was to be added to. Nothing was changed."
        ),
        .incomplete: ErrorEntry(
            .badData,
            explanation:
                "Fewer or more rows arrived than BigQuery promised. Nothing was published: run the same command again."),
        .busy: ErrorEntry(
            .later,
            explanation:
                "Another program had the database open for too long, perhaps only to read. Close it, or wait longer with --lock-timeout."
        ),
        .targetInUse: ErrorEntry(
            .later,
            explanation:
                "Another bqpull is staging into the same table. Wait for it, or name another table."),
        .superseded: ErrorEntry(
            .later,
            explanation:
                "Another run into the same table has taken this one's place."),
        .notEnoughSpace: ErrorEntry(
            .cannotCreate,
            explanation:
                "The rows need more disk space than is free. Free some, choose another disk, or add --ignore-disk-space."
        ),
        .io: ErrorEntry(
            .localIO,
            explanation:
                "Reading or writing a local file failed, or the disk is full. What was staged is kept: make room and run the same command again."
        ),
        .corrupt: ErrorEntry(
            .localIO,
            explanation:
                "The database file is damaged. It was left as it is; restore it, or name another file."),
        .outOfResources: ErrorEntry(
            .systemLimit,
            explanation:
                "Memory or open files ran out. Raise the limit (ulimit -n), or give less --memory."),
        .unexpected: ErrorEntry(
            .unexpected,
            explanation:
                "This must not happen. Please report it, with the output of --verbose."),
    ]

    var specificHint: String? { hint }
}
