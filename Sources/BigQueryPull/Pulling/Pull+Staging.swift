import BigQuery
import BigQueryRows
import Foundation
import SQLiteStaging

extension Pull {
    /// Opens the database of a target, lets `body` stage into it, and closes it.
    func staging(
        into target: StagingTarget, _ body: (StagingDatabase) async throws -> PullReport
    ) async throws -> PullReport {
        let database = try await StagingDatabase.open(target, checksEverything: checksDatabase)
        var report: PullReport
        do {
            report = try await body(database)
        } catch {
            // The first error is the one that tells what happened.
            try? await database.close()
            throw error
        }
        do {
            try await database.close()
        } catch {
            report.warnings.append("the table is published, but the file could not be closed as it should: \(error)")
        }
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
    func recordingFailure<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch {
            // Who has taken its place goes on with it.
            if let error = error as? StagingError, error.code == .superseded { throw error }
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
        case let error as RowsError: error.code == .schemaChanged
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
