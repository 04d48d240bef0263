import BigQuery
import BigQueryRows
import Foundation
import SQLiteStaging

extension Pull {
    /// Opens the database of a target, lets `body` stage into it, and closes it.
    func staging(
        into target: StagingTarget, _ body: (StagingDatabase) async throws -> PullReport
    ) async throws -> PullReport {
        var (report, warning) = try await StagingDatabase.with(
            target, checksEverything: checksDatabase, clock: clock, body)
        if let warning { report.warnings.append(warning) }
        report.file = target.path
        report.table = target.table
        return report
    }

    /// The run to go on with: `continued` if there is one, else the one that the same command left.
    func earlierRun(
        in database: StagingDatabase, continuing continued: RecordedRun?, of command: String
    ) async throws -> StagingRun? {
        guard let continued else { return startsAnew ? nil : try await database.unfinishedRun(of: command) }
        // A run that is finished by now is not begun anew either.
        let run = try await database.unfinishedRun(id: continued.intent.runID)
        return startsAnew ? nil : run
    }
}

extension StagingDatabase {
    /// Opens the database of a target, lets `body` publish into it, and closes it.
    ///
    /// - Returns: the result, and a warning if the file could not be closed.
    static func with<Result>(
        _ target: StagingTarget, checksEverything: Bool = false, clock: any Clock<Duration>,
        _ body: (StagingDatabase) async throws -> Result
    ) async throws -> (result: Result, warning: PullWarning?) {
        let database = try await StagingDatabase.open(target, checksEverything: checksEverything, clock: clock)
        let result: Result
        do {
            result = try await body(database)
        } catch {
            // The first error is the one that tells what happened.
            try? await database.close()
            throw error
        }
        do {
            try await database.close()
            return (result, nil)
        } catch {
            let message = "the table is published, but the file could not be closed as it should: \(error)"
            return (result, PullWarning(code: .fileNotClosed, message: message))
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
    /// A run's id that was never used.
    static func newRunID() -> String { UUID().uuidString.lowercased() }
}

extension StagingRun {
    /// Does something for the run, and notes in its record if that fails.
    ///
    /// - Parameter meter: told how many rows are staged then.
    func recordingFailure<Result>(
        _ meter: PullMeter, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch {
            // Who has taken its place goes on with it.
            if let error = error as? StagingError, error.code == .superseded { throw error }
            meter.staged(rowCount: rowsWritten)
            let canContinue = !Self.isFinal(error, hasRows: rowsWritten > 0)
            let reason = error is CancellationError ? "interrupted" : "\(error)"
            // A task of its own, since the database does not work for a task that has been cancelled.
            await Task { try? await self.stop(error: reason, canContinue: canContinue) }.value
            throw error
        }
    }

    /// Whether nothing more can be had of a run that stopped with this error: its job failed, or its result contradicts
    /// itself.
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
