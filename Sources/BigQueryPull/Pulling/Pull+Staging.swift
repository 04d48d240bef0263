import BigQuery
import BigQueryRows
import Foundation
import SQLiteStaging

/// A run of the same command that was there before.
enum EarlierRun {
    /// Its rows are published, and its caller may not have the report.
    case published(RecordedRun)
    /// Its rows can be continued.
    case unfinished(RecordedRun)
    /// It was interrupted too long ago.
    case outdated(RecordedRun)
}

extension Pull {
    /// Opens the database of a target and lets `body` publish into it; it stays open until that is acknowledged.
    func publishing(
        into target: StagingTarget, _ body: (StagingDatabase) async throws -> PullReport
    ) async throws -> PublishedPull {
        let database = try await StagingDatabase.open(target, stagingOptions)
        do {
            var report = try await body(database)
            if let warning = try await database.settled() { report.warnings.append(warning) }
            report.file = target.path
            report.table = target.table
            return PublishedPull(report, runID: report.runID ?? "", in: database)
        } catch {
            // The first error is the one that says what happened.
            try? await database.close()
            throw error
        }
    }

    var stagingOptions: StagingOptions {
        var options = staging
        options.clock = clock
        return options
    }

    /// The run that this pull repeats: `continued` if there is one, else the one that the same command left.
    ///
    /// Throws `noRun` if the continued run is finished and acknowledged by now.
    func earlierRun(
        in database: StagingDatabase, continuing continued: RecordedRun?, of command: String
    ) async throws -> EarlierRun? {
        if let continued {
            let run = try await database.run(id: continued.intent.runID)
            // One that is finished by now is not begun again either.
            guard !startsAnew else { return nil }
            return run.awaitsAcknowledgement ? .published(run) : .unfinished(run)
        }
        guard !startsAnew else { return nil }
        if let run = try await database.unfinishedRun(of: command) {
            let age = Date().timeIntervalSince(run.intent.startedAt)
            return age >= 0 && age <= continueWithin / .seconds(1) ? .unfinished(run) : .outdated(run)
        }
        return try await database.unacknowledgedRun(of: command, within: retryWindow).map { .published($0) }
    }
}

extension StagingDatabase {
    /// Opens the database of a target, lets `body` work in it, and closes it.
    ///
    /// - Returns: the result, and a warning if the file could not be closed.
    static func with<Result>(
        _ target: StagingTarget, _ options: StagingOptions, _ body: (StagingDatabase) async throws -> Result
    ) async throws -> (result: Result, warning: PullWarning?) {
        let database = try await StagingDatabase.open(target, options)
        do {
            let result = try await body(database)
            let warning = try await database.settled()
            try? await database.close()
            return (result, warning)
        } catch {
            // The first error is the one that says what happened.
            try? await database.close()
            throw error
        }
    }

    /// Gives the file its own mode back.
    ///
    /// - Returns: a warning if that failed without a loss of rows.
    fileprivate func settled() async throws -> PullWarning? {
        do {
            try await settle()
            return nil
        } catch let error as StagingError where error.code == .corrupt {
            throw error
        } catch {
            let message = "the table is published, but the file could not be closed as it should: \(error)"
            return PullWarning(code: .fileNotClosed, message: message)
        }
    }
}

/// A text of JSON that is the same for the same value.
func stableJSON(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

extension StagingIntent {
    /// A run's ID that was never used.
    static func newRunID() -> String { UUID().uuidString.lowercased() }
}

extension StagingRun {
    /// Does something for the run, and notes in its record if that fails.
    ///
    /// - Parameter meter: gets the number of rows that are staged then.
    func recordingFailure<Result>(
        _ meter: PullReporter, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch {
            // The run that has taken its place goes on.
            if let error = error as? StagingError, error.code == .superseded { throw error }
            meter.staged(rowCount: rowsWritten)
            let canContinue = !Self.isFinal(error, hasRows: rowsWritten > 0)
            let reason = error is CancellationError ? "interrupted" : "\(error)"
            // A task of its own, since the database does not work for a task that has been cancelled.
            await Task { try? await self.stop(error: reason, canContinue: canContinue) }.value
            throw error
        }
    }

    /// Whether a run that stopped with this error cannot be continued: its job failed, or its result contradicts itself.
    private static func isFinal(_ error: any Error, hasRows: Bool) -> Bool {
        switch error {
        case let error as BigQueryError:
            error.code == .foreignJob || error.code == .notATable
                || !hasRows && [.queryFailed, .notAQuery, .jobFailedTemporarily].contains(error.code)
        case let error as RowsError: [.schemaChanged, .wrongRowCount].contains(error.code)
        case let error as PullError: [.inconsistentResult, .unsupportedColumn, .notIncremental].contains(error.code)
        case let error as StagingError:
            [.incomplete, .keyViolated, .valueTooLarge, .tooManyColumns, .noColumns, .invalidName].contains(error.code)
        default: false
        }
    }
}

extension StagingStatistics {
    init(_ report: PullReport, totalRows: Int64?, pageToken: String? = nil) {
        self.init(
            location: report.location, totalRows: totalRows, pageToken: pageToken, pages: report.pages,
            wireBytes: report.dataRead, inflatedBytes: report.dataInflated, bytesProcessed: report.bytesProcessed,
            bytesBilled: report.bytesBilled, cacheHit: report.cacheHit
        )
    }
}
