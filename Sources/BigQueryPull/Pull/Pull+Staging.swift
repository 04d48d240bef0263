import BigQuery
import BigQueryRows
import Foundation
import SQLiteStaging

/// An earlier run of the same pull.
enum EarlierRun {
    /// Its rows are published, and the report is not acknowledged.
    case published(RecordedRun)
    /// It can be continued.
    case unfinished(RecordedRun)
    /// It was interrupted too long ago to be continued.
    case outdated(RecordedRun)
}

extension Pull {
    /// Opens the database of a target and calls `body` to publish into it. The database stays open until the report is
    /// acknowledged.
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
            // Reports the first error.
            try? await database.close()
            throw error
        }
    }

    var stagingOptions: StagingOptions {
        var options = staging
        options.clock = clock
        return options
    }

    /// The run to continue or report: `continued` if given, otherwise the last run of the same pull.
    ///
    /// Throws `StagingError` with code `noRun` if `continued` is finished and acknowledged by now.
    func earlierRun(
        in database: StagingDatabase, continuing continued: RecordedRun?, of command: String
    ) async throws -> EarlierRun? {
        if let continued {
            let run = try await database.run(id: continued.intent.runID)
            // Looked up first, so that a finished run is not restarted either.
            guard !restarts else { return nil }
            return run.awaitsAcknowledgement ? .published(run) : .unfinished(run)
        }
        guard !restarts else { return nil }
        if let run = try await database.unfinishedRun(of: command) {
            let age = Date().timeIntervalSince(run.intent.startedAt)
            return age >= 0 && age <= continueWithin / .seconds(1) ? .unfinished(run) : .outdated(run)
        }
        return try await database.unacknowledgedRun(of: command, within: retryWindow).map { .published($0) }
    }
}

extension StagingDatabase {
    /// Opens the database of a target, calls `body`, and closes the database. Returns a warning if closing failed.
    static func with<Value>(
        _ target: StagingTarget, _ options: StagingOptions, _ body: (StagingDatabase) async throws -> Value
    ) async throws -> (result: Value, warning: PullWarning?) {
        let database = try await StagingDatabase.open(target, options)
        do {
            let result = try await body(database)
            let warning = try await database.settled()
            // The warning says what went wrong; the file is closed even after an error.
            try? await database.close()
            return (result, warning)
        } catch {
            // Reports the first error.
            try? await database.close()
            throw error
        }
    }

    /// Restores the journal mode of the file. Returns a warning if that fails without loss of rows.
    fileprivate func settled() async throws -> PullWarning? {
        do {
            try await settle()
            return nil
        } catch let error as StagingError where error.code == .corrupt {
            throw error
        } catch {
            let message = "the table is published, but the database file could not be closed cleanly: \(error)"
            return PullWarning(code: .fileNotClosed, message: message)
        }
    }
}

extension StagingIntent {
    /// A new run ID.
    static func newRunID() -> String { UUID().uuidString.lowercased() }
}

extension StagingRun {
    /// Calls `body`. If that fails, records the error in the run and the staged rows in the report.
    func recordingFailure<Value>(
        _ reporter: PullReporter, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch {
            // Another run has taken the place of this one.
            if let error = error as? StagingError, error.code == .superseded { throw error }
            reporter.staged(rowCount: rowsWritten)
            let canContinue = !Self.isFinal(error, hasRows: rowsWritten > 0)
            let reason = error is CancellationError ? "interrupted" : "\(error)"
            // In a new task, since the database throws in a cancelled one. An error that cannot be recorded is thrown
            // all the same.
            await Task { try? await self.stop(error: reason, canContinue: canContinue) }.value
            throw error
        }
    }

    /// Whether the error rules out continuing the run: its job failed, or its result is inconsistent.
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
