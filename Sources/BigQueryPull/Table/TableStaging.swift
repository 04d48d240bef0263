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
    /// are the same if they have the same table, columns and maximum number of rows, and the same target table, mode
    /// and key.
    ///
    /// - Parameter target: the table of a local database.
    /// - Returns: the published rows, to be acknowledged.
    /// - Throws: ``PullError`` (`tableChanges` if the table changed three times), `StagingError`, `BigQueryError`
    ///   (`notATable` for a view), `RowsError`, `HTTPError`, `OAuthError`, the errors of ``onDiskSpaceShortage``, or
    ///   `CancellationError`.
    public func publish(into target: StagingTarget) async throws -> PublishedPull {
        try await publishing(into: target) { database in
            let (client, reporter) = reporting()
            var earlier: StagingRun?
            switch try await earlierRun(in: database, continuing: continuedRun, of: try command()) {
            case .published(let run): return PullReport(published: run)
            case .unfinished(let run): earlier = try await database.continueRun(id: run.intent.runID)
            case .outdated(let run): reporter.report.droppedRun = DroppedRun(run)
            case nil: break
            }
            var reads = 1
            while true {
                do {
                    let run = try await read(earlier, in: database, at: target, client, reporter)
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
        _ reporter: PullReporter
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
        reporter.report.runID = run.recorded.intent.runID
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

    /// Identifies the pull, apart from its target.
    private func command() throws -> String {
        struct Command: Encodable {
            var table: TableReference
            var columns: [String]?
            var rows: Int64?
        }
        let columns = columns.map { Set($0.map { $0.lowercased() }).sorted() }
        return try JSONEncoder.canonical.text(Command(table: table, columns: columns, rows: maximumRows))
    }

    private func intent(_ session: TableSession) throws -> StagingIntent {
        let configuration = TableConfiguration(
            table: table, columns: columns, rows: maximumRows, version: session.version)
        return StagingIntent(
            runID: StagingIntent.newRunID(), command: try command(), project: table.project,
            location: session.table.location, jobID: nil, sql: "\(table)",
            configuration: try JSONEncoder.canonical.text(configuration), schema: session.columns,
            toolVersion: ToolVersion.programName, startedAt: Date())
    }
}
