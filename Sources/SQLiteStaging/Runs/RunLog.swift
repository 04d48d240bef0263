import GRDB

/// The log of runs in a staging database.
///
/// ```swift
/// import SQLiteStaging
///
/// func printUnfinishedRuns(in path: String) async throws {
///     for run in try await RunLog.read(path: path) where run.state.isUnfinished {
///         print(run.intent.runID, run.target.table, run.rows, run.error ?? "")
///     }
/// }
/// ```
public enum RunLog {
    /// Reads all runs, in the order of their start, and acknowledges none. The file can be read-only.
    ///
    /// - Parameters:
    ///   - path: the database file; relative to the working directory if it does not begin with `/`.
    ///   - options: the lock timeout and its report. Defaults to a timeout of 300 s.
    /// - Returns: the runs. A run whose process has exited unexpectedly is `interrupted`.
    /// - Throws: ``StagingError``: `noDatabase` if the file does not exist, `noRun` if nothing was ever staged in it,
    ///   `databaseUnusable` or `invalidName` if it is not a staging database.
    public static func read(
        path: String, _ options: StagingOptions = StagingOptions()
    ) async throws -> [RecordedRun] {
        try await withDatabase(path, options, isWritten: false) { file, db in
            var runs = try all(path: path, db)
            for index in runs.indices where runs[index].state == .running {
                runs[index].process = TargetLock.owner(of: runs[index].target.table, in: file.path)
                if runs[index].process == nil { runs[index].state = .interrupted }
            }
            return runs
        }
    }

    /// Drops the rows of an unpublished run.
    ///
    /// - Parameters:
    ///   - runID: the ID of the run.
    ///   - path: the database file; relative to the working directory if it does not begin with `/`.
    ///   - options: the lock timeout and its report. Defaults to a timeout of 300 s.
    /// - Throws: ``StagingError``: `noRun` if there is no such run or it is published, `targetInUse` if it is in
    ///   progress; `noDatabase`, `databaseUnusable` or `invalidName` as for ``read(path:_:)``.
    public static func discard(
        _ runID: String, path: String, _ options: StagingOptions = StagingOptions()
    ) async throws {
        try await withDatabase(path, options, isWritten: true) { file, db in
            guard let run = try find(runID, path: path, db), run.state.isUnfinished || run.hasTable else {
                throw StagingError(
                    code: .noRun, message: "\(path) has no run \(runID) with rows to drop", detail: .runs(path: path))
            }
            let lock = try TargetLock.take(run.target.table, of: file.path)
            defer { lock?.release() }
            try db.inTransaction(.immediate) {
                try drop(runID, as: .discarded, db)
                return .commit
            }
        }
    }

    /// Runs `body` on an existing staging database.
    ///
    /// - Throws: ``StagingError``: `noDatabase` if the file does not exist, `noRun` if it has no control tables.
    static func withDatabase<Result: Sendable>(
        _ path: String, _ options: StagingOptions, isWritten: Bool,
        _ body: @escaping @Sendable (StagingFile, Database) throws -> Result
    ) async throws -> Result {
        let (connection, result) = try await StagingConnection.open(path: path, options, isWritten: isWritten) {
            found in
            guard let (file, db) = found else {
                throw StagingError(code: .noDatabase, message: "there is no file \(path)")
            }
            guard try ControlTables.check(db, path: path) else { return Result?.none }
            return try body(file, db)
        }
        try await connection.close()
        guard let result else { throw StagingError(code: .noRun, message: "nothing was ever staged in \(path)") }
        return result
    }
}
