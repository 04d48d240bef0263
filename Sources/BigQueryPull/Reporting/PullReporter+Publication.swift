import BigQueryRows
import Foundation
import SQLiteStaging
import TextSupport

extension PullReporter {
    /// Records the earlier runs that the start of a run dropped, and the loads that it reset.
    func began(_ run: StagingRun, dropping dropped: [DroppedRun]) {
        report.runID = run.recorded.intent.runID
        add(reset: run.resetLoads)
        for other in dropped { add(superseded: other) }
    }

    /// Records what a publication changed, and warns of an empty result and of a mark in the future.
    ///
    /// `load` is the load before the publication.
    func published(_ run: StagingRun, of load: LoadReport?) {
        guard let outcome = run.outcome else { return }
        report.count(outcome.rows)
        report.nullRowsCopied = outcome.rowsWithoutValue
        add(reset: outcome.resetLoads)
        for other in outcome.supersededRuns { add(superseded: DroppedRun(other)) }
        if var load {
            load.previousMark = outcome.previousMark
            load.mark = outcome.mark
            load.leavesGap = outcome.leavesGap
            report.load = load
            warnOfFuture(load, outcome)
        }
        let target = run.recorded.target
        if run.rowsWritten == 0, !target.addsRows, outcome.rows.deleted > 0 {
            warn(
                .emptyResult,
                "the result is empty, and replaced \(outcome.rows.deleted) rows of the table \(target.table)")
        }
    }

    private func add(reset loads: [String]) {
        for load in loads where !report.resetLoads.contains(load) { report.resetLoads.append(load) }
    }

    private func add(superseded run: DroppedRun) {
        let known = report.supersededRuns + [report.droppedRun].compactMap(\.self)
        if !known.contains(where: { $0.runID == run.runID }) { report.supersededRuns.append(run) }
    }

    private func warnOfFuture(_ load: LoadReport, _ outcome: PublicationOutcome) {
        guard outcome.rowsInFuture > 0, let mark = load.mark, let column = load.column else { return }
        warn(
            .markInFuture,
            """
            the mark \(mark) of the load \(load.name) is more than a day in the future, and so is \(column) in \
            \(outcome.rowsInFuture) \(outcome.rowsInFuture == 1 ? "row" : "rows") of the table; rows below the mark \
            will not be pulled
            """,
            detail: .markInFuture(load: load.name, value: outcome.highestPastValue))
    }
}
