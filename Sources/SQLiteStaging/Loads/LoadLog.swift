import BigQueryRows
import GRDB

/// The loads of a staging database.
///
/// ```swift
/// import SQLiteStaging
///
/// func printMarks(in path: String) async throws {
///     for load in try await LoadLog.read(path: path) {
///         print(load.name, load.table, load.highWaterMark ?? "no mark")
///     }
/// }
/// ```
public enum LoadLog {
    /// Reads all loads, by name. The file can be read-only.
    ///
    /// - Parameters:
    ///   - path: the database file; relative to the working directory if it does not begin with `/`.
    ///   - options: the lock timeout and its report. Defaults to a timeout of 300 s.
    /// - Returns: the loads. Those into a table that does not exist have no mark.
    /// - Throws: ``StagingError``: `noDatabase` if the file does not exist, `noRun` if nothing was ever staged in it,
    ///   `databaseUnusable` or `invalidName` if it is not a staging database.
    public static func read(
        path: String, _ options: StagingOptions = StagingOptions()
    ) async throws -> [LoadRecord] {
        try await RunLog.withDatabase(path, options, isWritten: false) { try LoadRecords.all(path: path, $1) }
    }

    /// Sets or removes the high-water mark of a load, and drops its unfinished runs. Counts its published runs as
    /// acknowledged, so that the next pull runs.
    ///
    /// - Parameters:
    ///   - name: the name of the load.
    ///   - value: the new mark, in the type of the incremental column; `nil` removes the mark, and the next run begins
    ///     from the first row.
    ///   - path: the database file; relative to the working directory if it does not begin with `/`.
    ///   - options: the lock timeout and its report. Defaults to a timeout of 300 s.
    /// - Returns: the new record, and the runs whose rows were dropped.
    /// - Throws: ``StagingError``: `noLoad` if no load has the name, `invalidValue` if the load cannot have this mark,
    ///   `targetInUse` if a process is staging into its table; `noDatabase`, `noRun`, `databaseUnusable` or `invalidName`
    ///   as for ``read(path:_:)``.
    public static func reset(
        _ name: String, to value: String?, path: String, _ options: StagingOptions = StagingOptions()
    ) async throws -> (load: LoadRecord, droppedRuns: [RecordedRun]) {
        try await RunLog.withDatabase(path, options, isWritten: true) { file, db in
            let lock = try TargetLock.take(try find(name, path: path, db).table, of: file.path)
            defer { lock?.release() }
            var droppedRuns: [RecordedRun] = []
            try db.inTransaction(.immediate) {
                try ControlTables.prepare(db, path: path)
                var load = try find(name, path: path, db)
                let mark = try value.map { try parse($0, of: load, db).text }
                load.highWaterMark = mark
                load.isStarted = mark != nil
                try LoadRecords.write(load, db)
                let runs = try RunLog.unfinished(ofLoad: load.name, path: path, db)
                droppedRuns = try RunLog.drop(runs, as: .discarded, db)
                // Otherwise the next run of the command would report the latest one instead of reading the rows.
                try RunLog.acknowledgeAll(ofLoad: load.name, db)
                return .commit
            }
            return (try find(name, path: path, db), droppedRuns)
        }
    }

    private static func find(_ name: String, path: String, _ db: Database) throws -> LoadRecord {
        guard let load = try LoadRecords.find(name, path: path, db) else {
            throw StagingError(code: .noLoad, message: "\(path) has no load \(name)", detail: .runs(path: path))
        }
        return load
    }

    /// Parses a new mark of a load.
    private static func parse(_ text: String, of load: LoadRecord, _ db: Database) throws -> IncrementalValue {
        guard let type = load.type, let column = load.incrementalColumn else {
            throw StagingError(code: .invalidValue, message: "the load \(load.name) has no incremental column")
        }
        // Its next run would begin from the first row, whatever the mark.
        guard try db.tableExists(load.table) else {
            throw StagingError(
                code: .invalidValue, message: "the table \(load.table) of the load \(load.name) does not exist")
        }
        guard let mark = IncrementalValue(text, type: type) else {
            throw StagingError(
                code: .invalidValue,
                message: "\"\(text)\" is not a valid \(type.name), the type of the column \(column)")
        }
        return mark
    }
}
