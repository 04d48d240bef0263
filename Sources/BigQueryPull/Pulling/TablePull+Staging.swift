import BigQuery
import Foundation
public import SQLiteStaging

extension TablePull {
    /// How often a table is read that changes each time.
    private static let readings = 3

    /// Reads the table, and stages and publishes its rows in a table of a local SQLite database.
    ///
    /// The target is checked before anything is sent; the rows are published in one transaction after the last one. A
    /// table that changes while it is read is read again, twice at most. After an error the table here is as it was
    /// before, and the rows that have arrived are kept: the same pull continues behind them if the table has not changed
    /// and the run is not older than ``continueWithin``, else it reads the table from the beginning. Two pulls are the
    /// same if they have the same table, columns and number of rows, and the same target table, mode and key.
    ///
    /// - Throws: ``PullError`` (`tableChanges` after the third reading), `StagingError`, `BigQueryError` (`notATable` for
    ///   a view), `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    public func publish(into target: StagingTarget) async throws -> PublishedPull {
        try await publishing(into: target) { database in
            let meter = newMeter()
            var earlier: StagingRun?
            switch try await earlierRun(in: database, continuing: continuedRun, of: try command()) {
            case .published(let run): return PullReport(published: run)
            case .unfinished(let run): earlier = try await database.continueRun(id: run.intent.runID)
            case .outdated(let run): meter.report.droppedRun = DroppedRun(run)
            case nil: break
            }
            var reading = 1
            while true {
                do {
                    let run = try await read(earlier, in: database, at: target, meter)
                    return meter.finishedReport(of: run)
                } catch var error as PullError where error.code == .tableChanges {
                    guard reading < Self.readings else {
                        error.message = "the table \(table) changed each time that it was read, \(reading) times"
                        throw error
                    }
                    meter.warn(.tableChanged, "the table changed while it was read, and was read again")
                    meter.addRetry()
                    earlier = nil
                    reading += 1
                }
            }
        }
    }

    /// Reads the table once; what was staged is dropped if it changed meanwhile.
    private func read(
        _ earlier: StagingRun?, in database: StagingDatabase, at target: StagingTarget, _ meter: PullReporter
    ) async throws -> StagingRun {
        if let earlier, try await goOn(with: earlier, meter) { return earlier }
        meter.startOver()
        let reading = try await TableSession(self, meter)
        // Of some columns or rows the size is not known.
        if columns == nil, maximumRows == nil {
            try await checkDiskSpace(
                for: reading.table.byteCount, at: target.path, meter, isCopied: target.isAddedTo)
        }
        let run = try await database.begin(try intent(reading))
        if meter.acceptsDiskSpaceShortage { run.ignoreDiskSpace() }
        meter.report.runID = run.recorded.intent.runID
        try await droppingIfChanged(run, meter) { try await reading.transfer(to: run, willDeliver: run.record) }
        return run
    }

    /// Continues a run; `false` if its rows, which are dropped then, are not those of the table any more.
    private func goOn(with run: StagingRun, _ meter: PullReporter) async throws -> Bool {
        meter.resume(run.recorded)
        return try await droppingIfChanged(run, meter) {
            let reading = try await TableSession(self, meter)
            let recorded = try? JSONDecoder().decode(
                TableConfiguration.self, from: Data(run.recorded.intent.configuration.utf8))
            if recorded?.version == reading.version, try await reading.transfer(continuing: run) { return true }
            let change = "the table changed after the interruption"
            try await run.discard(error: change)
            meter.warn(.tableChanged, "\(change), and was read again")
            return false
        }
    }

    private func droppingIfChanged<Result>(
        _ run: StagingRun, _ meter: PullReporter, _ body: () async throws -> Result
    ) async throws -> Result {
        try await run.recordingFailure(meter) {
            do {
                return try await body()
            } catch let error as PullError where error.code == .tableChanges {
                try await run.discard(error: "\(error)")
                throw error
            }
        }
    }

    /// What makes another pull the same, but for its target.
    private func command() throws -> String {
        struct Command: Encodable {
            var table: TableReference
            var columns: [String]?
            var rows: Int64?
        }
        let columns = columns.map { Set($0.map { $0.lowercased() }).sorted() }
        return try stableJSON(Command(table: table, columns: columns, rows: maximumRows))
    }

    private func intent(_ reading: TableSession) throws -> StagingIntent {
        let configuration = TableConfiguration(
            table: table, columns: columns, rows: maximumRows, version: reading.version)
        return StagingIntent(
            runID: StagingIntent.newRunID(), command: try command(), project: table.project,
            location: reading.table.location,
            jobID: nil, sql: "\(table)", configuration: try stableJSON(configuration), schema: reading.columns,
            toolVersion: ToolVersion.programName, startedAt: Date())
    }
}
