import BigQueryPull
import Testing

@testable import BQPullCommands

@Suite struct PullErrorHintTests {
    @Test(
        arguments: [
            (.replacesRows, "--if-exists append, --if-exists upsert --key COLUMN, or --if-exists delete-insert"),
            (.noIncrementalColumn, "--incremental COLUMN"),
            (.limitClause, "WHERE COLUMN >= @bqpull_watermark"),
            (.changedQuery(name: "a", newName: "a b", needsLoadColumn: false), "--load 'a b', or continue"),
            (.changedQuery(name: "a", newName: "b", needsLoadColumn: true), "--load b --load-column COLUMN, or"),
            (.changedQuery(name: "a", newName: "b", needsLoadColumn: true), "--same-load"),
            (.takenName(newName: "b"), "--load b"), (.rowsWithoutLoad(mark: "2024-02-01"), "--since 2024-02-01 or"),
            (.rowsWithoutLoad(mark: nil), "--since beginning"), (.loadColumn("source"), "--load-column source"),
            (.missingKeyColumn("day"), "add day to --key"),
            (.similarName("day"), "did you mean day?"),
            (.timestampPrecision(column: "s.at"), "CAST(s.at AS STRING)"),
            (.timestampPrecision(column: "at"), "--columns"),
        ] as [(PullError.Detail, String)])
    func translatesTheDetail(detail: PullError.Detail, hint: String) {
        let error = PullError(code: .notIncremental, message: "no", detail: detail)
        #expect(error.suggestion?.contains(hint) == true, "\(error.suggestion ?? "")")
    }

    @Test(
        arguments: [
            (.notAQuery, "a single SELECT"), (.inconsistentResult, "run the same command again"),
            (.notContinuable, "the command that started the run"), (.tableChanges, "try again later"),
            (.nothingToMeasure, "100,000 rows"), (.unsupportedColumn, "cast the column"),
            (.notIncremental, "without --incremental"), (.noSuchColumn, "select the column"),
            (.cellMismatch, "cast the column"), (.loadChanged, "--load NAME"), (.loadChanged, "--same-load"),
            (.loadConflict, "bqpull loads FILE"), (.rowsWithoutLoad, "--since beginning"),
            (.unassignedMark, "--load NAME --since VALUE"), (.loadColumnRequired, "--load-column COLUMN"),
            (.invalidBound, "--since below --until"),
        ] as [(PullError.Code, String)])
    func hasAHintForTheCode(code: PullError.Code, hint: String) {
        let suggestion = PullError(code: code, message: "no").suggestion
        #expect(suggestion?.contains(hint) == true, "\(suggestion ?? "")")
    }
}
