import GRDB

/// The runs that a staging database remembers.
public enum RunLog {
    /// All runs, in the order in which they began. Acknowledges none of them.
    ///
    /// The file can be on a medium that cannot be written.
    ///
    /// Throws `noDatabase` if the file is not there, and what ``StagingDatabase/open(_:_:)`` throws for a file that is
    /// not a staging database.
    public static func read(
        path: String, _ options: StagingOptions = StagingOptions()
    ) async throws -> [RecordedRun] {
        try await withDatabase(path, options, isWritten: false) { file, db in
            var runs = try RunTable.all(path: path, db)
            for index in runs.indices where runs[index].state == .running {
                runs[index].process = TargetLock.owner(of: runs[index].target.table, in: file.path)
                if runs[index].process == nil { runs[index].state = .interrupted }
            }
            return runs
        }
    }

    /// Drops the rows of a run that is not published.
    ///
    /// Throws `noRun` if there is no such run or it is published, `targetInUse` if it is going on.
    public static func discard(
        _ runID: String, path: String, _ options: StagingOptions = StagingOptions()
    ) async throws {
        try await withDatabase(path, options, isWritten: true) { file, db in
            guard let run = try RunTable.find(runID, path: path, db), run.state.isUnfinished || run.hasTable else {
                throw StagingError(
                    code: .noRun, message: "\(path) has no run \(runID) with rows that could be dropped",
                    hint: "bqpull runs '\(path)' lists the runs")
            }
            let lock = try TargetLock.take(run.target.table, of: file.path)
            defer { lock?.release() }
            try db.inTransaction(.immediate) {
                try RunTable.drop(runID, as: .discarded, db)
                return .commit
            }
        }
    }

    private static func withDatabase<Result: Sendable>(
        _ path: String, _ options: StagingOptions, isWritten: Bool,
        _ body: @escaping @Sendable (StagingFile, Database) throws -> Result
    ) async throws -> Result {
        let (connection, result) = try await StagingConnection.open(path: path, options, isWritten: isWritten) {
            found in
            guard let (file, db) = found else {
                throw StagingError(
                    code: .noDatabase, message: "there is no file \(path)",
                    hint: "name the staging database that the pull was given with --into")
            }
            guard try ControlTables.check(db, path: path) else { return Result?.none }
            return try body(file, db)
        }
        try await connection.close()
        guard let result else {
            throw StagingError(
                code: .noRun, message: "nothing was ever staged in \(path)",
                hint: "name the staging database that the pull was given with --into")
        }
        return result
    }
}
