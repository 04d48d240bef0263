import BigQuery
import Foundation
public import SQLiteStaging
import TextSupport

extension TablePull {
    /// How many times a table that changes each time is read.
    private static let maxReads = 3

    /// Reads the table, and stages and publishes its rows in a table of a local SQLite database.
    ///
    /// The target is checked before the first request, and the rows are published in one transaction after the last
    /// one. A table that changes while it is read is read again, twice at most. After an error the target table is as
    /// it was before, and the rows that have arrived are kept: the same pull continues after them if the table has not
    /// changed and the run is not older than ``continueWithin``; otherwise it reads the table from the start. Two pulls
    /// are the same if they have the same table, columns, maximum number of rows and load, and the same target table,
    /// mode, key and added columns.
    ///
    /// - Parameter target: the table of a local database.
    /// - Returns: the published rows, to be acknowledged.
    /// - Throws: ``PullError`` (`tableChanges` if the table changed three times; `loadConflict` or `loadColumnRequired`
    ///   if the load cannot run), `StagingError`, `BigQueryError` (`notATable` for a view), `RowsError`, `HTTPError`,
    ///   `OAuthError`, the errors of ``onDiskSpaceShortage``, or `CancellationError`.
    public func publish(into target: StagingTarget) async throws -> PublishedPull {
        let options = try loadOptions()
        try options.check(into: target)
        let command = try continuedRun?.intent.command ?? command(into: target)
        return try await publishing(into: target) { database in
            let (client, reporter) = reporting()
            let found = try await earlierRun(in: database, continuing: continuedRun, of: command)
            if case .published(let run) = found { return try await database.report(published: run) }
            let load = try await database.plan(options, into: target)
            var earlier: StagingRun?
            switch found {
            case .unfinished(let run): earlier = try await database.continueRun(id: run.intent.runID)
            case .outdated(let run): reporter.report.droppedRun = DroppedRun(run)
            case .published, nil: break
            }
            let newIntent: (TableSession) throws -> StagingIntent = { try intent($0, command, load) }
            var reads = 1
            while true {
                do {
                    let run = try await read(earlier, in: database, at: target, client, reporter, newIntent)
                    reporter.published(run, of: load?.report(nil))
                    return reporter.finishedReport(of: run)
                } catch var error as PullError where error.code == .tableChanges {
                    guard reads < Self.maxReads else {
                        error.message = "the table \(table) changed during each of \(reads) reads"
                        throw error
                    }
                    reporter.warn(.tableChanged, "the table changed while it was read, and was read again")
                    reporter.addRetry()
                    earlier = nil
                    reads += 1
                }
            }
        }
    }

    /// Reads the table once, and drops the staged rows if it changes meanwhile.
    private func read(
        _ earlier: StagingRun?, in database: StagingDatabase, at target: StagingTarget, _ client: BigQueryClient,
        _ reporter: PullReporter, _ intent: (TableSession) throws -> StagingIntent
    ) async throws -> StagingRun {
        if let earlier, try await resume(earlier, client, reporter) { return earlier }
        reporter.startOver()
        let session = try await TableSession(self, client, reporter)
        // The size of a selection of columns or rows is unknown.
        if columns == nil, maximumRows == nil {
            try await checkDiskSpace(
                for: session.table.byteCount, at: target.path, reporter, isCopied: target.addsRows)
        }
        let run = try await database.begin(try intent(session))
        if reporter.acceptsDiskSpaceShortage { run.ignoreDiskSpace() }
        // An earlier read of this pull is not a run of its own.
        reporter.began(
            run, dropping: run.dropped.filter { $0.intent.command != run.recorded.intent.command }.map(DroppedRun.init))
        try await droppingIfChanged(run, reporter) { try await session.transfer(to: run, willDeliver: run.record) }
        return run
    }

    /// Continues a run; `false` if the table has changed since, and the rows were dropped.
    private func resume(
        _ run: StagingRun, _ client: BigQueryClient, _ reporter: PullReporter
    ) async throws -> Bool {
        reporter.resume(run.recorded)
        return try await droppingIfChanged(run, reporter) {
            let session = try await TableSession(self, client, reporter)
            // A configuration that cannot be decoded has no version, so the table is read again.
            let recorded = try? JSONDecoder().decode(
                TableConfiguration.self, from: Data(run.recorded.intent.configuration.utf8))
            if recorded?.version == session.version, try await session.transfer(continuing: run) { return true }
            let change = "the table changed after the interruption"
            try await run.discard(error: change)
            reporter.warn(.tableChanged, "\(change), and was read again")
            return false
        }
    }

    private func droppingIfChanged<Value>(
        _ run: StagingRun, _ reporter: PullReporter, _ body: () async throws -> Value
    ) async throws -> Value {
        try await run.recordingFailure(reporter) {
            do {
                return try await body()
            } catch let error as PullError where error.code == .tableChanges {
                try await run.discard(error: "\(error)")
                throw error
            }
        }
    }

    /// The rows of the table to read.
    private struct Selection: Encodable {
        var columns: [String]?
        var rows: Int64?

        init(_ pull: TablePull) {
            columns = pull.columns.map { Set($0.map { $0.lowercased() }).sorted() }
            rows = pull.maximumRows
        }
    }

    /// Identifies the pull, apart from table, mode and key of its target.
    private func command(into target: StagingTarget) throws -> String {
        struct Command: Encodable {
            var table: TableReference
            var columns: [String]?
            var rows: Int64?
            var load: String?
            var loadColumn: String?
            var loadedAt: String?
            var latest: String?
        }
        let selection = Selection(self)
        return try JSONEncoder.canonical.text(
            Command(
                table: table, columns: selection.columns, rows: selection.rows, load: load?.lowercased(),
                loadColumn: target.loadColumn?.lowercased(), loadedAt: target.loadedAtColumn?.lowercased(),
                latest: target.latestColumn?.lowercased()))
    }

    private func loadOptions() throws -> LoadOptions {
        LoadOptions(
            load: load, project: table.project, sql: "\(table)",
            parameters: try JSONEncoder.canonical.text(Selection(self)))
    }

    private func intent(_ session: TableSession, _ command: String, _ load: LoadPlan?) throws -> StagingIntent {
        let configuration = TableConfiguration(
            table: table, columns: columns, rows: maximumRows, version: session.version)
        return StagingIntent(
            runID: StagingIntent.newRunID(), command: command, load: load?.intent(nil), project: table.project,
            location: session.table.location, jobID: nil, sql: "\(table)",
            configuration: try JSONEncoder.canonical.text(configuration), schema: session.columns,
            toolVersion: ToolVersion.programName, startedAt: Date())
    }
}
