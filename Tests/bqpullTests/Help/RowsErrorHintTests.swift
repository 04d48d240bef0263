import BigQueryRows
import Testing

@testable import BQPullCommands

@Suite struct RowsErrorHintTests {
    @Test(arguments: [
        (RowsError.Code.bodyTooLarge, "fewer rows per page with --page-rows"), (.invalidCell, "TO_JSON_STRING"),
        (.inconsistentPage, "--restart"), (.malformedJSON, "proxy"), (.schemaChanged, "starts over"),
    ])
    func explainsCodes(code: RowsError.Code, hint: String) {
        #expect(RowsError(code: code, message: "it failed").suggestion?.contains(hint) == true)
    }
}
