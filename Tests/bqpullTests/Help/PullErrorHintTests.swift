import BigQueryPull
import Testing

@testable import BQPullCommands

@Suite struct PullErrorHintTests {
    @Test(
        arguments: [
            (.replacesRows, "--if-exists append, or --if-exists upsert --key COLUMN"),
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
            (.cellMismatch, "cast the column"),
        ] as [(PullError.Code, String)])
    func hasAHintForTheCode(code: PullError.Code, hint: String) {
        let suggestion = PullError(code: code, message: "no").suggestion
        #expect(suggestion?.contains(hint) == true, "\(suggestion ?? "")")
    }
}
