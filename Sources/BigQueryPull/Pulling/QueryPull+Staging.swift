import BigQuery
import Foundation
public import SQLiteStaging

extension QueryPull {
    /// Runs the query and stages its rows in a table of a local SQLite database.
    ///
    /// The target is checked before anything is sent; what is about to run is written to the database before the
    /// job is inserted; the table is replaced in one transaction after the last row. After an error the table is
    /// as it was before.
    /// - Throws: ``PullError``, `StagingError`, `BigQueryError`, `RowsError`, `HTTPError`, `OAuthError` or
    ///   `CancellationError`.
    public func stage(into target: StagingTarget) async throws -> PullReport {
        let database = try await StagingDatabase.open(target)
        do {
            let report = try await stage(into: target, in: database)
            try await database.close()
            return report
        } catch {
            // The first error is the one that tells what happened.
            try? await database.close()
            throw error
        }
    }

    private func stage(into target: StagingTarget, in database: StagingDatabase) async throws -> PullReport {
        let session = PullSession(self)
        let plan = try await session.plan()
        let (run, result) = try await session.repeatingFailedJobs { job in
            let run = try await database.begin(try intent(plan, job: job, runID: session.newRunID()))
            return try await abandoning(run) { (run, try await session.start(plan, as: job)) }
        }
        return try await abandoning(run) {
            try await session.transfer(result, to: run) {
                run.record(StagingStatistics($0, totalRows: result.totalRows))
            }
            var report = session.finishedReport()
            report.dataWritten = run.dataWritten
            report.file = target.path
            report.table = target.table
            return report
        }
    }

    private func intent(_ plan: PullPlan, job: JobReference, runID: String) throws -> StagingIntent {
        StagingIntent(
            runID: runID, project: job.projectId, location: job.location, jobID: job.jobId, sql: query.sql,
            configuration: try client.jobConfiguration(plan.query), statementType: plan.dryRun.statementType,
            estimatedBytes: plan.dryRun.bytesProcessed, schema: plan.dryRun.schema,
            toolVersion: "bqpull \(ToolVersion.current)", startedAt: Date()
        )
    }

    /// Does something for a run, which is marked failed and loses its rows if that fails.
    private func abandoning<Result>(_ run: StagingRun, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch {
            // A task of its own, since the database does not work for a task that has been cancelled.
            await Task { try? await run.abandon(error: "\(error)") }.value
            throw error
        }
    }
}

extension StagingStatistics {
    fileprivate init(_ report: PullReport, totalRows: Int64) {
        self.init(
            location: report.location, totalRows: totalRows, pages: report.pages, wireBytes: report.dataRead,
            inflatedBytes: report.dataInflated, bytesProcessed: report.bytesProcessed,
            bytesBilled: report.bytesBilled, cacheHit: report.cacheHit
        )
    }
}
