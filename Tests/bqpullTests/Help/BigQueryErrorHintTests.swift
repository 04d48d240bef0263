import BigQuery
import Testing

@testable import BQPullCommands

@Suite struct BigQueryErrorHintTests {
    @Test(
        arguments: [
            (.invalidName(.project), "my-project-123456"), (.invalidName(.dataset), "PROJECT.DATASET,"),
            (.invalidName(.table), "PROJECT.DATASET.TABLE"), (.invalidParameter, "NAME:TYPE:VALUE"),
            (.unknownParameterType(similarName: nil), "NAME:TYPE:VALUE"),
            (.unknownParameterType(similarName: "INT64"), "did you mean INT64?"),
            (.unknownColumn(similarName: "id"), "did you mean id?"),
            (.unknownColumn(similarName: nil), "bqpull show TABLE"),
            (.readableByQuery(sql: "SELECT 1", exportURI: nil), "bqpull query 'SELECT 1' --into FILE"),
            (.readableByQuery(sql: "SELECT 1", exportURI: "gs://b/*"), "bqpull export 'SELECT 1' --to 'gs://b/*'"),
            (.rerunNeedsApproval, "--yes or a higher --max-bytes-billed"), (.notExportable, "CREATE TEMP FUNCTION"),
            (.legacyExport, "GoogleSQL"), (.invalidExportURI(.avro), "gs://bucket/prefix-*.avro"),
            (.unknownExportFormat, "--format"), (.exportFormatMismatch(.csv), "--format, or use the extension .csv"),
            (.exportCompressionMismatch, "--compression"), (.notExportableColumn, "omit the column"),
        ] as [(BigQueryError.Detail, String)])
    func translatesDetails(detail: BigQueryError.Detail, hint: String) {
        let error = BigQueryError(code: .invalidRequest, message: "it failed", detail: detail)
        #expect(error.suggestion?.contains(hint) == true, "\(error.suggestion ?? "")")
    }

    @Test(arguments: [
        ("the result is too large to be exported to a single file", BigQueryError.Code.queryFailed, "put one *"),
        ("the bucket and the data are in different locations", .queryFailed, "location of the data"),
        ("the prefix is not empty", .queryFailed, "--overwrite"),
        ("a nested schema is not supported", .queryFailed, "omit the column"),
        ("gs://bucket does not exist", .notFound, "name of the bucket"),
        ("no", .permissionDenied, "Storage Object User"), ("no", .queryFailed, "reads or writes"),
        ("no", .notFound, "bqpull ls"),
    ])
    func explainsExportJobs(message: String, code: BigQueryError.Code, hint: String) {
        let error = BigQueryError(code: code, message: message, detail: .exportJob)
        #expect(error.suggestion?.contains(hint) == true, "\(error.suggestion ?? "")")
    }

    @Test(arguments: [("bytesBilledLimitExceeded", "--max-bytes-billed"), ("stopped", "cancelled")])
    func explainsReasons(reason: String, hint: String) {
        var error = BigQueryError(code: .queryFailed, message: "it failed", detail: .exportJob)
        error.reason = reason
        #expect(error.suggestion?.contains(hint) == true)
    }

    @Test(arguments: BigQueryError.Code.all)
    func hasAHintForEveryCode(code: BigQueryError.Code) {
        #expect(BigQueryError(code: code, message: "it failed").suggestion != nil)
    }

    @Test(arguments: [
        (BigQueryError.Code.notFound, "--location"), (.projectNotFound, "--project"),
        (.missingScope, "bqpull auth login"), (.notATable, "--into FILE"), (.resultExpired, "--restart"),
        (.unexpectedAnswer, "proxy"),
    ])
    func explainsCodes(code: BigQueryError.Code, hint: String) {
        #expect(BigQueryError(code: code, message: "it failed").suggestion?.contains(hint) == true)
    }
}
