import BigQueryPull
import Testing

@testable import BQPullCommands

@Suite struct WarningTextTests {
    @Test(
        arguments: [
            ("eu", "2024-02-01", "reset the mark: bqpull loads 'a b.db' --reset eu --to 2024-02-01"),
            ("e u", nil, "reset the mark: bqpull loads 'a b.db' --reset 'e u'"),
            ("eu", "-5", "reset the mark: bqpull loads 'a b.db' --reset eu '--to=-5'"),
        ] as [(String, String?, String)])
    func namesTheCommandThatResetsAMark(load: String, value: String?, hint: String) {
        let warning = PullWarning(
            code: .markInFuture, message: "late", detail: .markInFuture(load: load, value: value))
        #expect(WarningText.hint(warning, file: "a b.db") == hint)
        #expect(WarningText.hint(PullWarning(code: .markInFuture, message: "late"), file: "a b.db") == nil)
    }
}
