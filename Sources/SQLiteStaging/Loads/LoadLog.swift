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
    public static func read(
        path: String, _ options: StagingOptions = StagingOptions()
    ) async throws -> [LoadRecord] { fatalError() }

    /// Sets or removes the high-water mark of a load, and drops its interrupted runs.
    ///
    /// - Parameters:
    ///   - name: the name of the load.
    ///   - value: the new mark, in the type of the incremental column; `nil` removes the mark, and the next run begins
    ///     from the first row.
    ///   - path: the database file; relative to the working directory if it does not begin with `/`.
    ///   - options: the lock timeout and its report. Defaults to a timeout of 300 s.
    /// - Returns: the new record, and the runs whose rows were dropped.
    public static func reset(
        _ name: String, to value: String?, path: String, _ options: StagingOptions = StagingOptions()
    ) async throws -> (load: LoadRecord, droppedRuns: [RecordedRun]) { fatalError() }
}
